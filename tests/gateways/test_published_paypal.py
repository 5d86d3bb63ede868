"""What the adapter asks and our own peer answers, held against the description that PayPal publishes (Payments v2).

It is not ours to hand out: it is read where `MAKEWHOLE_PROVIDER_DESCRIPTIONS` says that it lies.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateways.ports import Declined, NoAnswer
from tests.gateways.asking import cny, intent, until_answered
from tests.gateways.conftest import DESCRIPTIONS
from tests.gateways.party import Course
from tests.gateways.paypal_party import PayPalParty, paypal_party

Json = dict[str, Any]


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalParty]:
    async with paypal_party("") as party:
        yield party


async def test_every_request_and_answer_of_payments_is_as_their_description_has_it(paypal: PayPalParty) -> None:
    charges = {each: await paypal.charge(cny(100_00), each) for each in (*_COURSES, Course.IS_SHORT)}
    for charge in (*charges.values(), "CH0000000000OTHER"):
        wanted = intent(paypal, charge, cny(40_00), key=f"rf_1:{charge}:é")
        with suppress(Declined, NoAnswer):
            await until_answered(paypal, wanted)
    for refused in (cny(60_01), cny(60_00), cny(1)):
        with suppress(Declined):
            await paypal.gateway.refund(intent(paypal, charges[Course.SUCCEEDS], refused))
    await paypal.turn(charges[Course.SUCCEEDS_LATER])
    await paypal.gateway.refund(intent(paypal, charges[Course.SUCCEEDS_LATER], cny(40_00), key="rf_2"))

    description = json.loads((DESCRIPTIONS / "paypal-payments-v2-refunds.json").read_text(encoding="utf-8"))
    log: list[Json] = (await paypal.post("log"))["log"]
    seen = {held(description, each) for each in log if each["path"].startswith("/v2/payments/")}

    assert {status for _, status in seen} >= {200, 201, 404, 422}
    assert len({path for path, _ in seen}) == 2  # captures, and their refunds


_COURSES = (Course.SUCCEEDS, Course.DECLINES, Course.SUCCEEDS_LATER, Course.BREAKS_DOWN)


def held(description: Json, said: Json) -> tuple[str, int]:
    """Hold what was asked and answered against the description, and return which of its paths it was."""
    for path, methods in description["paths"].items():
        method = methods.get(said["method"].lower())
        if method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), said["path"]):
            asked, answer = method.get("requestBody"), method["responses"][str(said["status"])]
            if asked:
                _holds(description, asked["content"]["application/json"]["schema"], json.loads(said["body"]))
            if "content" in answer:
                _holds(description, answer["content"]["application/json"]["schema"], said["said"])
            return path, said["status"]
    raise AssertionError(f"{said['method']} {said['path']} is not in the description")


def _holds(description: Json, schema: Json, said: Json) -> None:
    whole = {**schema, "components": description["components"]}
    assert [each.message for each in Draft202012Validator(whole).iter_errors(said)] == []
