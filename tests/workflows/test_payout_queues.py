"""Workers split by task queue: a provider is asked on its own, within its rate cap, and holds up nobody else's."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from db import sealing
from db.engine import open_engine
from tests.conftest import settings_at
from tests.machines.builds import build
from tests.shop import IN_TIME_S, Shop, a_payment, open_shop
from tests.tools.stack.helpers import fresh_home
from tools.client import Json
from tools.stack import ports
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect

REPOSITORY = Path(__file__).parents[2]
AN_HOUR_OF_A_SECOND = ("workflows/retries.py", "timedelta(hours=1), _THEIRS)", "timedelta(seconds=1), _THEIRS)")
HARDLY_EVER = "sandbox=0.002"
"""A rate cap that lets the worker of the refunds ask at once a single time in a thousand seconds."""


@dataclass
class SilentProvider:
    """A server that takes every connection and never says a word; `most` is how many it had at once."""

    open: int = 0
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._came:
            self.open += 1
            self._came.notify_all()
        try:
            while await reader.read(65_536):
                pass
        finally:
            self.open -= 1
            writer.close()

    async def until_waited_for_by(self, count: int) -> None:
        async with asyncio.timeout(IN_TIME_S), self._came:
            await self._came.wait_for(lambda: self.open >= count)


@dataclass(frozen=True)
class Split:
    """A stack whose own worker serves the refunds alone, and where it tells its metrics."""

    stack: Stack
    metrics_url: str
    silent_port: int

    @asynccontextmanager
    async def worker(self, *queues: str, caps: str = "sandbox=none") -> AsyncIterator[Process]:
        told = {
            **self.stack.told_to_workers,
            "MAKEWHOLE_TASK_QUEUES": " ".join(queues),
            "MAKEWHOLE_PAYOUTS_A_SECOND": caps,
            "MAKEWHOLE_METRICS_ADDRESS": "",
        }
        started = await asyncio.create_subprocess_exec(sys.executable, "worker.py", cwd=REPOSITORY, env=told)
        try:
            yield started
        finally:
            if started.returncode is None:
                started.terminate()
            await asyncio.wait_for(started.wait(), IN_TIME_S)

    async def until_told(self, *lines: str) -> None:
        """Wait until the worker of the refunds tells each of these, whatever labels a metric has beside."""
        async with asyncio.timeout(IN_TIME_S), httpx.AsyncClient(trust_env=False) as http:
            while True:
                told = (await http.get(self.metrics_url)).text.splitlines()
                if all(any(is_said(line, each) for each in told) for line in lines):
                    return
                await asyncio.sleep(0.5)


def is_said(line: str, told: str) -> bool:
    name, value = line.split()
    return told.startswith(f"{name}{{") and 'provider="sandbox"' in told and told.split()[-1] == value


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    with fresh_home(tmp_path_factory.mktemp("split")) as home:
        settings, port, metrics = settings_at(home), ports.any_free(), f"127.0.0.1:{ports.any_free()}"
        told = {
            **settings.environment,
            "MAKEWHOLE_TASK_QUEUES": "refunds",
            "MAKEWHOLE_PAYOUTS_A_SECOND": HARDLY_EVER,
            "MAKEWHOLE_METRICS_ADDRESS": metrics,
            "MAKEWHOLE_GATEWAY_ADDRESSES": f"http://127.0.0.1:{port}",
        }
        with Stack(replace(settings, workers=1, environment=told)) as running, sealing.using(running.ring):
            yield Split(running, f"http://{metrics}/metrics", port)


@pytest.fixture(scope="module")
async def temporal_of_split(split: Split) -> Client:
    return await connect(split.stack.description)


@pytest.fixture(scope="module")
async def engine_of_split(split: Split) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(split.stack.description.owner_database_url, pool_size=3)
    yield engine
    await engine.dispose()


@pytest.fixture
async def split_shop(split: Split, engine_of_split: AsyncEngine, temporal_of_split: Client) -> AsyncIterator[Shop]:
    """A shop whose refunds are not asked for at once any more: somebody has had the one that the cap leaves."""
    async with httpx.AsyncClient(base_url=split.stack.description.api_url, trust_env=False, timeout=IN_TIME_S) as http:
        async with engine_of_split.begin() as connection:
            had = text("""
                insert into rate_counts (quota, subject, count, ends_at)
                values ('asked_at_once', 'sandbox', 1, now() + interval '1 hour')
                on conflict (quota, subject) do update set count = 1, ends_at = excluded.ends_at
            """)
            await connection.execute(had)
        yield await open_shop(http, engine_of_split, temporal_of_split)


async def queues_of(shop: Shop, refund: Json) -> dict[str, str]:
    """On which task queue each durable activity of a refund was put."""
    history = await shop.workflow(refund).fetch_history()
    kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    put = [each.activity_task_scheduled_event_attributes for each in history.events if each.event_type == kind]
    return {each.activity_type.name: each.task_queue.name for each in put}


async def queue_that_has(shop: Shop, refund: Json) -> set[str]:
    """Wait until a durable activity of a refund is put on a task queue: what is asked at once is on none."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if put := await queues_of(shop, refund):
                return {*put.values()}
            await asyncio.sleep(0.1)


async def at_the_sandbox(shop: Shop) -> list[tuple[str, int]]:
    query = text("select charge_ref, amount from sandbox.refunds where merchant_id = :merchant order by at")
    async with shop.engine.connect() as connection:
        rows = await connection.execute(query, {"merchant": shop.merchant_id})
        return [(row.charge_ref, row.amount) for row in rows]


async def until_paid_there(shop: Shop, charge_ref: str) -> None:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if (charge_ref, 120_000) in await at_the_sandbox(shop):
                return
            await asyncio.sleep(0.02)


async def test_a_payout_whose_queue_nobody_serves_is_seen_and_goes_on_when_a_worker_comes(
    split: Split, split_shop: Shop
) -> None:
    """It stands first here: for five minutes Temporal remembers who has served a queue."""
    await split_shop.order()
    refund = await split_shop.until(await split_shop.refund(), "paying_out")

    await split.until_told("makewhole_payout_queue_waiting 1", "makewhole_payout_queue_workers 0")
    log = (split.stack.home.logs / "worker.log").read_text(encoding="utf-8")
    assert "1 payouts wait on the task queue 'payouts-sandbox', and no worker serves it" in log
    assert await at_the_sandbox(split_shop) == [], "nobody else asks in its place"

    async with split.worker("payouts-sandbox"):
        await split_shop.until(refund, "completed")
        await split.until_told("makewhole_payout_queue_waiting 0", "makewhole_payout_queue_workers 1")
    assert await queues_of(split_shop, refund) == {"pay_out": "payouts-sandbox"}
    assert await at_the_sandbox(split_shop) == [("ch-o1", 120_000)]


async def test_after_an_hour_without_a_worker_a_person_is_asked_who_has_it_tried_again(
    split: Split, split_shop: Shop, tmp_path: Path
) -> None:
    short = build(split.stack, "", tmp_path / "short", AN_HOUR_OF_A_SECOND)
    await split_shop.order()
    with split.stack.held("worker"):
        async with short.worker():
            refund = await split_shop.refund()
            waiting = await split_shop.until_noticed(refund)
    assert waiting["needs_attention"]["reason"] == "p1: no worker has taken it in time"
    assert await at_the_sandbox(split_shop) == []

    async with split.worker("payouts"):
        path = f"/v1/refunds/{refund['refund_id']}/resolution"
        await split_shop.ops.post(path, {"step": "pay_out", "action": "retry", "note": "a worker is back"})
        await split_shop.until(refund, "completed")
    assert await at_the_sandbox(split_shop) == [("ch-o1", 120_000)]


async def test_a_worker_killed_while_it_asks_loses_nothing_and_the_next_pays_nothing_twice(
    split: Split, split_shop: Shop
) -> None:
    orders = [f"o{number}" for number in range(1, 6)]
    asked: list[Json] = []
    for order_id in orders:  # on a slow machine a kill may come when the answer is noted already
        await split_shop.order(order_id)
        await split_shop.behave(f"ch-{order_id}", "answer_late")
        async with split.worker("payouts") as asking:
            asked.append(await split_shop.refund(order_id))
            await until_paid_there(split_shop, f"ch-{order_id}")
            asking.kill()
            await asking.wait()
        now = await split_shop.merchant.get(f"/v1/refunds/{asked[-1]['refund_id']}")
        if now["status"] == "paying_out":
            break
    assert now["status"] == "paying_out", "it was killed before it could note the answer"

    async with split.worker("payouts"):
        done = [await split_shop.until(refund, "completed") for refund in asked]

    assert [each["status"] for refund in done for each in refund["payouts"]] == ["succeeded"] * len(asked)
    assert await at_the_sandbox(split_shop) == [(f"ch-{each}", 120_000) for each in orders[: len(asked)]]


async def test_many_workers_of_a_queue_ask_together_no_faster_than_its_cap(split: Split, split_shop: Shop) -> None:
    """Half of two a second is the queue's: of six refunds the last waits for four seconds at least, or for three."""
    for number in range(6):
        await split_shop.order(f"o{number}")
    async with split.worker("payouts", caps="sandbox=2"), split.worker("payouts", caps="sandbox=2"):
        begun = [await split_shop.refund(f"o{number}") for number in range(6)]
        for refund in begun:
            await split_shop.until(refund, "completed")

    query = text("select extract(epoch from max(at) - min(at)) from sandbox.refunds where merchant_id = :merchant")
    async with split_shop.engine.connect() as connection:
        took_s = (await connection.execute(query, {"merchant": split_shop.merchant_id})).scalar_one()
    assert len(await at_the_sandbox(split_shop)) == 6
    assert took_s >= 3


async def test_a_provider_that_never_answers_holds_up_no_other(split: Split, split_shop: Shop) -> None:
    silent = SilentProvider()
    server = await asyncio.start_server(silent.take, "127.0.0.1", split.silent_port)
    kept = {"api_key": "sk_test_silent", "webhook_secrets": "whsec_silent"}
    body = {"adapter": "stripe", "base_address": f"http://127.0.0.1:{split.silent_port}", "secrets": kept}
    await split_shop.owner.put("/v1/gateways/stripe", body)
    async with server, split.worker("payouts", caps="sandbox=none stripe=none"):
        hanging = await asyncio.gather(*(refund_at_stripe(split_shop, number) for number in range(30)))
        for each in hanging:
            await split_shop.until(each, "paying_out")
        await silent.until_waited_for_by(10)

        await split_shop.order("paid")
        paid = await split_shop.approved_refund("paid")

        statuses = {(await split_shop.merchant.get(f"/v1/refunds/{each['refund_id']}"))["status"] for each in hanging}
        assert statuses == {"paying_out"}
        assert await queues_of(split_shop, paid) == {"pay_out": "payouts-sandbox"}
        assert await queue_that_has(split_shop, hanging[0]) == {"payouts-stripe"}


async def refund_at_stripe(shop: Shop, number: int) -> Json:
    payment = {**a_payment("p1", 120_000, f"ch_{number}"), "gateway": "stripe"}
    await shop.order(f"hangs-{number}", customer_id=f"customer-{number}", payments=[payment])
    return await shop.refund(f"hangs-{number}")
