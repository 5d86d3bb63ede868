"""Whatever dies, the refund goes on: nothing is lost and nothing is paid twice."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop, a_line
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from tools.stack.stack import Stack


async def several_refunds(shop: Shop, count: int) -> list[Json]:
    """Refunds of one unit each, all of the same order, all in flight."""
    await shop.order(lines=[a_line("l1", quantity=count, unit_price=1_000)], points_earned=100 * count)
    one = [{"line_id": "l1", "quantity": 1}]
    return list(await asyncio.gather(*(shop.refund(lines=one) for _ in range(count))))


@pytest.mark.parametrize("victim", ["worker", "api", "temporal", "postgres"])
async def test_a_part_that_is_killed_in_the_middle_costs_time_and_nothing_else(
    shop: Shop, stack: Stack, victim: str
) -> None:
    refunds = await several_refunds(shop, 6)

    stack.kill(victim)
    done = [await shop.until(refund, "completed") for refund in refunds]

    assert sum(each["total"] for each in done) == 6_000
    assert sum(amount for _, amount, _ in await gateway_refunds(shop)) == 6_000
    assert len(await gateway_refunds(shop)) == 6
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_refund_that_was_stored_but_never_started_is_started_by_the_worker(shop: Shop, stack: Stack) -> None:
    await shop.order()
    stack.kill("temporal")
    path, body = "/v1/refunds", {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    answer = await shop.raw(Role.MERCHANT, "POST", path, json=body)
    done = await shop.until(answer.json(), "completed")

    assert answer.status_code == 202 and done["total"] == 120_000


async def test_an_approval_is_not_lost_when_the_worker_is_dead(shop: Shop, stack: Stack) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    stack.kill("worker")

    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    done = await shop.merchant.wait_for(refund["refund_id"], ["completed"], within_s=IN_TIME_S)

    assert [event["event"] for event in done["timeline"]].count("approved") == 1


@contextmanager
def frozen(backend: int) -> Iterator[None]:
    """Stop the PostgreSQL that this process is of, its other processes too: connections stay and nothing answers."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    server = parents[backend]
    processes = [server, *(pid for pid, parent in parents.items() if parent == server)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


async def test_while_postgres_is_frozen_everyone_is_answered_and_then_all_goes_on(shop: Shop) -> None:
    await shop.order("o2")
    path, body = "/v1/refunds", {"order_id": "o2", "reason": "quality_issue", "kind": "refund_only"}
    async with shop.engine.connect() as connection:
        backend = (await connection.exec_driver_sql("select pg_backend_pid()")).scalar_one()
    refunds = await several_refunds(shop, 4)

    with frozen(backend):
        answer = await shop.raw(Role.MERCHANT, "POST", path, json=body, headers={"Idempotency-Key": "frozen"})
    late = await shop.merchant.post(path, body, key="frozen")
    done = [await shop.until(refund, "completed") for refund in (*refunds, late)]

    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert [each["total"] for each in done] == [1_000, 1_000, 1_000, 1_000, 120_000]
    assert len(await gateway_refunds(shop)) == 5
