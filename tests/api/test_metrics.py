"""How refunds and workers are, as Prometheus reads it."""

import asyncio
import re
import secrets
from pathlib import Path

import httpx
from fastapi import FastAPI

from api import exposition
from api.app import make_app
from api.deadline import Deadlines
from api.figures import KEPT_S, WatchedFigures
from db.api_keys import Role
from db.engine import open_engine, snapshots
from db.gauges import Gauges, gauges
from service.vault import Vault
from tests.shop import IN_TIME_S, METRICS_TOKEN, Shop
from tests.upkeep.scenes import waiting_for_help
from tools.stack.stack import Stack

MANUAL = Path(__file__).parents[2] / "docs" / "operations.md"


async def test_refunds_are_counted_by_status_and_payouts_by_what_became_of_them(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    await shop.order("o2")
    await shop.until_judged(await shop.refund("o2", reason="changed_mind"))

    async with shop.engine.connect() as connection:
        counted = await gauges(connection, shop.merchant_id)

    assert counted == Gauges(
        open={"in_review": 1},
        ended={"completed": 1},
        asking=0,
        longest_asking_s=0.0,
        waiting_for_balance={},
        overdue={"review": 0, "receipt": 0, "inspection": 0},
        payouts={("sandbox", "succeeded"): 1},
    )
    await shop.until_watched(
        lambda shown: (
            shown['makewhole_refunds_open{status="in_review"}'] >= 1
            and shown['makewhole_refunds_ended_last_day{status="completed"}'] >= 1
            and shown.get('makewhole_payouts_last_hour{gateway="sandbox",outcome="succeeded"}', 0) >= 1
        )
    )


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

    assert (counted.asking, counted.longest_asking_s >= 3_600) == (1, True)
    await shop.until_watched(
        lambda shown: (
            shown["makewhole_refunds_needing_attention"] >= 1
            and shown["makewhole_needs_attention_oldest_seconds"] >= counted.longest_asking_s
        )
    )


async def test_who_waits_for_a_worker_is_counted_with_how_long_until_one_begins(shop: Shop) -> None:
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))
    async with shop.engine.connect() as connection:  # as if no worker had come to it for an hour; given up afterwards
        begun = await gauges(connection, shop.merchant_id)
        await connection.exec_driver_sql(
            "update refunds set risk = null, created_at = created_at - interval '1 hour' where refund_id = %s",
            (refund["refund_id"],),
        )
        waits = await gauges(connection, shop.merchant_id)

    assert (begun.not_begun, begun.longest_not_begun_s) == (0, 0.0)
    assert (waits.not_begun, waits.longest_not_begun_s >= 3_600) == (1, True)
    shown = await shop.metrics()
    assert {"makewhole_refunds_not_begun", "makewhole_not_begun_oldest_seconds"} <= shown.keys()


async def test_whom_the_time_is_up_for_is_counted_by_what_it_was_for(shop: Shop) -> None:
    await shop.policy(auto_approve={}, review_sla="PT1S")
    await shop.order()
    await shop.until(await shop.refund(), "needs_attention")

    async with shop.engine.connect() as connection:
        counted = await gauges(connection, shop.merchant_id)

    assert counted.overdue == {"review": 1, "receipt": 0, "inspection": 0}


async def test_when_the_workers_sweeps_last_came_round_is_told(shop: Shop) -> None:
    names = ("start_forgotten", "seal_audit_trails", "tally_refunds")
    expected = {f'makewhole_keeper_age_seconds{{keeper="{name}"}}' for name in names}

    await shop.until_watched(lambda shown: expected <= shown.keys())


async def test_requests_are_counted_by_route_and_never_by_path(shop: Shop) -> None:
    await shop.http.get("/v1/refunds/rf_nobody", headers={"Authorization": f"Bearer {shop.keys[Role.OPS]}"})
    await shop.http.get("/v1/nothing/rf_nobody")

    shown = await shop.metrics()

    assert shown['makewhole_http_requests_total{method="GET",route="/v1/refunds/{refund_id}",status="404"}'] >= 1
    assert shown['makewhole_http_request_seconds_count{method="GET",route="/v1/refunds/{refund_id}"}'] >= 1
    assert shown['makewhole_http_requests_total{method="GET",route="other",status="404"}'] >= 1
    assert not [name for name in shown if "rf_nobody" in name or shop.merchant_id in name]


async def test_metrics_are_for_who_sends_the_token(shop: Shop) -> None:
    answers = [
        await shop.http.get("/metrics", headers={"Authorization": said} if said else {})
        for said in ("", METRICS_TOKEN, "Bearer", f"Bearer {shop.keys[Role.OPS]}", f"Bearer {METRICS_TOKEN}")
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 200]


async def test_the_database_is_read_once_however_many_ask_and_again_when_that_is_old(stack: Stack) -> None:
    engine, clock = open_engine(stack.description.owner_database_url, pool_size=1), [0.0]
    figures = WatchedFigures(snapshots(engine), lambda: clock[0])

    first, again = await figures.read(), await figures.read()
    clock[0] += KEPT_S
    later = await figures.read()
    await engine.dispose()

    assert again is first
    assert later is not first


async def test_of_two_processes_each_counts_its_requests_and_both_tell_the_same_of_all_refunds(
    shop: Shop, stack: Stack
) -> None:
    several = [a_process(shop, stack.description.owner_database_url) for _ in range(2)]

    await asked(several[0], "/healthz")
    async with asyncio.timeout(IN_TIME_S):
        while True:  # others' refunds move between the two questions, and may be the first of their kind
            one, other = [await asked(each, "/metrics") for each in several]
            if of_all(one) == of_all(other):
                break
            await asyncio.sleep(KEPT_S)

    alive = 'makewhole_http_requests_total{method="GET",route="/healthz",status="200"}'
    assert (alive in one, alive in other) == (True, False)
    assert len(of_all(one)) > len(OF_ALL)
    assert one[DATABASE] == other[DATABASE] == 1


async def test_while_the_database_does_not_answer_a_process_still_tells_how_it_is_itself(shop: Shop) -> None:
    shown = await asked(a_process(shop, "postgresql://nobody@127.0.0.1:1/nothing"), "/metrics")

    assert shown[DATABASE] == 0
    assert shown["process_resident_memory_bytes"] > 0


async def test_every_metric_is_in_the_manual(shop: Shop) -> None:
    manual = MANUAL.read_text(encoding="utf-8")

    shown = await shop.metrics()

    names = {re.sub(r"_(bucket|sum|count|created)$", "", name.partition("{")[0]) for name in shown}
    ours = {name for name in names if name.startswith("makewhole_")}
    assert {name for name in ours if f"`{name}" not in manual} == set()


OF_ALL = ("makewhole_refunds_", "makewhole_refund_", "makewhole_payouts_", "makewhole_webhook", "makewhole_sla_")
DATABASE = exposition.OF_THE_DATABASE


def of_all(shown: dict[str, float]) -> set[str]:
    return {each for each in shown if each.startswith(OF_ALL)}


def a_process(shop: Shop, database_url: str) -> FastAPI:
    engine = open_engine(database_url, pool_size=1)
    return make_app(engine, shop.temporal, {}, Vault({"k": secrets.token_bytes(32)}), Deadlines(30.0))


async def asked(app: FastAPI, path: str) -> dict[str, float]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as http:
        answer = await http.get(path)
    lines = [line for line in answer.text.splitlines() if line.startswith(("makewhole_", "process_"))]
    return {name: float(figure) for name, _, figure in (line.rpartition(" ") for line in lines)}
