"""What Stripe tells of disputes and of warnings of fraud, by webhook: found by the charge and by the intent."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain import clock
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from gateways.ports import DISPUTED, GatewayStatus, ProviderDispute
from gateways.signatures import BadSignature
from tests.gateways.asking import cny, intent
from tests.gateways.party import Course
from tests.gateways.stripe_party import StripeParty, peer_party


@pytest.fixture
async def stripe() -> AsyncIterator[StripeParty]:
    async with peer_party("") as party:
        yield party


async def told(stripe: StripeParty, charge: str, status: str, **form: object) -> ProviderDispute:
    """Have the bank say something of a charge, and read what came over the wire."""
    before = len(stripe.listener.deliveries)
    said = {"id": "dp_1", "charge": charge, "type": "charge.dispute.updated", "status": status, **form}
    await stripe.post("/_peer/dispute", said)
    await stripe.listener.until(lambda all_: len(all_) >= before + 2)
    first, second = stripe.listener.deliveries[before:]
    heard = [stripe.hear(each.headers, each.body) for each in (first, second)]
    assert heard[0].webhook_id == heard[1].webhook_id and heard[0].event is None
    assert heard[0].dispute is not None
    return heard[0].dispute


STATUSES = {
    "warning_needs_response": DisputeStatus.WARNING,
    "warning_under_review": DisputeStatus.WARNING,
    "warning_closed": DisputeStatus.WON,
    "needs_response": DisputeStatus.OPENED,
    "under_review": DisputeStatus.OPENED,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "appeal_under_review": DisputeStatus.LOST,
    "prevented": None,
    "something_new": None,
}


@pytest.mark.parametrize(("theirs", "ours"), STATUSES.items())
async def test_each_of_their_words_has_its_meaning_or_none(
    stripe: StripeParty, theirs: str, ours: DisputeStatus | None
) -> None:
    charge = await stripe.charge(cny(100_00))

    heard = await told(stripe, charge, theirs)

    assert (heard.dispute_id, heard.stands, heard.status) == ("dp_1", theirs, ours)
    assert heard.amount == cny(100_00) and heard.charge_refs == (charge,)
    assert abs(heard.at - clock.now()) < timedelta(minutes=5)


async def test_it_names_the_charge_and_the_intent_and_how_much(stripe: StripeParty) -> None:
    payment_intent = await stripe.intent(Money("USD", 100_00))

    heard = await told(stripe, payment_intent, "needs_response", amount=40_00)

    assert len(heard.charge_refs) == 2 and payment_intent in heard.charge_refs
    assert heard.amount == Money("USD", 40_00)


async def test_a_warning_of_fraud_is_a_warning_and_says_no_amount(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00))

    heard = await told(stripe, charge, "", id="issfr_1", type="radar.early_fraud_warning.created")

    assert (heard.dispute_id, heard.status, heard.amount) == ("issfr_1", DisputeStatus.WARNING, None)


async def test_what_a_stranger_says_of_a_dispute_is_not_even_read(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00))
    await told(stripe, charge, "needs_response")
    body = stripe.listener.deliveries[-1].body

    with pytest.raises(BadSignature):
        stripe.hear(stripe.sign(body, secret="whsec_of_a_stranger"), body)
    with pytest.raises(BadSignature):
        stripe.hear(stripe.listener.deliveries[-1].headers, body.replace(b"needs_response", b"won"))


async def test_a_pending_refund_that_a_dispute_overtakes_was_charged_back(stripe: StripeParty) -> None:
    charge = await stripe.charge(cny(100_00), Course.IS_DISPUTED_MEANWHILE)
    wanted = intent(stripe, charge, cny(40_00))
    answered = await stripe.gateway.refund(wanted)
    await stripe.turn(charge)

    known = await stripe.gateway.look_up(wanted)

    assert answered.status is GatewayStatus.PENDING
    assert known is not None and (known.status, known.decline_code) == (GatewayStatus.FAILED, DISPUTED)
    assert json.loads((await stripe.theirs.get("/_peer/refunds")).text)["data"][0]["failure_reason"] != DISPUTED
