"""What is Stripe's alone: its statuses and reasons, intents, long lists, currencies, keys, and what is no answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from stripe import APIError, AuthenticationError, InvalidRequestError, Refund

from domain import clock
from domain.money.amounts import Money
from gateways.ports import Declined, GatewayStatus
from gateways.signatures import BadSignature
from gateways.stripe.account import StripeAccount
from gateways.stripe.answers import answer_of, understood
from gateways.stripe.gateway import StripeGateway
from gateways.stripe.units import to_ours, to_theirs
from gateways.stripe.webhooks import hear
from tests.gateways.asking import cny, intent, until_answered
from tests.gateways.party import Course
from tests.gateways.stripe_party import StripeParty, peer_party, signed

REFUND = {"id": "re_1", "object": "refund", "amount": 1, "currency": "cny", "created": 1, "metadata": {}}


@pytest.fixture
async def stripe() -> AsyncIterator[StripeParty]:
    async with peer_party("") as party:
        yield party


def refund(**fields: Any) -> Refund:
    return Refund.construct_from({**REFUND, **fields}, None)


@pytest.mark.parametrize(
    ("fields", "status", "declined", "waits"),
    [
        ({"status": "succeeded"}, GatewayStatus.SUCCEEDED, None, None),
        ({"status": "pending", "pending_reason": "charge_pending"}, GatewayStatus.PENDING, None, "charge_pending"),
        ({"status": "pending"}, GatewayStatus.PENDING, None, "pending"),
        ({"status": "requires_action"}, GatewayStatus.PENDING, None, "requires_action"),
        (
            {"status": "failed", "failure_reason": "lost_or_stolen_card"},
            GatewayStatus.FAILED,
            "lost_or_stolen_card",
            None,
        ),
        ({"status": "canceled"}, GatewayStatus.FAILED, "canceled", None),
        ({"status": "something_new"}, GatewayStatus.PENDING, None, "something_new"),
        ({"status": None}, GatewayStatus.PENDING, None, None),
    ],
)
def test_only_succeeded_is_a_yes_and_each_no_has_its_reason(
    fields: dict[str, Any], status: GatewayStatus, declined: str | None, waits: str | None
) -> None:
    answer = answer_of(refund(**fields))

    assert (answer.status, answer.decline_code, answer.pending_reason) == (status, declined, waits)


async def test_a_payment_intent_is_paid_back_and_found_by_its_own_name(stripe: StripeParty) -> None:
    name = await stripe.intent(cny(100_00))
    wanted = intent(stripe, name, cny(40_00))

    answer = await until_answered(stripe, wanted)

    assert await stripe.gateway.look_up(wanted) == answer
    assert [each.charge_ref for each in await stripe.gateway.refunds_of("m", name)] == [name]
    assert [each.amount for each in await stripe.booked(name)] == [40_00]


async def test_a_refund_is_found_among_more_than_one_page_of_them(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(250_00))
    parts = [intent(stripe, charge, cny(1_00)) for _ in range(105)]
    first = await stripe.gateway.refund(parts[0])
    await asyncio.gather(*(stripe.gateway.refund(part) for part in parts[1:]))

    assert await stripe.gateway.look_up(parts[0]) == first
    assert len(await stripe.gateway.refunds_of("m", charge)) == 105


async def test_the_report_knows_of_an_old_refund_that_has_failed_since(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00), Course.IS_REVERSED)
    old, untouched = intent(stripe, charge, cny(40_00)), await stripe.charge(cny(5_00))
    await stripe.gateway.refund(old)
    await stripe.gateway.refund(intent(stripe, untouched, cny(5_00)))
    await stripe.post("/_peer/age", {"seconds": 20 * 86_400})
    await stripe.turn(charge)

    [changed] = await stripe.gateway.report("m", clock.now() - timedelta(days=1))

    assert (changed.key, changed.status, changed.charge_ref) == (old.key, GatewayStatus.FAILED, charge)
    assert clock.now() - changed.at < timedelta(hours=1)


async def test_a_charge_in_another_currency_is_not_paid_back_in_it(stripe: StripeParty) -> None:
    charge = await stripe.charge(Money("JPY", 100_00))

    with pytest.raises(Declined) as declined:
        await stripe.gateway.refund(intent(stripe, charge, cny(40_00)))

    assert declined.value.code == "currency_differs" and await stripe.booked(charge) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money("USD", 5_00), 500),
        (Money("JPY", 500), 500),
        (Money("KWD", 5_000), 5_000),
        (Money("ISK", 500), 50_000),
        (Money("UGX", 500), 50_000),
        (Money("MGA", 5_00), 5),
    ],
)
def test_amounts_go_in_the_units_that_stripe_has(ours: Money, theirs: int) -> None:
    assert to_theirs(ours) == theirs
    assert to_ours(theirs, ours.currency.lower()) == ours


@pytest.mark.parametrize("part", [Money("MGA", 1_50), Money("KWD", 5_124), Money("TND", 1)])
async def test_a_part_of_their_smallest_unit_is_refused_and_not_rounded(stripe: StripeParty, part: Money) -> None:
    charge = await stripe.charge(Money(part.currency, 100_00))

    with pytest.raises(Declined) as declined:
        await stripe.gateway.refund(intent(stripe, charge, part))

    assert declined.value.code == "amount_not_expressible" and await stripe.booked(charge) == []


async def test_a_key_of_other_letters_is_still_one_key(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00))
    wanted = intent(stripe, charge, cny(10_00), key="rf_1:payout:支付")

    first, again = [await stripe.gateway.refund(wanted) for _ in range(2)]
    other = await stripe.gateway.refund(replace(wanted, key="rf_1:payout:付支"))

    assert again == first and other.reference != first.reference


async def test_a_key_that_stripe_does_not_accept_is_no_answer(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00))
    stranger = StripeGateway(StripeAccount("nobody", base_address=str(stripe.theirs.base_url).rstrip("/")))

    with pytest.raises(AuthenticationError):
        await stranger.refund(intent(stripe, charge, cny(40_00)))


def test_a_parameter_that_stripe_does_not_know_is_our_fault_and_no_answer() -> None:
    with pytest.raises(InvalidRequestError), understood():
        unknown = InvalidRequestError("Received unknown parameter", "nonsense", "parameter_unknown")  # type: ignore[no-untyped-call]
        raise unknown


async def test_an_answer_that_is_repeated_for_ever_is_settled_by_the_list(stripe: StripeParty) -> None:
    """Stripe repeats a 500 under its key as well: a request alone would never come to an end."""
    charge = await stripe.charge(cny(100_00), Course.BREAKS_DOWN)
    wanted = intent(stripe, charge, cny(40_00))

    for _ in range(3):
        with pytest.raises(APIError):
            await stripe.gateway.refund(wanted)

    known = await stripe.gateway.look_up(wanted)
    assert known is not None and known.status is GatewayStatus.SUCCEEDED
    assert len(await stripe.booked(charge)) == 1


def test_while_a_secret_is_replaced_both_are_good() -> None:
    body = event("refund.updated", {**REFUND, "status": "succeeded"})

    for secret in ("whsec_old", "whsec_new"):
        headers = signed(body, secret)
        assert hear(("whsec_new", "whsec_old"), headers, body).webhook_id == "evt_1"
        with pytest.raises(BadSignature):
            hear(("whsec_other",), headers, body)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("charge.refunded", {"id": "ch_1", "object": "charge", "metadata": {"makewhole_key": "k"}}),
        ("payout.paid", {"id": "po_1", "object": "payout", "status": "paid", "amount": 5}),
        ("balance.available", {"object": "balance", "available": [{"amount": 5, "currency": "eur"}]}),
        ("checkout.session.completed", {"id": "cs_1", "object": "checkout.session", "metadata": None, "amount": "5"}),
    ],
)
def test_an_event_about_something_else_is_understood_as_that(kind: str, about: dict[str, Any]) -> None:
    body = event(kind, about)

    heard = hear(("whsec",), signed(body, "whsec"), body)

    assert heard.event is None and heard.dispute is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":"evt_1"}', b"\xff"])
def test_a_signed_event_that_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        hear(("whsec",), signed(body, "whsec"), body)


def event(kind: str, about: dict[str, Any]) -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "created": 1, "data": {"object": about}}
    ).encode()
