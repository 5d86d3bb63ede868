"""What PayPal does in its own way: names for ever, tokens, amounts, its webhooks, and the balance."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from domain import clock
from domain.money.amounts import Money
from domain.payout.settlement_reports import Movement, SettlementLine
from domain.sale.disputes import DisputeStatus
from gateways.paypal.account import faults, read
from gateways.paypal.gateway import PayPalGateway
from gateways.ports import (
    BALANCE_TOO_LOW,
    DISPUTED,
    Declined,
    GatewayRefund,
    GatewayStatus,
    NoAnswer,
    ProviderEvent,
    ReportsSettlements,
    TryLater,
)
from gateways.settlement_reports.formats import FORMATS
from gateways.signatures import BadSignature
from tests.gateways.asking import cny, found, intent, until_answered
from tests.gateways.party import Course
from tests.gateways.paypal_party import PayPalParty, certificate, paypal_party, secrets_of_app, written

CLIENT_ID = "AZDxjDScFpQtjWTOUtWKbyN_bDt4OgqaF4eYXlewfBP4"


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalParty]:
    async with paypal_party("") as party:
        yield party


async def requests(paypal: PayPalParty) -> list[dict[str, Any]]:
    """What the adapter has asked for, as it came over the wire."""
    log: list[dict[str, Any]] = (await paypal.post("log"))["log"]
    return [each for each in log if each["method"] == "POST"]


async def test_a_request_names_the_intent_and_nothing_else(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00))
    short, long = intent(paypal, charge, cny(40_00)), intent(paypal, charge, cny(10_00), key="rf_1:" + "x" * 200)

    for each in (short, long):
        answer = await paypal.gateway.refund(each)
        assert await paypal.gateway.look_up(each) == answer

    first, second = await requests(paypal)
    assert json.loads(first["body"]) == {
        "amount": {"currency_code": "CNY", "value": "40.00"},
        "custom_id": short.key,
        "invoice_id": short.key,
    }
    assert first["headers"]["paypal-request-id"] == short.key
    assert len(second["headers"]["paypal-request-id"]) <= 38
    assert re.fullmatch(r"[A-Za-z0-9-_.,]{1,127}", json.loads(second["body"])["custom_id"])


async def test_an_invoice_id_is_refunded_once_for_ever(paypal: PayPalParty) -> None:
    """Also where PayPal lists nothing: then nobody knows, and nothing goes out twice."""
    charge = await paypal.charge(cny(100_00))
    wanted = intent(paypal, charge, cny(40_00))
    done = await paypal.gateway.refund(wanted)
    await paypal.forget_keys()

    again = await paypal.gateway.refund(wanted)
    await paypal.rule(refuses="DUPLICATE_INVOICE_ID")

    assert again == done and len(await paypal.booked(charge)) == 1
    with pytest.raises(NoAnswer):
        await paypal.gateway.refund(intent(paypal, charge, cny(10_00)))


async def test_all_that_was_refunded_is_answered_as_done(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00))
    wanted = intent(paypal, charge, cny(100_00))
    done = await paypal.gateway.refund(wanted)
    await paypal.forget_keys()
    await paypal.rule(refuses="CAPTURE_FULLY_REFUNDED")

    assert await paypal.gateway.refund(wanted) == done
    with pytest.raises(Declined, match="fully refunded"):
        await paypal.gateway.refund(intent(paypal, charge, cny(1_00)))


async def test_refunds_of_another_capture_of_the_order_are_not_this_ones(paypal: PayPalParty) -> None:
    first = await paypal.charge(cny(100_00), order="5O190127TN364715T")
    second = await paypal.charge(cny(100_00), order="5O190127TN364715T")
    await paypal.gateway.refund(intent(paypal, first, cny(40_00)))

    assert len(await paypal.gateway.refunds_of(paypal.merchant_id, first)) == 1
    assert list(await paypal.gateway.refunds_of(paypal.merchant_id, second)) == []


@pytest.mark.parametrize("rule", ["forgets_orders", "names_no_order"])
async def test_a_capture_without_its_order_is_only_known_where_nothing_went_back(
    paypal: PayPalParty, rule: str
) -> None:
    fresh, used = await paypal.charge(cny(100_00)), await paypal.charge(cny(100_00))
    await paypal.gateway.refund(intent(paypal, used, cny(40_00)))
    await paypal.rule(**{rule: True})

    assert list(await paypal.gateway.refunds_of(paypal.merchant_id, fresh)) == []
    with pytest.raises(NoAnswer, match="PARTIALLY_REFUNDED"):
        await paypal.gateway.refunds_of(paypal.merchant_id, used)


async def test_one_token_is_fetched_for_all_and_another_when_it_is_not_taken_any_more(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00))
    await asyncio.gather(*(paypal.gateway.refunds_of(paypal.merchant_id, charge) for _ in range(20)))
    assert (await paypal.post("log"))["tokens"] == 1

    await paypal.post("end_tokens")
    await asyncio.gather(*(paypal.gateway.refunds_of(paypal.merchant_id, charge) for _ in range(20)))
    assert (await paypal.post("log"))["tokens"] == 2

    later = clock.now() + timedelta(hours=9)
    with clock.set_to(lambda: later):
        await paypal.gateway.refunds_of(paypal.merchant_id, charge)
    assert (await paypal.post("log"))["tokens"] == 3


async def test_a_secret_that_they_do_not_accept_is_no_answer(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00))
    stranger = PayPalGateway(replace(paypal.account, client_secret="of-somebody-else-entirely"))

    with pytest.raises(NoAnswer, match="401"):
        await stranger.refund(intent(paypal, charge, cny(40_00)))
    assert await paypal.booked(charge) == []


@pytest.mark.parametrize(
    ("amount", "value"),
    [(Money("JPY", 1_200), "1200"), (Money("HUF", 1_200_00), "1200"), (Money("USD", 12_05), "12.05")],
)
async def test_amounts_are_written_with_the_decimals_that_they_give_a_currency(
    paypal: PayPalParty, amount: Money, value: str
) -> None:
    charge = await paypal.charge(amount)
    await paypal.gateway.refund(intent(paypal, charge, amount))

    [asked], [listed] = await requests(paypal), await paypal.gateway.refunds_of(paypal.merchant_id, charge)
    assert json.loads(asked["body"])["amount"] == {"currency_code": amount.currency, "value": value}
    assert listed.amount == amount


async def test_what_they_have_no_unit_for_and_another_currency_are_refused(paypal: PayPalParty) -> None:
    charge = await paypal.charge(Money("TWD", 100_00))

    for amount, code in ((Money("TWD", 12_05), "amount_not_expressible"), (cny(1), "REFUND_CAPTURE_CURRENCY_MISMATCH")):
        with pytest.raises(Declined) as refused:
            await paypal.gateway.refund(intent(paypal, charge, amount))
        assert refused.value.code == code
    assert await paypal.booked(charge) == []


@pytest.mark.parametrize(
    ("issue", "code"),
    [
        ("REFUND_NOT_ALLOWED", "REFUND_NOT_ALLOWED"),
        ("REFUND_TIME_LIMIT_EXCEEDED", "REFUND_TIME_LIMIT_EXCEEDED"),
        ("MAX_NUMBER_OF_REFUNDS_EXCEEDED", "MAX_NUMBER_OF_REFUNDS_EXCEEDED"),
        ("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK", DISPUTED),
        ("TRANSACTION_DISPUTED", DISPUTED),
        ("PENDING_CAPTURE", None),
        ("PAYEE_ACCOUNT_RESTRICTED", None),
        ("SOMETHING_NEW", None),
    ],
)
async def test_each_issue_is_a_no_or_says_nothing_of_the_money(
    paypal: PayPalParty, issue: str, code: str | None
) -> None:
    charge = await paypal.charge(cny(100_00))
    await paypal.rule(refuses=issue)

    with pytest.raises(Declined if code else NoAnswer) as said:
        await paypal.gateway.refund(intent(paypal, charge, cny(40_00)))
    assert getattr(said.value, "code", None) == code


async def test_what_the_balance_is_too_low_for_is_not_taken_and_asked_for_again(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00), Course.IS_SHORT)
    wanted = intent(paypal, charge, cny(40_00))

    assert await paypal.gateway.refund(wanted) == GatewayRefund("", GatewayStatus.WAITING_FOR_BALANCE)
    assert await found(paypal, wanted) is None and await paypal.booked(charge) == []
    await paypal.turn(charge)
    assert (await until_answered(paypal, wanted, asked_before=True)).status is GatewayStatus.SUCCEEDED
    assert BALANCE_TOO_LOW == "insufficient_funds"


async def test_what_is_pending_says_what_for_and_what_failed_says_that(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00), Course.FAILS_LATER)
    wanted = intent(paypal, charge, cny(40_00))

    pending = await paypal.gateway.refund(wanted)
    await paypal.turn(charge)
    failed = await paypal.gateway.look_up(wanted)

    assert (pending.status, pending.pending_reason) == (GatewayStatus.PENDING, "ECHECK")
    assert failed is not None and (failed.status, failed.decline_code) == (GatewayStatus.FAILED, "FAILED")


async def test_the_report_has_all_pages_of_all_spans(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00))
    wanted = [intent(paypal, charge, cny(amount)) for amount in (1, 2, 3)]
    await paypal.rule(page=2)
    for each in wanted:
        await paypal.gateway.refund(each)

    async with paypal.until_it_reports():
        report = await paypal.gateway.report(paypal.merchant_id, clock.now() - timedelta(days=40))

    assert [(each.key, each.amount) for each in report] == [(each.key, each.amount) for each in wanted]


async def test_what_the_merchant_was_refunded_is_no_refund_and_more_than_they_list_is_asked_for_in_parts(
    paypal: PayPalParty,
) -> None:
    charge = await paypal.charge(cny(100_00))
    await paypal.gateway.refund(intent(paypal, charge, cny(1)))
    await paypal.rule(was_refunded=True, most=1, ahead_s=-86_400)  # the next one was made a day before
    await paypal.gateway.refund(intent(paypal, charge, cny(2)))

    async with paypal.until_it_reports():
        report = await paypal.gateway.report(paypal.merchant_id, clock.now() - timedelta(days=30))

    assert [each.amount for each in report] == [cny(2), cny(1)]


async def settled(paypal: PayPalParty, since: datetime, until: datetime) -> list[SettlementLine]:
    gateway = cast(ReportsSettlements, paypal.gateway)
    pieces = [piece async for piece in gateway.settlement_report(since, until)]
    return list(FORMATS["paypal_search"](io.BytesIO(b"".join(pieces))))


async def test_the_settlement_report_has_what_was_refunded_and_what_has_changed_since(paypal: PayPalParty) -> None:
    """One by eCheck is paid days later, one that was paid fails: both stand at the day on which they were made."""
    courses = (Course.SUCCEEDS, Course.SUCCEEDS_LATER, Course.IS_REVERSED)
    charges = [await paypal.charge(cny(100_00), course) for course in courses]
    wanted = [intent(paypal, charge, cny(40_00)) for charge in charges]
    for each in wanted:
        await paypal.gateway.refund(each)
    made = clock.now()

    async with paypal.until_it_reports():
        first = await settled(paypal, made - timedelta(days=7), clock.now())
        changed = clock.now() - timedelta(minutes=1)
        for charge in charges[1:]:
            await paypal.turn(charge)
        await paypal.rule(ahead_s=2 * 86_400)
        second = await settled(paypal, changed, changed + timedelta(days=1))

    told = [(each.key, each.charge_ref, each.amount, each.movement, each.is_settled) for each in first]
    assert told == [
        (one.key, charge, cny(40_00), Movement.REFUND, course is not Course.SUCCEEDS_LATER)
        for one, charge, course in zip(wanted, charges, courses, strict=True)
    ]
    assert [(each.key, each.movement) for each in second] == [
        (wanted[1].key, Movement.REFUND),
        (wanted[2].key, Movement.REFUND_FAILED),
    ]
    assert second[0].line_id == first[1].line_id and second[0].is_settled
    assert second[1].line_id != first[2].line_id and second[1].reference == first[2].reference


async def test_what_is_sent_twice_has_one_id_and_what_is_older_than_they_repeat_it_is_refused(
    paypal: PayPalParty,
) -> None:
    charge = await paypal.charge(cny(100_00))
    await paypal.gateway.refund(intent(paypal, charge, cny(40_00)))
    await paypal.turn(charge)

    told = await paypal.told(charge, [GatewayStatus.SUCCEEDED])

    assert len(told) == 2 and len({paypal.hear(each.headers, each.body).webhook_id for each in told}) == 1
    body = told[0].body
    paypal.hear(paypal.sign(body, at=clock.now() - timedelta(days=3)), body)
    for off in (timedelta(days=-5), timedelta(hours=1)):
        with pytest.raises(BadSignature):
            paypal.hear(paypal.sign(body, at=clock.now() + off), body)


async def test_a_good_signature_for_another_webhook_is_not_ours(paypal: PayPalParty) -> None:
    """PayPal signs with one key for all its merchants; what differs is the id of their webhooks."""
    charge = await paypal.charge(cny(100_00))
    await paypal.gateway.refund(intent(paypal, charge, cny(40_00)))
    await paypal.turn(charge)
    [told, *_] = await paypal.told(charge, [GatewayStatus.SUCCEEDED])

    with pytest.raises(BadSignature):
        paypal.hear(paypal.sign(told.body, webhook_id="8PT597110X687430LKGECATA"), told.body)
    with pytest.raises(BadSignature):
        paypal.hear({**paypal.sign(told.body), "paypal-transmission-time": "2026-11-29T10:00:00"}, told.body)
    with pytest.raises(BadSignature):
        paypal.hear({**paypal.sign(told.body), "paypal-auth-algo": "none"}, told.body)


async def test_another_certificate_may_replace_one(paypal: PayPalParty) -> None:
    body = webhook("PAYMENT.CAPTURE.REFUNDED", "refund", {"id": "1JU08902781691411", "status": "COMPLETED"})
    signed = paypal.sign(body, secret="paypal, next year")
    with pytest.raises(BadSignature):
        paypal.hear(signed, body)

    both = certificate("paypal") + certificate("paypal, next year")
    paypal.account = read(
        CLIENT_ID, {**secrets_of_app(), "webhook_id": paypal.account.webhook_id, "webhook_certificates": both}
    )

    assert paypal.hear(signed, body).event == ProviderEvent("", GatewayStatus.SUCCEEDED, "1JU08902781691411")


def webhook(event: str, about: str, resource: dict[str, Any]) -> bytes:
    said = {"id": "WH-1", "event_type": event, "resource_type": about, "create_time": "2026-11-29T10:00:00Z"}
    return json.dumps({**said, "resource": resource}).encode()


async def test_a_capture_is_understood_as_nothing_of_ours_and_who_paid_is_not_kept(paypal: PayPalParty) -> None:
    body = webhook("PAYMENT.CAPTURE.COMPLETED", "capture", {"id": "1", "payer": {"email_address": "a@example.com"}})

    heard = paypal.hear(paypal.sign(body), body)

    assert heard.event is None and heard.dispute is None and "example.com" not in str(heard.body)


@pytest.mark.parametrize("body", [b"{}", webhook("x", "refund", {"disputed_transactions": 7})])
async def test_a_signed_webhook_that_makes_no_sense_is_refused(paypal: PayPalParty, body: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        paypal.hear(paypal.sign(body), body)


DISPUTES = [
    ("OPEN", "INQUIRY", None, DisputeStatus.WARNING),
    ("UNDER_REVIEW", "CHARGEBACK", None, DisputeStatus.OPENED),
    ("UNDER_REVIEW", "ARBITRATION", "NONE", DisputeStatus.OPENED),
    ("RESOLVED", "CHARGEBACK", "RESOLVED_BUYER_FAVOUR", DisputeStatus.LOST),
    ("RESOLVED", "CHARGEBACK", "RESOLVED_SELLER_FAVOUR", DisputeStatus.WON),
    ("RESOLVED", "INQUIRY", "CANCELED_BY_BUYER", DisputeStatus.WON),
    ("RESOLVED", "CHARGEBACK", "RESOLVED_WITH_PAYOUT", None),
    ("RESOLVED", "CHARGEBACK", "ACCEPTED", None),
    ("OPEN", "SOMETHING_NEW", None, None),
]


@pytest.mark.parametrize(("status", "stage", "outcome", "ours"), DISPUTES)
async def test_each_word_of_a_dispute_has_its_meaning_or_none(
    paypal: PayPalParty, status: str, stage: str, outcome: str | None, ours: DisputeStatus | None
) -> None:
    charge = await paypal.charge(cny(100_00))
    resource = {"status": status, "dispute_life_cycle_stage": stage, "dispute_amount": written(cny(40_00))}
    if outcome:
        resource["dispute_outcome"] = {"outcome_code": outcome, "amount_refunded": written(cny(30_00))}
    await paypal.post("dispute", charge=charge, event="CUSTOMER.DISPUTE.UPDATED", resource=resource)
    await paypal.listener.until(lambda all_: len(all_) == 2)

    first, second = (paypal.hear(each.headers, each.body) for each in paypal.listener.deliveries)

    assert first.webhook_id == second.webhook_id and first.event is None and first.dispute is not None
    assert (first.dispute.dispute_id, first.dispute.charge_refs) == ("PP-D-27803", (charge,))
    assert (first.dispute.status, first.dispute.amount) == (ours, cny(30_00 if status == "RESOLVED" else 40_00))
    assert status in first.dispute.stands and "parcel" not in str(first.body)


async def test_an_amount_that_can_not_be_counted_is_not_guessed(paypal: PayPalParty) -> None:
    for value, currency in (("x", "CNY"), ("1.005", "CNY"), ("1.00", "???"), ("NaN", "CNY")):
        amount = {"currency_code": currency, "value": value}
        body = webhook("CUSTOMER.DISPUTE.CREATED", "dispute", {"dispute_id": "PP-D-1", "dispute_amount": amount})
        heard = paypal.hear(paypal.sign(body), body)
        assert heard.dispute is not None and heard.dispute.amount is None


async def test_who_is_busy_and_names_no_time_is_left_alone_for_a_while(paypal: PayPalParty) -> None:
    charge = await paypal.charge(cny(100_00), Course.IS_BUSY)

    with pytest.raises(TryLater) as busy:
        await paypal.gateway.refund(intent(paypal, charge, cny(40_00)))
    assert busy.value.retry_after == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("account", "fields", "wrong"),
    [
        ("short", {}, "/account"),
        (CLIENT_ID, {"client_secret": "nonsense!"}, "/secrets/client_secret"),
        (CLIENT_ID, {"webhook_id": "nonsense!"}, "/secrets/webhook_id"),
        (CLIENT_ID, {"webhook_certificates": "nonsense!"}, "/secrets/webhook_certificates"),
        (
            CLIENT_ID,
            {"webhook_certificates": "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"},
            "/secrets/webhook_certificates",
        ),
    ],
)
def test_what_is_wrong_with_a_secret_is_said_and_the_secret_is_not(
    account: str, fields: dict[str, str], wrong: str
) -> None:
    told = faults(account, {**secrets_of_app(), **fields})

    assert list(told) == [wrong] and "nonsense" not in told[wrong]
    assert faults(CLIENT_ID, secrets_of_app()) == {}
