"""Few steps at once in a worker: nobody is left waiting, and one merchant's many hold up no single one of another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.company import Company
from temporal_client.turns import Turns
from tests.shop import IN_TIME_S

FOR_EVER_S = 3_600.0
STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.integers(0, 3)), max_size=40)


@dataclass
class Steps:
    """Steps that begin when they get their turn, and end when they are told to."""

    turns: Turns
    began: list[str] = field(default_factory=list)
    ends: dict[str, asyncio.Event] = field(default_factory=dict)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def ask(self, name: str, merchant_id: str, refund_id: str) -> None:
        self.ends[name] = asyncio.Event()

        async def step() -> None:
            async with self.turns.turn(merchant_id, refund_id):
                self.began.append(name)
                await self.ends[name].wait()

        self.tasks[name] = asyncio.create_task(step())
        await settled()

    async def end(self, name: str) -> None:
        self.ends[name].set()
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@given(STEPS, st.integers(1, 3), st.sampled_from([0.0, FOR_EVER_S]))
def test_every_step_has_its_turn_and_no_more_at_once_than_may(
    steps: list[tuple[str, int, int]], at_once: int, leaves_after_s: float
) -> None:
    turns, done, inside, most = Turns(at_once, leaves_after_s), [], 0, 0

    async def step(merchant_id: str, refund: int, pauses: int) -> None:
        nonlocal inside, most
        async with turns.turn(merchant_id, f"{merchant_id}{refund}"):
            inside, most = inside + 1, max(most, inside + 1)
            for _ in range(pauses):
                await asyncio.sleep(0)
            inside -= 1
        done.append(merchant_id)

    async def all_of_them() -> None:
        await asyncio.gather(*(step(*each) for each in steps))

    asyncio.run(all_of_them())

    assert len(done) == len(steps)
    assert most <= at_once or not leaves_after_s


async def test_a_single_step_of_another_merchant_comes_before_all_that_wait_of_a_crowd() -> None:
    steps = Steps(Turns(2, FOR_EVER_S))
    for number in range(10):
        await steps.ask(f"crowd {number}", "crowd", f"c{number}")
    await steps.ask("single", "other", "o1")

    await steps.end("crowd 0")

    assert steps.began == ["crowd 0", "crowd 1", "single"]


async def test_a_merchant_who_has_company_has_one_step_inside_and_leaves_the_rest_free() -> None:
    steps = Steps(Turns(2, FOR_EVER_S, Company(stays_s=FOR_EVER_S, rests=0.0)))
    await steps.ask("single", "other", "o1")
    await steps.end("single")
    for number in range(3):
        await steps.ask(f"crowd {number}", "crowd", f"c{number}")
    began_beside = list(steps.began)
    await steps.ask("single again", "other", "o2")
    await steps.end("crowd 0")

    assert began_beside == ["single", "crowd 0"]
    assert steps.began == ["single", "crowd 0", "single again", "crowd 1"]


async def crowd_beside_a_single_refund(rests: float) -> Steps:
    """One step of the crowd is over, another waits; far more was taken by the crowd than by the other merchant."""
    company = Company(stays_s=FOR_EVER_S, rests=rests)
    steps = Steps(Turns(2, FOR_EVER_S, company))
    await steps.ask("single", "other", "o1")
    await steps.end("single")
    for number in range(2):
        await steps.ask(f"crowd {number}", "crowd", f"c{number}")
    company.took("crowd", FOR_EVER_S, asyncio.get_running_loop().time())
    await steps.end("crowd 0")
    return steps


async def test_a_crowd_rests_after_a_step_while_others_go_on() -> None:
    steps = await crowd_beside_a_single_refund(rests=1e9)
    await steps.ask("single again", "other", "o2")

    assert steps.began == ["single", "crowd 0", "single again"]


async def test_a_crowd_that_has_rested_goes_on_by_itself() -> None:
    steps = await crowd_beside_a_single_refund(rests=1.0)

    await until(lambda: steps.began == ["single", "crowd 0", "crowd 1"])


async def test_of_one_merchant_the_refund_that_came_first_goes_on_first() -> None:
    steps = Steps(Turns(1, FOR_EVER_S))
    await steps.ask("first step of one", "a", "one")
    await steps.ask("first step of two", "a", "two")
    await steps.ask("second step of one", "a", "one")

    await steps.end("first step of one")

    assert steps.began == ["first step of one", "second step of one"]


async def test_a_step_that_waits_for_a_lock_holds_nobody_up() -> None:
    steps = Steps(Turns(1, 0.0))
    await steps.ask("waits", "a", "one")
    await steps.ask("goes on", "a", "two")

    await until(lambda: steps.began == ["waits", "goes on"])


async def until(is_so: Callable[[], bool], pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    async with asyncio.timeout(IN_TIME_S):
        while not is_so():
            await pause(0.01)


async def test_who_waits_no_longer_keeps_no_turn() -> None:
    steps = Steps(Turns(1, FOR_EVER_S))
    for name in ("first", "cancelled", "last"):
        await steps.ask(name, "a", name)
    steps.tasks["cancelled"].cancel()
    await settled()

    await steps.end("first")

    assert steps.began == ["first", "last"]


async def test_a_step_that_fails_gives_its_turn_up() -> None:
    turns = Turns(1, FOR_EVER_S)

    with pytest.raises(ValueError, match="it does not work"):
        async with turns.turn("a", "one"):
            raise ValueError("it does not work")

    async with asyncio.timeout(IN_TIME_S), turns.turn("a", "two"):
        pass
