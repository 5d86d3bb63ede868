"""The contract of every payment gateway: one refund for one intent, whatever is lost, late or refused."""

import asyncio
from datetime import timedelta

import pytest

from gateways.ports import Declined, GatewayStatus, ProviderEvent, TryLater
from tests.gateways.asking import cny, found, intent, until_answered
from tests.gateways.line import Fault
from tests.gateways.parties import proves
from tests.gateways.party import Case, Course, Party


async def amounts(party: Party, charge_ref: str) -> list[int]:
    return sorted(each.amount for each in await party.booked(charge_ref))


@proves(Case.AT_ONCE)
async def test_twenty_who_ask_for_one_refund_at_once_get_one(party: Party) -> None:
    charge = await party.charge(cny(100_00))
    wanted = intent(party, charge, cny(40_00))

    answers = await asyncio.gather(*(until_answered(party, wanted) for _ in range(20)))

    booked = await party.booked(charge)
    assert [(each.key, each.amount) for each in booked] == [(wanted.key, 40_00)]
    assert {(each.reference, each.status) for each in answers} == {(booked[0].reference, GatewayStatus.SUCCEEDED)}


@proves(Case.ANSWER_LOST)
@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
async def test_what_is_lost_on_its_way_is_paid_once(party: Party, fault: Fault) -> None:
    charge = await party.charge(cny(100_00))
    party.line.meets(fault)

    answer = await until_answered(party, intent(party, charge, cny(40_00)))

    assert party.line.struck == 1
    assert await amounts(party, charge) == [40_00] and answer.status is GatewayStatus.SUCCEEDED


@proves(Case.ANSWER_LOST)
async def test_of_twenty_at_once_some_of_whose_answers_are_lost_one_pays(party: Party) -> None:
    charge = await party.charge(cny(100_00))
    wanted = intent(party, charge, cny(40_00))
    party.line.meets(Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.ANSWER_LOST)

    await asyncio.gather(*(until_answered(party, wanted) for _ in range(20)))

    assert party.line.struck  # how many ask before the first has an answer, their speed decides
    assert await amounts(party, charge) == [40_00]


@proves(Case.ANSWER_LATE)
@pytest.mark.parametrize("fault", [Fault.ANSWER_LATE, Fault.REQUEST_LATE])
async def test_what_comes_when_nobody_waits_for_it_any_more_is_paid_once(party: Party, fault: Fault) -> None:
    charge = await party.charge(cny(100_00))
    party.line.meets(fault)

    await until_answered(party, intent(party, charge, cny(40_00)))
    await party.line.is_quiet()

    assert party.line.struck == 1
    assert await amounts(party, charge) == [40_00]


@proves(Case.REPEATED)
async def test_a_request_that_is_repeated_is_answered_as_the_first_time(party: Party) -> None:
    charge = await party.charge(cny(100_00))
    wanted = intent(party, charge, cny(40_00))

    first = await party.gateway.refund(wanted)
    again = await party.gateway.refund(wanted)

    assert again == first
    assert await amounts(party, charge) == [40_00]


@proves(Case.PARTIALS)
async def test_parts_come_back_one_after_the_other_and_each_is_found(party: Party) -> None:
    charge = await party.charge(cny(100_00))
    parts = [intent(party, charge, cny(amount)) for amount in (33_34, 33_33, 33_33)]

    answers = [await until_answered(party, part) for part in parts]

    assert await amounts(party, charge) == [33_33, 33_33, 33_34]
    listed = await party.gateway.refunds_of(party.merchant_id, charge)
    assert {(each.key, each.amount, each.charge_ref) for each in listed} == {
        (part.key, part.amount, charge) for part in parts
    }
    assert [await party.gateway.look_up(part) for part in parts] == answers


@proves(Case.OVER_REFUND)
async def test_more_than_is_left_of_a_charge_is_refused(party: Party) -> None:
    charge = await party.charge(cny(100_00))
    await until_answered(party, intent(party, charge, cny(60_00)))

    with pytest.raises(Declined) as refused:
        await until_answered(party, intent(party, charge, cny(40_01)))
    await until_answered(party, intent(party, charge, cny(40_00)))

    assert refused.value.code and str(refused.value)
    assert await amounts(party, charge) == [40_00, 60_00]


@proves(Case.ALREADY_REFUNDED)
@pytest.mark.parametrize("asked_before", [True, False], ids=["we remember", "we forgot as well"])
async def test_what_went_back_long_ago_is_done(party: Party, asked_before: bool) -> None:
    charge = await party.charge(cny(100_00))
    wanted = intent(party, charge, cny(100_00))
    done = await until_answered(party, wanted)
    await party.forget_keys()

    again = await until_answered(party, wanted, asked_before=asked_before)

    assert again == done and again.status is GatewayStatus.SUCCEEDED
    assert await amounts(party, charge) == [100_00]


@proves(Case.DECLINED)
async def test_a_no_is_told_with_the_reason_of_the_provider(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.DECLINES)

    with pytest.raises(Declined) as declined:
        await until_answered(party, intent(party, charge, cny(40_00)))

    assert declined.value.code == party.decline_code and str(declined.value)
    assert not [each for each in await party.booked(charge) if each.status == GatewayStatus.SUCCEEDED]


@proves(Case.UNKNOWN_CHARGE)
async def test_a_charge_that_nobody_knows_is_refused(party: Party) -> None:
    with pytest.raises(Declined) as declined:
        await until_answered(party, intent(party, "ch_of_somebody_else", cny(40_00)))

    assert declined.value.code and str(declined.value)
    assert list(await party.gateway.refunds_of(party.merchant_id, "ch_of_somebody_else")) == []


@proves(Case.UNKNOWN_OUTCOME)
async def test_what_nobody_answered_is_settled_by_looking_it_up(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.NEVER_ANSWERS)
    wanted, never_asked = (intent(party, charge, cny(amount)) for amount in (40_00, 10_00))

    with pytest.raises(Exception) as unknown:
        await party.gateway.refund(wanted)

    assert not isinstance(unknown.value, Declined | TryLater)
    known = await party.gateway.look_up(wanted)
    assert known is not None and known.status is GatewayStatus.SUCCEEDED
    assert known == await found(party, wanted)
    assert await party.gateway.look_up(never_asked) is None


@proves(Case.BUSY)
async def test_who_is_busy_is_left_alone_for_as_long_as_they_say(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.IS_BUSY)
    wanted = intent(party, charge, cny(40_00))

    with pytest.raises(TryLater) as busy:
        await party.gateway.refund(wanted)

    assert busy.value.retry_after == timedelta(seconds=1)
    assert await amounts(party, charge) == []
    await until_answered(party, wanted)
    assert await amounts(party, charge) == [40_00]


@proves(Case.BROKEN)
async def test_who_breaks_down_before_and_after_paying_is_asked_until_it_is_known(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.BREAKS_DOWN)
    wanted = intent(party, charge, cny(40_00))

    with pytest.raises(Exception) as broken:
        await party.gateway.refund(wanted)
    answer = await until_answered(party, wanted)

    assert not isinstance(broken.value, Declined | TryLater)
    assert answer.status is GatewayStatus.SUCCEEDED
    assert await amounts(party, charge) == [40_00]


@proves(Case.LATER_SUCCESS)
async def test_what_is_pending_is_no_yes_until_it_is_one(party: Party) -> None:
    assert await _course_of(party, Course.SUCCEEDS_LATER) == [GatewayStatus.PENDING, GatewayStatus.SUCCEEDED]


@proves(Case.LATER_FAILURE)
async def test_what_is_pending_may_fail(party: Party) -> None:
    assert await _course_of(party, Course.FAILS_LATER) == [GatewayStatus.PENDING, GatewayStatus.FAILED]


@proves(Case.REVERSED)
async def test_what_succeeded_may_fail_days_later(party: Party) -> None:
    assert await _course_of(party, Course.IS_REVERSED) == [GatewayStatus.SUCCEEDED, GatewayStatus.FAILED]


@proves(Case.SHORT)
async def test_what_waits_for_the_merchants_balance_is_told_apart_until_it_is_paid(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.IS_SHORT)
    wanted = intent(party, charge, cny(40_00))

    answered = await party.gateway.refund(wanted)
    await party.turn(charge)
    known = await until_answered(party, wanted, asked_before=True)  # one that they did not take is asked for again

    assert [answered.status, known.status] == [GatewayStatus.WAITING_FOR_BALANCE, GatewayStatus.SUCCEEDED]
    assert await amounts(party, charge) == [40_00]


@proves(Case.TRACED)
async def test_there_is_a_number_for_the_customers_bank_as_soon_as_it_is_paid(party: Party) -> None:
    charge = await party.charge(cny(100_00), Course.SUCCEEDS_LATER)
    wanted = intent(party, charge, cny(40_00))
    answered = await party.gateway.refund(wanted)
    await party.turn(charge)

    known, [listed] = await party.gateway.look_up(wanted), await party.gateway.refunds_of(party.merchant_id, charge)
    told = await party.told(charge, [GatewayStatus.PENDING, GatewayStatus.SUCCEEDED])

    assert answered.trace_number is None
    assert known is not None and known.trace_number and known.trace_number == listed.trace_number
    events = [party.hear(each.headers, each.body).event for each in told]
    assert {each.trace_number for each in events if isinstance(each, ProviderEvent)} == {None, known.trace_number}


async def _course_of(party: Party, course: Course) -> list[GatewayStatus]:
    """Return what the provider answers, and what a look-up says once its time has come."""
    charge = await party.charge(cny(100_00), course)
    wanted = intent(party, charge, cny(40_00))
    answered = await party.gateway.refund(wanted)
    await party.turn(charge)
    known = await party.gateway.look_up(wanted)
    listed = await party.gateway.refunds_of(party.merchant_id, charge)
    assert known is not None and [each.status for each in listed] == [known.status]
    return [answered.status, known.status]
