"""What Adyen does in its own way: all is told by webhook, keys end, and its minor units differ."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import clock
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from gateways.adyen.account import faults
from gateways.adyen.gateway import AdyenGateway
from gateways.ports import Callback, Declined, GatewayRefund, GatewayStatus, NoAnswer
from gateways.signatures import BadSignature
from tests.gateways.adyen_party import AdyenParty, Memory, adyen_party, item_of, secrets_of_account
from tests.gateways.asking import cny, intent
from tests.gateways.party import Course

PENDING, SUCCEEDED, FAILED = GatewayStatus.PENDING, GatewayStatus.SUCCEEDED, GatewayStatus.FAILED


@pytest.fixture
async def adyen() -> AsyncIterator[AdyenParty]:
    async with adyen_party("") as party:
        yield party


async def test_the_wire_has_the_reference_the_key_and_their_units(adyen: AdyenParty) -> None:
    charge = await adyen.charge(Money("ISK", 500_00))
    wanted = intent(adyen, charge, Money("ISK", 40))
    await adyen.gateway.refund(wanted)

    [asked] = (await adyen.post("log"))["log"]
    assert json.loads(asked["body"]) == {
        "merchantAccount": adyen.account.merchant_account,
        "amount": {"currency": "ISK", "value": 40_00},
        "reference": wanted.key,
    }
    assert asked["headers"]["idempotency-key"] == wanted.key
    [listed] = await adyen.gateway.refunds_of(adyen.merchant_id, charge)
    assert listed.amount == wanted.amount


@pytest.mark.parametrize(
    ("amount", "theirs"), [(Money("IDR", 1_200_00), 1_200), (Money("JPY", 12), 12), (Money("KWD", 1_005), 1_005)]
)
async def test_amounts_are_counted_as_they_count_them(adyen: AdyenParty, amount: Money, theirs: int) -> None:
    charge = await adyen.charge(Money(amount.currency, 10**9))
    await adyen.gateway.refund(intent(adyen, charge, amount))

    [asked] = (await adyen.post("log"))["log"]
    assert json.loads(asked["body"])["amount"]["value"] == theirs


async def test_what_they_have_no_unit_for_and_another_currency_are_refused(adyen: AdyenParty) -> None:
    charge = await adyen.charge(Money("IDR", 100_00))

    for amount, code in ((Money("IDR", 12_05), "amount_not_expressible"), (cny(1), "138")):
        with pytest.raises(Declined) as refused:
            await adyen.gateway.refund(intent(adyen, charge, amount))
        assert refused.value.code == code


async def test_what_they_have_got_and_not_decided_waits_under_their_reference(adyen: AdyenParty) -> None:
    charge = await adyen.charge(cny(100_00), Course.SUCCEEDS_LATER)
    wanted = intent(adyen, charge, cny(40_00))

    received = await adyen.gateway.refund(wanted)
    waiting = await adyen.gateway.look_up(replace(wanted, reference=received.reference))
    await adyen.turn(charge)
    paid = await adyen.gateway.look_up(wanted)

    assert received == waiting == GatewayRefund(received.reference, PENDING, pending_reason="received")
    assert paid is not None and (paid.reference, paid.status) == (received.reference, SUCCEEDED)
    assert paid.trace_number and paid.trace_number.startswith("7454")


async def test_a_request_is_repeated_while_they_keep_its_key_and_never_after_that(adyen: AdyenParty) -> None:
    """Nobody knows what became of it: a person looks in their Customer Area (rule 36)."""
    charge = await adyen.charge(cny(100_00))
    await adyen.rule(is_silent=True)
    wanted = intent(adyen, charge, cny(40_00))
    await adyen.gateway.refund(wanted)

    within = replace(wanted, asked_at=clock.now() - timedelta(days=5))
    assert (await adyen.gateway.refund(within)).status is PENDING
    await adyen.forget_keys()
    with pytest.raises(NoAnswer, match=wanted.key):
        await adyen.gateway.refund(replace(wanted, asked_at=clock.now() - timedelta(days=7)))
    assert len(await adyen.booked(charge)) == 1


async def test_what_failed_stays_failed_however_the_news_come_in(adyen: AdyenParty) -> None:
    charge = await adyen.charge(cny(100_00), Course.IS_REVERSED)
    wanted = intent(adyen, charge, cny(40_00))
    await adyen.gateway.refund(wanted)
    await adyen.turn(charge)
    told = [each.body for each in await adyen.told(charge, [SUCCEEDED, FAILED])]

    adyen.listener.deliveries.reverse()
    adyen.memory.heard.clear()
    known = await adyen.gateway.look_up(wanted)

    assert [item_of(each)["eventCode"] for each in told[::2]] == ["REFUND", "REFUNDED_REVERSED"]
    assert known is not None and (known.status, known.decline_code) == (FAILED, "Refused by the card scheme")


async def test_what_another_provider_told_under_this_name_before_is_left_out(adyen: AdyenParty) -> None:
    charge = await adyen.charge(cny(100_00))
    wanted = intent(adyen, charge, cny(40_00))
    adyen.memory.heard["evt_1"] = Callback("evt_1", None, {"id": "evt_1", "type": "refund.updated"})
    await adyen.gateway.refund(wanted)

    [listed] = await adyen.gateway.report(adyen.merchant_id, clock.now() - timedelta(hours=1))
    assert listed.key == wanted.key


@pytest.mark.parametrize(
    ("status", "code", "is_no"),
    [(422, "167", True), (422, "704", False), (422, "901", False), (422, "999", False), (403, "137", False)],
)
async def test_each_error_is_a_no_or_says_nothing_of_the_money(
    adyen: AdyenParty, status: int, code: str, is_no: bool
) -> None:
    charge = await adyen.charge(cny(100_00))
    await adyen.rule(refuses=code, status=status)

    with pytest.raises(Declined if is_no else NoAnswer):
        await adyen.gateway.refund(intent(adyen, charge, cny(40_00)))


async def test_a_key_that_they_do_not_accept_is_no_answer(adyen: AdyenParty) -> None:
    charge = await adyen.charge(cny(100_00))
    account = replace(adyen.account, api_key="of-somebody-else-entirely")

    with pytest.raises(NoAnswer, match="401"):
        await AdyenGateway(account, Memory(account, adyen.listener)).refund(intent(adyen, charge, cny(40_00)))


async def test_what_was_changed_or_signed_by_others_is_not_even_read(adyen: AdyenParty) -> None:
    charge = await adyen.charge(cny(100_00))
    await adyen.gateway.refund(intent(adyen, charge, cny(40_00)))
    [told, again] = await adyen.told(charge, [SUCCEEDED])

    assert adyen.hear({}, told.body) == adyen.hear({}, again.body)
    other = replace(adyen.account, merchant_account="SomebodyElse")
    forged = [
        told.body.replace(b'"value": 4000', b'"value": 4001'),
        told.body.replace(b'"success": "true"', b'"success": "false"'),
        told.body.replace(b"hmacSignature", b"hmacsignature"),
        told.body.replace(b'"notificationItems": [', b'"notificationItems": [], "x": ['),
        b"",
        b"not even JSON",
        b'{"notificationItems": 7}',
    ]
    for body in forged:
        with pytest.raises(BadSignature):
            adyen.hear({}, body)
    with pytest.raises(BadSignature):
        adyen.memory.heard_by(replace(adyen.account, hmac_keys=(b"\x01" * 32,)), told.body)
    with pytest.raises(BadSignature):
        adyen.memory.heard_by(other, told.body)
    adyen.memory.heard_by(replace(adyen.account, hmac_keys=(b"\x01" * 32, *adyen.account.hmac_keys)), told.body)


async def test_a_good_signature_for_another_merchant_account_is_not_ours(adyen: AdyenParty) -> None:
    """One key may sign for several merchant accounts of a company."""
    charge = await adyen.charge(cny(100_00))
    await adyen.gateway.refund(intent(adyen, charge, cny(40_00)))
    [told, *_] = await adyen.told(charge, [SUCCEEDED])
    item = {**item_of(told.body), "merchantAccountCode": "KettlesPOS"}
    [names] = [{key: item[key] for key in ("pspReference", "originalReference", "merchantReference", "amount")}]
    what = {"eventCode": "REFUND", "success": "true", "merchantAccountCode": "KettlesPOS"}
    await adyen.post("item", item=names, happened=what, more={})
    await adyen.listener.until(lambda all_: len(all_) == 4)

    with pytest.raises(BadSignature):
        adyen.hear({}, adyen.listener.deliveries[-1].body)


async def test_a_report_that_can_be_fetched_is_acknowledged_and_left_alone(adyen: AdyenParty) -> None:
    """What they are not told that we have, they send again, and all that comes after it waits."""
    name = "settlement_detail_report_batch_12.csv"
    item = {"pspReference": name, "originalReference": "", "merchantReference": ""}
    what = {"eventCode": "REPORT_AVAILABLE", "success": "true", "reason": f"https://ca-test.adyen.com/reports/{name}"}
    await adyen.post("item", item={**item, "amount": {"currency": "EUR", "value": 0}}, happened=what, more={})
    await adyen.listener.until(lambda all_: len(all_) == 2)

    first, second = (adyen.hear({}, each.body) for each in adyen.listener.deliveries)

    assert first.webhook_id == second.webhook_id and first.event is None and first.dispute is None


DISPUTES = [
    ("NOTIFICATION_OF_FRAUD", "", DisputeStatus.WARNING),
    ("REQUEST_FOR_INFORMATION", "Unresponded", DisputeStatus.WARNING),
    ("NOTIFICATION_OF_CHARGEBACK", "Unresponded", DisputeStatus.OPENED),
    ("CHARGEBACK", "Unresponded", DisputeStatus.OPENED),
    ("CHARGEBACK", "Lost", DisputeStatus.LOST),
    ("CHARGEBACK_REVERSED", "Pending", DisputeStatus.OPENED),
    ("CHARGEBACK_REVERSED", "Won", DisputeStatus.WON),
    ("SECOND_CHARGEBACK", "Lost", DisputeStatus.LOST),
    ("DISPUTE_DEFENSE_PERIOD_ENDED", "Expired", DisputeStatus.LOST),
    ("INFORMATION_SUPPLIED", "Responded", None),
    ("AUTHORISATION", "", None),
]


@pytest.mark.parametrize(("code", "stands", "ours"), DISPUTES)
async def test_each_word_of_a_dispute_has_its_meaning_or_none(
    adyen: AdyenParty, code: str, stands: str, ours: DisputeStatus | None
) -> None:
    item = {"pspReference": "QFQTPCQ8HXSKGK83", "originalReference": "9913140798220028", "merchantReference": "o 1"}
    more = {"disputeStatus": stands, "shopperReference": "a@example.com"} if stands else {}
    what = {"eventCode": code, "success": "true"}
    await adyen.post("item", item={**item, "amount": {"currency": "CNY", "value": 40_00}}, happened=what, more=more)
    await adyen.listener.until(lambda all_: len(all_) == 2)

    first, second = (adyen.hear({}, each.body) for each in adyen.listener.deliveries)

    assert first.webhook_id == second.webhook_id and first.event is None and "example.com" not in str(first.body)
    if code == "AUTHORISATION":
        assert first.dispute is None
    else:
        assert first.dispute is not None and first.dispute.status is ours and first.dispute.amount == cny(40_00)
        assert first.dispute.charge_refs == ("9913140798220028",) and code in first.dispute.stands


@pytest.mark.parametrize(
    ("account", "fields", "wrong"),
    [
        ("no name!", {}, "/account"),
        ("KettlesECOM", {"api_key": "nonsense!"}, "/secrets/api_key"),
        ("KettlesECOM", {"hmac_keys": "nonsense!"}, "/secrets/hmac_keys"),
        ("KettlesECOM", {"live_url_prefix": "nonsense!/"}, "/secrets/live_url_prefix"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_and_the_key_is_not(account: str, fields: dict[str, str], wrong: str) -> None:
    told = faults(account, {**secrets_of_account(), **fields})

    assert list(told) == [wrong] and "nonsense" not in told[wrong]
    assert faults("KettlesECOM", secrets_of_account()) == {}
