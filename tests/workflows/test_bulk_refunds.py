"""A bulk of refunds on its way: whatever dies, each line is begun once; what is stopped begins no more."""

from collections import Counter

import pytest
from sqlalchemy import text

from db import not_begun
from service.bulk import refund_id_of
from tests.api.bulk_desk import BulkDesk, a_refund, some_of, stands
from tests.shop import Shop, a_line
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from tools.stack.stack import Stack
from upkeep.bulk_refunds import BEGUN_AT_ONCE
from workflows.bulk import bulk_workflow_id

LINES = 25


@pytest.fixture
async def desk(shop: Shop) -> BulkDesk:
    """A shop with many orders, of which nothing has to be confirmed twice."""
    await shop.lenient_policy(bulk_grace="PT0S")
    return BulkDesk(shop)


def names(count: int = LINES) -> list[str]:
    return [f"o{number}" for number in range(1, count + 1)]


async def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(
    shop: Shop, other_shop: Shop, stack: Stack, desk: BulkDesk
) -> None:
    await desk.orders(names(), lines=[a_line("l1", quantity=1, unit_price=10_00)])
    await other_shop.order("theirs")
    bulk = await desk.asked(*(a_refund(name) for name in names()))
    stack.kill("worker")
    bulk = await desk.until(bulk, "awaiting_confirmation")

    await desk.confirmed(bulk)
    await desk.until_begun(bulk)
    theirs = await other_shop.refund("theirs")
    stack.kill("worker")
    await other_shop.until(theirs, "completed")
    done = await desk.until_paid(bulk, LINES)

    assert bulk["totals"][0]["amount"] == LINES * 10_00
    assert {each["refund_id"] for each in done["lines"]} == {
        refund_id_of(bulk["bulk_id"], line) for line in range(1, LINES + 1)
    }
    paid = Counter(charge for charge, _, _ in await gateway_refunds(shop))
    assert paid == Counter(f"ch-{name}" for name in names())
    assert (await desk.until(bulk, "completed"))["counts"]["begun"] == LINES


async def test_what_is_stopped_while_it_runs_goes_on_with_what_has_begun_alone(shop: Shop, desk: BulkDesk) -> None:
    await desk.orders(names(), lines=[a_line("l1", quantity=1, unit_price=10_00)])
    bulk = await desk.previewed(*(a_refund(name) for name in names()))
    await desk.confirmed(bulk)
    await desk.until_begun(bulk)

    stopped = (await desk.stop(bulk)).json()
    begun = [each["refund_id"] for each in stopped["lines"] if each["status"] == "begun"]
    await desk.until_paid(bulk, len(begun))
    later = await desk.read(bulk)

    assert stopped["status"] == later["status"] == "stopped"
    assert stands(later) == stands(stopped) and set(stands(later).values()) <= {"begun", "stopped"}
    assert await refunds_of(shop) == set(begun)
    assert len(await gateway_refunds(shop)) == len(begun)


async def test_no_more_than_some_refunds_of_a_merchant_wait_for_a_worker(shop: Shop, desk: BulkDesk) -> None:
    await desk.orders(names(), lines=[a_line("l1", quantity=1, unit_price=10_00)])
    bulk = await desk.previewed(*(a_refund(name) for name in names()))
    await desk.confirmed(bulk)
    waiting = []

    while (await desk.read(bulk, limit=1))["status"] != "completed":
        async with shop.engine.connect() as connection:
            waiting.append(await not_begun.of_merchant(connection, shop.merchant_id, 10 * LINES))

    assert max(waiting, default=0) <= BEGUN_AT_ONCE


async def test_a_large_order_is_looked_at_apart_and_comes_to_the_same(shop: Shop, desk: BulkDesk) -> None:
    lines = [a_line(f"l{number}", quantity=2, unit_price=1_00) for number in range(1, 401)]
    await shop.order("large", lines=lines)
    await desk.orders(["o1"])

    bulk = await desk.previewed(some_of("large", 1), a_refund("large"), a_refund("o1"))
    await desk.confirmed(bulk)
    done = await desk.until_paid(bulk, 3)

    assert [each["preview"]["total"] for each in done["lines"]] == [1_00, 799_00, 1_200_00]
    assert sorted(amount for _, amount, _ in await gateway_refunds(shop)) == [1_00, 799_00, 1_200_00]


async def test_what_was_ended_in_temporal_is_carried_on_and_a_stop_ends_it(shop: Shop, desk: BulkDesk) -> None:
    await shop.lenient_policy(bulk_grace="P1D")
    await desk.orders(["o1"])
    bulk = await desk.previewed(a_refund("o1"))
    await desk.confirmed(bulk)
    running = shop.temporal.get_workflow_handle(bulk_workflow_id(bulk["bulk_id"]))
    await running.terminate("a test")

    await grace_is_over(shop, bulk)
    await desk.until_paid(bulk, 1)

    assert await refunds_of(shop) == {refund_id_of(bulk["bulk_id"], 1)}


async def grace_is_over(shop: Shop, bulk: Json) -> None:
    """Nobody has looked after it for a while, and its grace has ended since."""
    async with shop.engine.begin() as connection:
        await connection.execute(
            text("update bulks set begins_at = now() - interval '1 hour', touched_at = now() - interval '1 day'"
                 " where bulk_id = :bulk"),
            {"bulk": bulk["bulk_id"]},
        )  # fmt: skip


async def refunds_of(shop: Shop) -> set[str]:
    return {each["refund_id"] for each in (await shop.merchant.get("/v1/refunds", limit=200))["items"]}
