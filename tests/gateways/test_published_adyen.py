"""What the adapter of Adyen asks, and our own peer answers and tells, held against what Adyen publishes of both.

They are not ours to hand out: they are read where `MAKEWHOLE_PROVIDER_DESCRIPTIONS` says that they lie.
"""

import json
from contextlib import suppress
from typing import Any

from jsonschema import Draft202012Validator

from gateways.ports import Declined, NoAnswer
from tests.gateways.adyen_party import adyen_party
from tests.gateways.asking import cny, intent, until_answered
from tests.gateways.conftest import DESCRIPTIONS
from tests.gateways.party import Course

Json = dict[str, Any]

_COURSES = (Course.SUCCEEDS, Course.DECLINES, Course.IS_REVERSED, Course.BREAKS_DOWN)


def read(name: str) -> Json:
    found: Json = json.loads((DESCRIPTIONS / name).read_text(encoding="utf-8"))
    return found


def holds(description: Json, schema: Json, said: Json) -> None:
    whole = {**schema, "components": description["components"]}
    assert [each.message for each in Draft202012Validator(whole).iter_errors(said)] == []


async def test_every_request_answer_and_webhook_is_as_their_descriptions_have_it() -> None:
    async with adyen_party("") as adyen:
        charges = {each: await adyen.charge(cny(100_00), each) for each in _COURSES}
        for charge in (*charges.values(), "QFQTPCQ8HXSKGK82"):
            with suppress(Declined, NoAnswer):
                await until_answered(adyen, intent(adyen, charge, cny(40_00), key=f"rf_1:{charge}:é"))
        await adyen.turn(charges[Course.IS_REVERSED])
        known = await adyen.post("log")

    checkout, webhooks = read("adyen-checkout-v72-refunds.json"), read("adyen-webhooks-v1-refunds.json")
    method = checkout["paths"]["/payments/{paymentPspReference}/refunds"]["post"]
    for each in known["log"]:
        holds(checkout, method["requestBody"]["content"]["application/json"]["schema"], json.loads(each["body"]))
        holds(checkout, method["responses"][str(each["status"])]["content"]["application/json"]["schema"], each["said"])
    for each in known["told"]:
        code = each["notificationItems"][0]["NotificationRequestItem"]["eventCode"]
        body = webhooks["webhooks"][f"/{code}"]["post"]["requestBody"]
        holds(webhooks, body["content"]["application/json"]["schema"], each)

    assert {each["status"] for each in known["log"]} == {201, 422, 500}
