"""How refunds and workers are, as Prometheus reads it."""

import asyncio

from db.gauges import Gauges, gauges
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import waiting_for_help


async def metrics(shop: Shop) -> dict[str, float]:
    answer = await shop.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(figure) for name, _, figure in (line.rpartition(" ") for line in lines)}


async def test_refunds_are_counted_by_status(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    await shop.order("o2")
    await shop.until(await shop.refund("o2", reason="changed_mind"), "in_review")

    async with shop.engine.connect() as connection:
        counted = await gauges(connection, shop.merchant_id)
    shown = await metrics(shop)

    assert counted == Gauges(
        open={"in_review": 1}, ended={"completed": 1}, asking=0, longest_asking_s=0.0, waiting_for_balance={}
    )
    assert shown['makewhole_refunds_open{status="in_review"}'] >= 1
    assert shown['makewhole_refunds_ended_last_day{status="completed"}'] >= 1


async def test_who_asks_for_help_is_counted_with_how_long_it_has_waited(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order()
    refund = await waiting_for_help(shop)
    async with shop.engine.begin() as connection:  # asked an hour ago, and once more since then
        await connection.exec_driver_sql(
            "update refund_events set at = at - interval '1 hour' where refund_id = %s and event = 'needs_attention'",
            (refund["refund_id"],),
        )

    async with shop.engine.connect() as connection:
        counted = await gauges(connection, shop.merchant_id)
    shown = await metrics(shop)

    assert (counted.asking, counted.longest_asking_s >= 3_600) == (1, True)
    assert shown["makewhole_refunds_needing_attention"] >= 1
    assert shown["makewhole_needs_attention_oldest_seconds"] >= counted.longest_asking_s


async def test_when_the_workers_sweeps_last_came_round_is_told(shop: Shop) -> None:
    expected = {f'makewhole_keeper_age_seconds{{keeper="{name}"}}' for name in ("start_forgotten", "seal_audit_trails")}

    async with asyncio.timeout(IN_TIME_S):
        while True:
            if expected <= (await metrics(shop)).keys():
                return
            await asyncio.sleep(0.5)
