"""Refunds that wait for a worker: many of one merchant hold up nobody else, and are refused in time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.backlog import ALWAYS_TAKEN, LOOK_EVERY_S, MOST_S, Queue
from db.api_keys import Role
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
    delete from refunds where refund_id in (
        select refund_id from refunds where refund_id like :copies order by refund_id limit :many)
"""


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
        queue.look(Counter(a=waiting), per_s, per_s + 1, 1.0)

    assert abs(queue.wait_s("a") * per_s / (waiting + 1) - 1) < 1e-3


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_thirty_callers_are_no_crowd_where_refunds_begin_ten_together_every_other_second(slots: list[int]) -> None:
    queue = Queue()

    for second, others in enumerate(slots):
        queue.look(Counter(a=20), 10 * (second % 2), 10 + others, 1.0)

        assert queue.wait_s("a") < MOST_S


@given(QUEUES, st.integers(0, 500), st.floats(0.5, 59))
def test_where_all_that_waited_have_begun_the_speed_is_not_taken_to_be_lower(
    queue: Queue, begun: int, seconds: float
) -> None:
    before = queue.per_s

    queue.look(Counter(a=30), begun, begun, seconds)

    assert queue.per_s >= before


def test_the_speed_of_a_crowd_of_long_ago_is_forgotten() -> None:
    queue = Queue(begun=0.1, seconds=5.0)

    queue.look(Counter(), 0, 0, 3_600.0)

    assert queue.per_s == Queue().per_s


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
        await begin(shop, refund_id, many=many)


async def begin(shop: Shop, refund_id: str, *, many: int) -> None:
    """Let so many of the copies wait no more."""
    async with shop.engine.begin() as connection:
        await connection.execute(text(BEGUN), {"copies": f"{refund_id}-%", "many": many})
