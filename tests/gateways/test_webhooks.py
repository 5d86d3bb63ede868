"""The contract of every payment gateway: webhooks are verified before they are read, and only wake."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from domain import clock
from gateways.ports import GatewayStatus, ProviderEvent
from gateways.signatures import BadSignature
from tests.gateways.asking import cny, intent
from tests.gateways.parties import proves, proves_by_name
from tests.gateways.party import Case, Course, Delivery, Party

PENDING, SUCCEEDED, FAILED = GatewayStatus.PENDING, GatewayStatus.SUCCEEDED, GatewayStatus.FAILED
STRANGE = "whsec_c3RyYW5nZXJzdHJhbmdl"


def about(party: Party, delivery: Delivery) -> ProviderEvent:
    event = party.hear(delivery.headers, delivery.body).event
    assert isinstance(event, ProviderEvent)
    return event


async def told(party: Party, charge: str, *statuses: GatewayStatus) -> Sequence[Delivery]:
    """Wait for what the provider tells of these."""
    return await party.told(charge, [each for each in statuses if each in party.tells])


@proves(Case.WEBHOOK)
async def test_a_webhook_names_the_refund_by_our_key_and_by_theirs(party: Party) -> None:
    becomes = FAILED if FAILED in party.tells else SUCCEEDED
    charge = await party.charge(cny(100_00), Course.FAILS_LATER if becomes is FAILED else Course.SUCCEEDS_LATER)
    wanted = intent(party, charge, cny(40_00))
    answer = await party.gateway.refund(wanted)
    await party.turn(charge)

    events = {about(party, each) for each in await told(party, charge, PENDING, becomes)}

    assert {event.status for event in events} == {PENDING, becomes} & party.tells
    assert {(event.key, event.reference) for event in events} == {(wanted.key, answer.reference)}


@proves_by_name(Case.ANY_CHARACTER)
async def test_a_webhook_repeats_our_key_letter_by_letter(party: Party, characters: str) -> None:
    wanted = intent(party, characters, cny(40_00), key=f"rf_1:payout:{characters}")
    await party.charge(cny(100_00), Course.SUCCEEDS_LATER, reference=characters)
    await party.gateway.refund(wanted)
    await party.turn(characters)

    heard = await told(party, characters, PENDING, SUCCEEDED)

    assert {about(party, webhook).key for webhook in heard} == {wanted.key}


@proves(Case.FORGED)
async def test_what_a_stranger_signed_or_changed_is_not_even_read(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.SUCCEEDS_LATER)
    await party.gateway.refund(intent(party, charge, cny(40_00)))
    await party.turn(charge)
    [true, *_] = await told(party, charge, PENDING, SUCCEEDED)

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

    heard = await told(party, charge, PENDING, SUCCEEDED)

    ids = [party.hear(each.headers, each.body).webhook_id for each in heard]
    assert len(ids) == 2 * len(set(ids)) and len(set(ids)) == len({PENDING, SUCCEEDED} & party.tells)
    for off in (-timedelta(hours=1), timedelta(hours=1)):
        with pytest.raises(BadSignature):
            party.hear(party.sign(heard[0].body, at=clock.now() + off), heard[0].body)


@proves(Case.OUT_OF_ORDER)
async def test_whatever_is_told_last_a_look_up_says_how_it_is(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.IS_REVERSED)
    wanted = intent(party, charge, cny(40_00))
    await party.gateway.refund(wanted)
    await party.turn(charge)

    heard = await told(party, charge, SUCCEEDED, FAILED)

    older = [each for each in heard if about(party, each).status is SUCCEEDED]
    assert about(party, older[-1]).status is SUCCEEDED  # also where it is the last that comes in
    known = await party.gateway.look_up(wanted)
    assert known is not None and known.status is FAILED
