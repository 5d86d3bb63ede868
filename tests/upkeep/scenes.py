"""Refunds brought to a phase, and from there to their end."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from db.locks import alone
from domain.said import Word, WordKind, fingerprint
from tests.shop import IN_TIME_S, Shop
from tools.client import Json, Refused
from upkeep.missing import Trouble, find_lost
from upkeep.unheard import Waker

Scene = Callable[[Shop], Awaitable[Json]]


@asynccontextmanager
async def kept_out(shop: Shop, lock: int) -> AsyncIterator[None]:
    """Keep the worker's own keeper of this lock from its work meanwhile; whoever is at it comes to its end first."""
    deadline = time.monotonic() + IN_TIME_S
    while True:
        async with alone(shop.engine, lock) as is_ours:
            if is_ours:
                yield
                return
        assert time.monotonic() < deadline, "the worker's own keeper did not come to its end"
        await asyncio.sleep(0.1)


async def in_review(shop: Shop) -> Json:
    return await shop.until_judged(await shop.refund(kind="return", reason="changed_mind"))


async def evidence_requested(shop: Shop) -> Json:
    refund = await in_review(shop)
    await shop.reviewer.post(at(refund, "review"), {"decision": "request_evidence", "note": "a photo, please"})
    return refund


async def awaiting_return(shop: Shop) -> Json:
    refund = await evidence_requested(shop)
    await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})
    return await shop.until(refund, "awaiting_return")


async def in_transit(shop: Shop) -> Json:
    refund = await awaiting_return(shop)
    await shop.merchant.post(at(refund, "shipment"), {"carrier": "SF", "tracking_number": "SF1"})
    return await shop.until(refund, "in_transit")


async def inspecting(shop: Shop) -> Json:
    refund = await in_transit(shop)
    await shop.warehouse.post(at(refund, "receipt"), {})
    return await shop.until(refund, "inspecting")


async def paying_out(shop: Shop) -> Json:
    await shop.behave("ch-o1", "pending")
    refund = await inspecting(shop)
    await shop.warehouse.post(at(refund, "inspection"), {})
    return await shop.until(refund, "paying_out")


async def waiting_for_help(shop: Shop) -> Json:
    await shop.policy(auto_approve={}, declined_tender="hold")
    await shop.behave("ch-o1", "decline")
    refund = await inspecting(shop)
    await shop.warehouse.post(at(refund, "inspection"), {})
    return await shop.until(refund, "needs_attention")


def at(refund: Json, what: str) -> str:
    return f"/v1/refunds/{refund['refund_id']}/{what}"


async def finish(shop: Shop, refund: Json) -> Json:
    """Do whatever is still to be done, as people who look at the refund would."""
    await shop.behave("ch-o1", "succeed")
    to_do: dict[str, Callable[[], Awaitable[Json]]] = {
        "in_review": lambda: shop.reviewer.post(at(refund, "review"), {"decision": "approve"}),
        "awaiting_return": lambda: shop.warehouse.post(at(refund, "receipt"), {}),
        "in_transit": lambda: shop.warehouse.post(at(refund, "receipt"), {}),
        "inspecting": lambda: shop.warehouse.post(at(refund, "inspection"), {}),
        "needs_attention": lambda: _retry(shop, refund),
    }
    async with asyncio.timeout(IN_TIME_S):
        while True:
            now = await shop.until(refund, *to_do, "completed", "paying_out")
            if now["status"] == "completed":
                return now
            if now["status"] in to_do:
                await to_do[now["status"]]()


async def found(shop: Shop, refund: Json, trouble: Trouble) -> None:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            lost = await find_lost(shop.temporal, shop.engine, refund_id=refund["refund_id"])
            if [each.trouble for each in lost] == [trouble]:
                return
            shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
            if any(event["event"] == "revived" for event in shown["timeline"]):
                return  # the worker's own reconciler was quicker
            await asyncio.sleep(0.5)


def said(kind: WordKind, what: object, run: str, word_id: str = "w1") -> Word:
    """A word as a run notes it in its next task."""
    return Word(word_id, kind, fingerprint(what), run, 1_000)


async def woken(shop: Shop) -> None:
    """What the worker does half a minute later, without waiting for that."""
    await Waker(shop.temporal, shop.engine).wake_all(after=timedelta())


async def _retry(shop: Shop, refund: Json) -> Json:
    """A run that has just taken over asks for help again first; until then it refuses what answers nothing."""
    try:
        return await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": "retry"})
    except Refused:
        await asyncio.sleep(0.5)
        return refund


def assert_nothing_is_lost_and_nothing_twice(done: Json) -> None:
    events = Counter(event["event"] for event in done["timeline"])
    once = ("approved", "label_ready", "parcel_received", "inspected", "settled", "paid", "completed")
    assert {event: events[event] for event in once} == dict.fromkeys(once, 1), events
    assert events["evidence_requested"] <= 1 and events["shipped"] <= 1
    assert done["total"] == 120_000 and done["needs_attention"] is None
