"""A refund whose history grows for months goes on in a new run, before the server's limit ends it."""

import asyncio

import pytest

from tests.shop import IN_TIME_S, Shop
from tests.upkeep.conftest import reconciler
from tests.upkeep.scenes import assert_nothing_is_lost_and_nothing_twice, at, finish, in_transit, paying_out
from tools.client import Json

__all__ = ["reconciler"]

SUGGESTED_FROM = 4_096
"""How many events a history has when Temporal suggests to continue as new, unless the server is told otherwise."""


@pytest.mark.usefixtures("reconciler")
async def test_a_refund_whose_history_has_grown_long_goes_on_in_a_new_one(shop: Shop) -> None:
    refund = await paying_out(shop)

    await goes_on_in_a_new_run(shop, refund)
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert "revived" not in [event["event"] for event in done["timeline"]]


@pytest.mark.usefixtures("reconciler")
async def test_a_refund_goes_on_in_a_new_history_between_two_words_however_many_there_are(shop: Shop) -> None:
    """It waits for people all the time, so that it is long before anything else ends that wait."""
    refund = await in_transit(shop)
    one = {"lines": [{"line_id": "l1", "quantity": 1}]}
    await shop.warehouse.post(at(refund, "receipt"), one)

    await goes_on_in_a_new_run(shop, refund)
    await shop.warehouse.post(at(refund, "receipt"), one)
    done = await finish(shop, refund)

    events = [event["event"] for event in done["timeline"]]
    assert (done["total"], events.count("parcel_received"), events.count("revived")) == (120_000, 2, 0)


async def goes_on_in_a_new_run(shop: Shop, refund: Json) -> None:
    """Let its history grow until it does, by what it hears and what changes nothing."""
    handle = shop.workflow(refund)
    run = (await handle.describe()).run_id
    news = {"payment_id": "p1", "status": "pending"}
    while (await handle.describe()).history_length < SUGGESTED_FROM + 100 and (await handle.describe()).run_id == run:
        await asyncio.gather(*(handle.signal("payout_event", news) for _ in range(100)))
    async with asyncio.timeout(IN_TIME_S):
        while (await handle.describe()).run_id == run:  # noqa: ASYNC110
            await asyncio.sleep(1)
