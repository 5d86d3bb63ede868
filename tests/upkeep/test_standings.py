"""What is kept of a customer's orders agrees with the full sum over them, and what does not is told (rule 24)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import create_engine, text

from db import customers, keepers, messages, purchases, refunds, server_clock, standings
from db.engine import psycopg_url
from domain.campaigns.counting import tallied
from domain.campaigns.tallies import ALL_ORDERS, Tallies
from domain.money.amounts import Money
from service.holding import let_go
from tests.rulebook.test_campaigns import campaign, store_credit
from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tests.upkeep.scenes import kept_out
from tools.client import Json
from tools.stack.stack import Stack
from upkeep.standings import LOCK, NAME, compare, compare_some


async def kept(shop: Shop) -> standings.Kept:
    async with shop.engine.connect() as connection:
        return await standings.kept(connection, shop.merchant_id, shop.customer_id)


async def full_sum(shop: Shop) -> Tallies:
    async with shop.engine.connect() as connection:
        bought = await purchases.of_customer(connection, shop.merchant_id, shop.customer_id)
        return tallied(bought, (await standings.kept(connection, shop.merchant_id, shop.customer_id)).campaigns)


async def assert_all_is_kept(shop: Shop) -> Tallies:
    known = await kept(shop)
    assert known.is_up_to_date
    assert known.tallies == await full_sum(shop)
    return known.tallies


async def told(shop: Shop) -> list[str]:
    async with shop.engine.connect() as connection:
        inbox = await messages.inbox(connection, shop.merchant_id, messages.OPERATIONS)
    return [each.body for each in inbox]


async def test_sales_changes_refunds_and_their_undoing_are_kept_as_the_full_sum_says(shop: Shop) -> None:
    """The property over generated histories is in tests/domain/campaigns/test_counting.py; this is the real thing."""
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(200_00))
    await campaign(shop, "once", kind="limited", limit_per_customer=1)
    named = [{"source": "campaign", "id": "once", "amount": 10_00}]
    await shop.order(discounts=named)
    await shop.order("o2", lines=[a_line("l1", unit_price=50_00)], updated_at=days_ago(20))
    await assert_all_is_kept(shop)

    await shop.order("o2", lines=[a_line("l1", unit_price=70_00)], updated_at=days_ago(19))
    await shop.order("o3", status="placed", paid_at=None, delivered_at=None, payments=[])
    await shop.approved_refund(lines=units("l1"))
    await assert_all_is_kept(shop)

    await shop.approved_refund(lines=units("l1"))
    in_part = await assert_all_is_kept(shop)
    assert {(each.campaign_id, each.orders, each.returned) for each in in_part} == {
        (ALL_ORDERS, 2, 1),
        ("c9", 2, 1),
        ("once", 1, 1),
    }

    await shop.behave("ch-o2", "pending")
    waiting = await shop.until(await shop.refund("o2"), "paying_out")
    settled = await assert_all_is_kept(shop)
    async with shop.engine.begin() as connection:
        await let_go(connection, await refunds.get(connection, waiting["refund_id"], lock=True))
    assert settled != await assert_all_is_kept(shop) == in_part


async def test_a_campaign_that_covers_other_orders_than_before_is_summed_up_until_somebody_catches_up(
    shop: Shop,
) -> None:
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(200_00))
    await shop.order()
    async with kept_out(shop, LOCK):
        await campaign(shop, "c9", threshold=1_000_00, starts_at=days_ago(5), ends_at=days_ago(3))
        await campaign(shop, "new", threshold=1_000_00)

        known, shown = await kept(shop), (await shop.customer())["campaigns"]

    assert [each.campaign_id for each in known.behind] == ["c9", "new"]
    assert [(each["campaign_id"], each["spend"]) for each in shown] == [("c9", 0), ("new", 1_200_00)]
    await shop.approved_refund(lines=units("l1"))
    await assert_all_is_kept(shop)


async def test_another_name_or_threshold_leaves_what_is_kept_as_it_is(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_000_00)
    await shop.order()

    await campaign(shop, "c9", threshold=1_500_00, name="another")

    await assert_all_is_kept(shop)


async def test_what_somebody_changes_who_does_not_count_makes_the_customer_counted_anew(
    shop: Shop, stack: Stack
) -> None:
    """An earlier version that works beside this one, or a person with SQL."""
    await shop.order()
    await shop.approved_refund(lines=units("l1"))
    assert (await kept(shop)).is_up_to_date
    by_hand = create_engine(psycopg_url(stack.description.owner_database_url))
    for change in ("update orders set goods_paid = 0", "update refund_claims set amount = amount + 1"):
        with by_hand.begin() as connection:
            connection.execute(text(f"{change} where merchant_id = :merchant"), {"merchant": shop.merchant_id})
        assert not (await kept(shop)).counts_all
        async with shop.engine.begin() as caught_up:
            await customers.lock(caught_up, shop.merchant_id, shop.customer_id)
            await standings.caught_up(caught_up, shop.merchant_id, shop.customer_id)
        await assert_all_is_kept(shop)
    with by_hand.begin() as connection:
        named = "update orders set status = 'shipped' where merchant_id = :merchant"
        connection.execute(text(named), {"merchant": shop.merchant_id})
    by_hand.dispose()
    assert (await kept(shop)).counts_all


async def test_what_differs_is_told_to_operations_once_and_stays_as_it_is(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_000_00)
    await shop.order()
    await compare(shop.engine, shop.merchant_id, shop.customer_id)
    assert await told(shop) == []
    async with shop.engine.begin() as connection:
        wrong = "update campaign_standings set refunded = 1 where merchant_id = %s and campaign_id = 'c9'"
        await connection.exec_driver_sql(wrong, (shop.merchant_id,))

    await compare(shop.engine, shop.merchant_id, shop.customer_id)
    await compare(shop.engine, shop.merchant_id, shop.customer_id)

    (sentence,) = await told(shop)
    assert "lilei differs (campaign c9, CNY): kept is ¥1,200.00 less ¥0.01 of 1 orders" in sentence
    assert [each.refunded for each in (await kept(shop)).tallies] == [Money("CNY", 0), Money("CNY", 1)]


async def test_customers_are_compared_a_few_at_a_time_and_anew_after_a_day(shop: Shop) -> None:
    await shop.order()
    async with shop.engine.connect() as connection:
        today = await server_clock.now(connection)
    merchant_id, last = shop.merchant_id, ["\uffff", ""]
    async with only_here(shop):
        began = [
            await place_after(shop, {"begun_at": begun_at.isoformat(), "after": after})
            for begun_at, after in (
                (today, [merchant_id, ""]),
                (today, last),
                (today, None),
                (today - timedelta(days=2), None),
            )
        ]

    assert began[0] == {"begun_at": today.isoformat(), "after": [merchant_id, shop.customer_id]}
    assert [each["after"] for each in began[1:3]] == [None, None]
    assert began[3]["after"] is not None


@asynccontextmanager
async def only_here(shop: Shop) -> AsyncIterator[None]:
    """Keep the worker's own keeper from it meanwhile, and leave no place behind."""
    async with kept_out(shop, LOCK):
        yield
        async with shop.engine.begin() as connection:
            await keepers.note_place(connection, NAME, None)


async def place_after(shop: Shop, place: Json) -> Json:
    """Say where one customer more has brought the check."""
    async with shop.engine.begin() as connection:
        await keepers.note_place(connection, NAME, place)
    await compare_some(shop.engine, at_once=1)
    async with shop.engine.connect() as connection:
        return dict(await keepers.place_of(connection, NAME))


async def test_a_customer_who_is_not_counted_yet_is_counted_by_the_check(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_000_00)
    await shop.order()
    async with shop.engine.begin() as connection:
        uncounted = "update customers set counted_until = null where merchant_id = %s"
        await connection.exec_driver_sql(uncounted, (shop.merchant_id,))

    await compare(shop.engine, shop.merchant_id, shop.customer_id)

    await assert_all_is_kept(shop)
    assert await told(shop) == []
