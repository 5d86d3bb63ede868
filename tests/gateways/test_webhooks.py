"""The contract of every payment gateway: webhooks are verified before they are read, and only wake."""

from datetime import timedelta

import pytest

from domain import clock
from gateways.ports import GatewayStatus, ProviderEvent
from gateways.signatures import BadSignature
from tests.gateways.asking import cny, intent
from tests.gateways.parties import proves
from tests.gateways.party import Case, Course, Delivery, Party
from tests.gateways.test_reports import ANY_CHARACTERS

PENDING, SUCCEEDED = GatewayStatus.PENDING, GatewayStatus.SUCCEEDED
STRANGE = "whsec_c3RyYW5nZXJzdHJhbmdl"


def about(party: Party, delivery: Delivery) -> ProviderEvent:
    event = party.hear(delivery.headers, delivery.body).event
    assert event is not None
    return event


@proves(Case.WEBHOOK)
async def test_a_webhook_names_the_refund_by_our_key_and_by_theirs(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.FAILS_LATER)
    wanted = intent(party, charge, cny(40_00))
    answer = await party.gateway.refund(wanted)
    await party.turn(charge)

    told = await party.told(charge, [PENDING, GatewayStatus.FAILED])

    events = {about(party, each) for each in told}
    assert {event.status for event in events} == {PENDING, GatewayStatus.FAILED}
    assert {(event.key, event.reference) for event in events} == {(wanted.key, answer.reference)}


@proves(Case.ANY_CHARACTER)
async def test_a_webhook_repeats_our_key_letter_by_letter(party: Party) -> None:
    wanted = {name: intent(party, name, cny(40_00), key=f"rf_1:payout:{name}") for name in ANY_CHARACTERS}
    for name, each in wanted.items():
        await party.charge(cny(100_00), Course.SUCCEEDS_LATER, reference=name)
        await party.gateway.refund(each)
        await party.turn(name)

    for name, each in wanted.items():
        told = await party.told(name, [PENDING, SUCCEEDED])
        assert {about(party, webhook).key for webhook in told} == {each.key}


@proves(Case.FORGED)
async def test_what_a_stranger_signed_or_changed_is_not_even_read(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.SUCCEEDS_LATER)
    await party.gateway.refund(intent(party, charge, cny(40_00)))
    await party.turn(charge)
    [true, *_] = await party.told(charge, [PENDING, SUCCEEDED])

    forged = [
        (party.sign(true.body, secret=STRANGE), true.body),
        (true.headers, true.body.replace(b"40", b"41") + b" "),
        (party.sign(true.body), b"not even JSON"),
        (true.headers, b""),
        *(
            ({name: value for name, value in true.headers.items() if name != left_out}, true.body)
            for left_out in party.sign(true.body)
        ),
        *(({**true.headers, name: garbage}, true.body) for name in party.sign(true.body) for garbage in ("", "v1,")),
    ]
    for headers, body in forged:
        with pytest.raises(BadSignature):
            party.hear(headers, body)
    party.hear(true.headers, true.body)
    party.hear(party.sign(true.body), true.body)


@proves(Case.REPLAYED)
async def test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.SUCCEEDS_LATER)
    await party.gateway.refund(intent(party, charge, cny(40_00)))
    await party.turn(charge)

    told = await party.told(charge, [PENDING, SUCCEEDED])

    assert len(told) == 4
    ids = {party.hear(each.headers, each.body).webhook_id for each in told}
    assert len(ids) == 2
    for off in (-timedelta(hours=1), timedelta(hours=1)):
        with pytest.raises(BadSignature):
            party.hear(party.sign(told[0].body, at=clock.now() + off), told[0].body)


@proves(Case.OUT_OF_ORDER)
async def test_whatever_is_told_last_a_look_up_says_how_it_is(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.SUCCEEDS_LATER)
    wanted = intent(party, charge, cny(40_00))
    await party.gateway.refund(wanted)
    await party.turn(charge)

    told = await party.told(charge, [PENDING, SUCCEEDED])

    assert about(party, told[-1]).status is PENDING
    known = await party.gateway.look_up(wanted)
    assert known is not None and known.status is SUCCEEDED
