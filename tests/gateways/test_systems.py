"""Every system in which entitlements live: done once, undone once, whatever is lost, late or refused."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest

from gateways.entitlements.contract import AnswerBody, State
from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from tests.gateways.entitlements_party import entitlements_party
from tests.gateways.line import Fault
from tests.gateways.system_party import SystemParty, is_no_word, until_done
from tests.gateways.talon_one_party import talon_one_party
from tests.gateways.voucherify_party import voucherify_party

PARTIES: dict[str, Callable[[], AbstractAsyncContextManager[SystemParty]]] = {
    "contract": entitlements_party,
    "voucherify": voucherify_party,
    "talon_one": talon_one_party,
}

THAT_UNDO = ("contract", "voucherify")
"""Talon.One takes no return back."""


@pytest.fixture(params=PARTIES)
async def party(request: pytest.FixtureRequest) -> AsyncIterator[SystemParty]:
    async with PARTIES[request.param]() as party:
        yield party


async def at_once(callers: int, ask: Callable[[], Coroutine[Any, Any, AnswerBody]]) -> list[AnswerBody]:
    """Let them ask together; where one fails, all others end as well."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask()) for _ in range(callers)]
    return [each.result() for each in tasks]


async def test_twenty_who_ask_at_once_have_it_done_once(party: SystemParty) -> None:
    wanted = await party.wanted()

    answers = await at_once(20, lambda: until_done(party.system, wanted))

    assert await party.times_done(wanted) == 1
    assert {(each.instruction_id, each.state) for each in answers} == {(wanted.instruction_id, State.DONE)}


async def test_of_twenty_at_once_some_of_whose_answers_are_lost_one_is_done(party: SystemParty) -> None:
    wanted = await party.wanted()
    party.line.meets(Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.ANSWER_LOST)

    await at_once(20, lambda: until_done(party.system, wanted))

    assert party.line.struck
    assert await party.times_done(wanted) == 1


async def test_what_nobody_answered_is_settled_by_looking_it_up(party: SystemParty) -> None:
    wanted, never_asked = await party.wanted(), await party.wanted()
    party.line.meets(Fault.ANSWER_LOST)

    with pytest.raises(Exception) as unknown:
        await party.system.do(wanted)

    assert is_no_word(unknown.value) and party.line.struck == 1
    assert (await party.system.look_up(wanted)).state == State.DONE
    assert (await party.system.look_up(never_asked)).state == State.UNKNOWN


@pytest.mark.parametrize("party", THAT_UNDO, indirect=True)
async def test_what_is_undone_is_as_before_however_often_it_is_undone(party: SystemParty) -> None:
    wanted, another = await party.wanted(), await party.wanted()
    await party.system.do(another)
    await party.system.do(wanted)

    await at_once(5, lambda: party.system.undo(wanted))

    assert (await party.times_done(wanted), await party.times_done(another)) == (0, 1)
    assert (await party.system.look_up(wanted)).state == State.UNDONE


async def test_a_no_is_told_with_the_reason_of_the_system(party: SystemParty) -> None:
    wanted = await party.wanted()
    await party.goes("refuses")

    with pytest.raises(Declined) as declined:
        await party.system.do(wanted)

    assert (declined.value.code, str(declined.value)) == party.refusal
    assert await party.times_done(wanted) == 0


async def test_who_is_busy_is_left_alone_for_as_long_as_they_say(party: SystemParty) -> None:
    wanted = await party.wanted()
    await party.goes("busy")

    with pytest.raises(TryLater) as busy:
        await party.system.do(wanted)

    assert busy.value.retry_after == timedelta(seconds=1)
    assert (await until_done(party.system, wanted)).state == State.DONE


@pytest.mark.parametrize("course", ["breaks_down", "breaks_down_afterwards"])
async def test_who_breaks_down_is_asked_until_it_is_known(party: SystemParty, course: str) -> None:
    wanted = await party.wanted()
    await party.goes(course)

    with pytest.raises(OutOfOrder):
        await party.system.do(wanted)
    await until_done(party.system, wanted)

    assert await party.times_done(wanted) == 1


async def test_who_does_not_know_the_secret_is_told_nothing(party: SystemParty) -> None:
    wanted = await party.wanted()
    await party.locks_us_out()

    with pytest.raises((NoAnswer, OutOfOrder)):
        await party.system.do(wanted)

    await party.lets_us_in()
    assert (await party.system.look_up(wanted)).state == State.UNKNOWN
