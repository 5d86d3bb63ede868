"""A merchant account at Adyen: refunds go by it, webhooks alone say what became of them, and nothing is paid twice."""

import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from db.api_keys import Role
from tests.gateways.adyen_party import secrets_of_account, told_of_account
from tests.gateways.stripe_party import running
from tests.over_http import asking
from tests.shop import Shop, a_payment, days_ago
from tools.client import Json

WHOLE: Json = {"currency": "CNY", "value": 120_000}


@pytest.fixture
async def theirs(adyen_address: str) -> AsyncIterator[httpx.AsyncClient]:
    port = urlsplit(adyen_address).port or 0
    async with (
        running(sys.executable, "-m", "tests.gateways.adyen_peer", "PORT", port=port),
        asking(adyen_address) as theirs,
    ):
        yield theirs


@dataclass(frozen=True, slots=True)
class AtAdyen:
    """A shop's merchant account there: what both sides were told of it, and what the shop answered."""

    shop: Shop
    theirs: httpx.AsyncClient
    kept: dict[str, str]
    told: Json

    async def asked(self, what: str, **said: object) -> Json:
        body = {"account": self.kept["api_key"], **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made

    async def sells(self, course: str) -> str:
        charge = str((await self.asked("charges", amount=WHOLE, course=course))["charge"])
        await self.shop.order(payments=[{**a_payment("p1", 120_000, charge), "gateway": "cards"}])
        return charge

    async def tells_of_a_chargeback(self, charge: str, code: str, stands: str, at: str) -> None:
        about = {"pspReference": "9915555555555555", "originalReference": charge, "merchantReference": "o1"}
        what = {"eventCode": code, "success": "true", "eventDate": at}
        await self.asked("item", item={**about, "amount": WHOLE}, happened=what, more={"disputeStatus": stands})


async def at_adyen(shop: Shop, theirs: httpx.AsyncClient) -> AtAdyen:
    kept, name = secrets_of_account(), f"Kettles{secrets.token_hex(4)}ECOM"
    address = str(theirs.base_url).rstrip("/")
    body = {"adapter": "adyen", "account": name, "base_address": address, "secrets": kept}
    told = await shop.owner.put("/v1/gateways/cards", body)
    await told_of_account(theirs, name, kept, f"{str(shop.http.base_url).rstrip('/')}{told['callback_path']}")
    return AtAdyen(shop, theirs, kept, told)


async def test_money_goes_back_by_the_merchant_account_and_only_a_webhook_says_so(
    shop: Shop, theirs: httpx.AsyncClient
) -> None:
    account = await at_adyen(shop, theirs)
    charge = await account.sells("SUCCEEDS_LATER")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    while not (made := (await account.asked("refunds"))["refunds"]):
        pass
    await account.asked("turn", charge=charge)
    done = await shop.until(refund, "completed")
    [webhook] = (await account.asked("refunds"))["told"]
    heard = await shop.http.post(account.told["callback_path"], json=webhook)

    [payout] = done["payouts"]
    assert (payout["amount"], payout["gateway_ref"], len(made)) == (120_000, made[0][2], 1)
    assert payout["trace_number"].startswith("7454")
    assert (heard.status_code, heard.text) == (200, "[accepted]")
    assert not any(secret in str(account.told) for secret in account.kept.values())


async def test_a_chargeback_at_adyen_holds_the_payment_of_its_merchant_alone_until_it_is_won(
    shop: Shop, other_shop: Shop, theirs: httpx.AsyncClient
) -> None:
    ours, others = await at_adyen(shop, theirs), await at_adyen(other_shop, theirs)
    charge = await ours.sells("SUCCEEDS")
    opened, won = f"{days_ago(2, '10:00:00')[:-1]}+00:00", f"{days_ago(1, '10:00:00')[:-1]}+00:00"

    async def quoted() -> tuple[int, str | None]:
        asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
        answer = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds/quote", json=asked)
        return answer.status_code, answer.json().get("code")

    await others.tells_of_a_chargeback(charge, "CHARGEBACK", "Unresponded", opened)
    before = await quoted()
    await ours.tells_of_a_chargeback(charge, "CHARGEBACK", "Unresponded", opened)
    held = await quoted()
    await ours.tells_of_a_chargeback(charge, "CHARGEBACK_REVERSED", "Won", won)
    after = await quoted()

    assert (before, held, after) == ((200, None), (422, "payment_disputed"), (200, None))
    assert len((await others.asked("refunds"))["told"]) == 1


async def test_what_is_wrong_with_a_key_is_said_when_it_is_told(shop: Shop) -> None:
    body = {"adapter": "adyen", "account": "", "secrets": {**secrets_of_account(), "hmac_keys": "nonsense!"}}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/cards", json=body)

    assert answer.status_code == 422 and "nonsense" not in answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/account", "/secrets/hmac_keys"]
