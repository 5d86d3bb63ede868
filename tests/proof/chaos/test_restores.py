"""Who deals with makewhole begins anew where its books went back, and only then."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from proof.chaos.older_copy import Server, in_turn
from proof.chaos.restores import Restores
from tools.client import Refused

NO = Refused(404, "not_found", "no such refund")


class Actor:
    """Counts how often it acted; each time it does the next of these things, and nothing once they are used up."""

    def __init__(self, *does: Callable[[], Awaitable[None]]) -> None:
        self.times = 0
        self._does = list(does)

    async def act(self) -> None:
        self.times += 1
        if self._does:
            await self._does.pop(0)()


async def says_no() -> None:
    raise NO


async def waits_for_ever() -> None:
    await asyncio.Event().wait()


async def settled() -> None:
    """Let everybody come as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_without_a_restore_everybody_acts_once() -> None:
    restores, actor = Restores(), Actor()

    await restores.was_last()
    await restores.in_spite_of_them(actor.act)

    assert actor.times == 1


async def test_who_was_done_before_a_restore_acts_once_more_after_it() -> None:
    restores, actor = Restores(), Actor()
    acting = asyncio.create_task(restores.in_spite_of_them(actor.act))
    await settled()

    async with restores.going_back():
        pass
    await restores.was_last()
    await acting

    assert actor.times == 2


async def test_who_waits_for_what_is_forgotten_waits_no_longer() -> None:
    restores, actor = Restores(), Actor(waits_for_ever)
    acting = asyncio.create_task(restores.in_spite_of_them(actor.act))
    await settled()

    async with restores.going_back():
        pass
    await restores.was_last()
    await acting

    assert actor.times == 2


async def test_a_no_while_the_books_go_back_is_none() -> None:
    restores, actor = Restores(), Actor(says_no)
    async with restores.going_back():
        acting = asyncio.create_task(restores.in_spite_of_them(actor.act))
        await settled()
    await restores.was_last()
    await acting

    assert actor.times == 2


async def test_a_no_at_any_other_time_is_one() -> None:
    restores, actor = Restores(), Actor(says_no)

    with pytest.raises(Refused):
        await restores.in_spite_of_them(actor.act)

    assert actor.times == 1


def test_temporal_and_postgres_are_restored_in_turn() -> None:
    assert list(in_turn(1, 2)) == [Server.POSTGRES, Server.TEMPORAL, Server.POSTGRES]
    assert list(in_turn(2, 0)) == [Server.TEMPORAL, Server.TEMPORAL]
    assert list(in_turn(0, 0)) == []
