"""Refunds that wait for a worker: many of one merchant hold up nobody else, and are refused in time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.backlog import ALWAYS_TAKEN, LOOK_EVERY_S, MOST_S, STANDS_STILL_AFTER_S, Queue
from db import not_begun
from db.api_keys import Role
from db.not_begun import NotBegun
from tests.shop import IN_TIME_S, Shop

QUEUES = st.builds(
    Queue,
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 20_000)).map(Counter),
    st.floats(0.1, 5_000),
    st.floats(1, 6),
)
# Nobody takes them for lost: their workflows are said to have started tomorrow.
COPIED = """
    insert into refunds select copy.* from refunds, generate_series(1, :many) as number, jsonb_populate_record(
        refunds, jsonb_build_object(
            'refund_id', refunds.refund_id || '-' || number, 'risk', null, 'completed_at', null, 'created_at', now(),
            'workflow_started_at', now() + interval '1 day')) as copy
    where refunds.refund_id = :refund_id
"""
BEGUN = """
    update refunds set risk = (select risk from refunds where refund_id = :refund_id) where refund_id in (
        select refund_id from refunds where refund_id like :copies and risk is null order by refund_id limit :many)
"""
GONE = "delete from refunds where refund_id like :copies"


@given(QUEUES)
def test_however_many_others_have_a_refund_waits_for_as_many_of_each_as_of_its_own_merchant(queue: Queue) -> None:
    own, merchants = queue.waiting["a"] + 1, len({"a", *queue.waiting})

    assert queue.wait_s("a") <= own * merchants / queue.per_s + 1e-6


@given(QUEUES, st.integers(0, 20_000))
def test_no_wait_becomes_shorter_because_another_merchant_asks_for_more(queue: Queue, more: int) -> None:
    before = queue.wait_s("a")

    queue.waiting["b"] += more

    assert queue.wait_s("a") >= before


@given(QUEUES, st.integers(0, ALWAYS_TAKEN - 1))
def test_while_few_wait_everybody_is_taken(queue: Queue, few: int) -> None:
    queue.waiting = Counter(a=few)

    assert queue.wait_s("a") == 0


@given(QUEUES, st.integers(1, 500), st.integers(100, 10_000))
def test_the_wait_is_what_waits_by_the_speed_at_which_refunds_begin(queue: Queue, per_s: int, waiting: int) -> None:
    for _ in range(100):
        queue.look(Counter(a=waiting), per_s, 1.0, of_before=1)

    assert abs(queue.wait_s("a") * per_s / (waiting + 1) - 1) < 1e-3


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_thirty_callers_are_no_crowd_where_refunds_begin_ten_together_every_other_second(slots: list[int]) -> None:
    queue = Queue()

    for second, others in enumerate(slots):
        queue.look(Counter(a=20), 10 * (second % 2), 1.0, of_before=others)

        assert queue.wait_s("a") < MOST_S


@given(QUEUES, st.integers(0, 500), st.floats(0.5, 59))
def test_where_all_that_waited_have_begun_the_speed_is_not_taken_to_be_lower(
    queue: Queue, begun: int, seconds: float
) -> None:
    before = queue.per_s

    queue.look(Counter(a=30), begun, seconds, of_before=0)

    assert queue.per_s >= before


def test_the_speed_of_a_crowd_of_long_ago_is_forgotten() -> None:
    queue = Queue(begun=0.1, seconds=5.0)

    queue.look(Counter(), 0, 3_600.0, of_before=0)

    assert queue.per_s == Queue().per_s


@given(QUEUES, st.floats(0.5, 30), st.integers(1, 500), st.integers(1, 20_000))
def test_a_crowd_is_let_in_while_the_workers_are_away_and_no_longer(
    queue: Queue, seconds: float, begun: int, waiting: int
) -> None:
    away_s = 0.0
    while away_s <= STANDS_STILL_AFTER_S:
        queue.look(Counter(a=waiting), 0, seconds, of_before=waiting)
        away_s += seconds
    assert queue.wait_s("a") == 0

    queue.look(Counter(a=waiting), begun, 1.0, of_before=waiting)

    assert (queue.wait_s("a") > 0) == (waiting >= ALWAYS_TAKEN)
    assert queue.per_s >= 1, "how long they were away is no part of how fast they are"


@given(QUEUES, st.integers(0, 200), st.integers(0, 200))
def test_who_is_asked_for_and_not_taken_yet_counts_as_waiting(queue: Queue, own: int, others: int) -> None:
    taken = replace(queue, waiting=queue.waiting + Counter(a=own, b=others))

    asking = replace(queue, asked=Counter(a=own, b=others))

    assert asking.wait_s("a") == taken.wait_s("a")


MOMENT = datetime(2026, 11, 29, tzinfo=UTC)
# When it was asked for, how long until that was committed, and how long after that a worker began with it.
ASKED_FOR = st.tuples(st.floats(-90, 20), st.floats(0, 29), st.none() | st.floats(0, 90))


@given(st.lists(ASKED_FOR, max_size=60), st.floats(0.5, 20))
def test_what_has_begun_is_counted_rightly_however_late_it_was_committed(
    asked_for: list[tuple[float, float, float | None]], seconds: float
) -> None:
    first = look(asked_for, 0.0, None)
    begun = sum(1 for refund in asked_for if is_there(refund, seconds) and has_begun(refund, seconds))
    before = sum(1 for refund in asked_for if is_there(refund, 0.0) and has_begun(refund, 0.0))

    assert look(asked_for, seconds, 0.0).begun_since(first) == begun - before


def look(asked_for: list[tuple[float, float, float | None]], at: float, before: float | None) -> NotBegun:
    """What PostgreSQL would answer then."""
    there = [refund for refund in asked_for if is_there(refund, at)]
    waiting = [asked_at for asked_at, _, _ in (each for each in there if not has_begun(each, at))]
    since = (at if before is None else before) - 30
    return NotBegun(
        MOMENT + timedelta(seconds=at),
        {"a": len(waiting)} if waiting else {},
        sum(1 for asked_at in waiting if before is not None and asked_at <= before),
        sum(1 for asked_at, _, _ in there if asked_at > since),
        sum(1 for asked_at, _, _ in there if asked_at > at - 30),
    )


def is_there(refund: tuple[float, float, float | None], at: float) -> bool:
    return refund[0] + refund[1] <= at


def has_begun(refund: tuple[float, float, float | None], at: float) -> bool:
    return refund[2] is not None and sum(part for part in refund if part is not None) <= at


async def test_a_merchant_whose_refunds_wait_long_comes_again_and_nobody_else_has_to(
    shop: Shop, other_shop: Shop
) -> None:
    await asyncio.gather(shop.order("o1"), other_shop.order("o1"))
    taken = await ask(shop, "o1")
    refund = await shop.until(taken.json(), "completed")

    async with waiting(shop, refund["refund_id"], many=3_000):
        async with asyncio.timeout(IN_TIME_S):
            while (refused := await ask(shop, "unknown")).status_code != 429:
                await asyncio.sleep(LOOK_EVERY_S)
                await begin(shop, refund["refund_id"], many=5)
        repeated, other = await ask(shop, "o1"), await ask(other_shop, "o1")

    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["code"] == "too_many_requests"
    assert (repeated.status_code, repeated.json()["refund_id"]) == (202, refund["refund_id"])
    assert other.status_code == 202


async def test_what_is_committed_after_a_look_has_not_begun_for_that(shop: Shop) -> None:
    await shop.order("o1")
    refund = await shop.until((await ask(shop, "o1")).json(), "completed")
    copies = {"refund_id": refund["refund_id"], "many": 7}

    async with shop.engine.begin() as asking:
        await asking.execute(text(COPIED), copies)
        first = await look_now(shop, None)
    second = await look_now(shop, first)
    await begin(shop, refund["refund_id"], many=3)
    third = await look_now(shop, second)
    await forget(shop, refund["refund_id"])

    assert shop.merchant_id not in first.by_merchant
    assert (second.by_merchant[shop.merchant_id], second.begun_since(first)) == (7, 0)
    assert (third.by_merchant[shop.merchant_id], third.begun_since(second)) == (4, 3)


async def look_now(shop: Shop, before: NotBegun | None) -> NotBegun:
    async with shop.engine.connect() as connection:
        return await not_begun.look(connection, before)


async def ask(shop: Shop, order_id: str) -> httpx.Response:
    body = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
    return await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body, headers={"Idempotency-Key": order_id})


@asynccontextmanager
async def waiting(shop: Shop, refund_id: str, *, many: int) -> AsyncIterator[None]:
    """So many copies of a refund whose first step is still to be done."""
    async with shop.engine.begin() as connection:
        await connection.execute(text(COPIED), {"refund_id": refund_id, "many": many})
    try:
        yield
    finally:
        await forget(shop, refund_id)


async def begin(shop: Shop, refund_id: str, *, many: int) -> None:
    """Let so many of the copies wait no more."""
    async with shop.engine.begin() as connection:
        await connection.execute(text(BEGUN), {"refund_id": refund_id, "copies": f"{refund_id}-%", "many": many})


async def forget(shop: Shop, refund_id: str) -> None:
    async with shop.engine.begin() as connection:
        await connection.execute(text(GONE), {"copies": f"{refund_id}-%"})
