"""`make reconcile`: a settlement report of 100,000 lines is read against as many payouts, and 50 planted differences.

Real refunds are made over HTTP, then copied in the database as often as asked for; the copies differ in nothing but
their names, and that they are of some weeks ago, as the report is. Every difference has to be found, and nothing else.
The last line is one JSON object: `seconds` from sending to read, `peak_mb` what the worker that read it had in memory
at most, `mb_before` what any had until then.
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import open_engine
from domain import clock
from proof.bench.machine import program, used_s
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_ORIGINALS = 20
_EACH = 10
_AT_ONCE = 100
"""So many copies of each in a transaction: it holds a lock for each payment until its end."""

_PATIENCE_S = 600.0

_DAYS_AGO = 40
"""Further back than workers by themselves compare our books with the provider's, which has none of the copies."""

# An original's order has no hyphen in its name.
_COPIES = (
    """
insert into orders
select copy.* from orders whole, generate_series(cast(:first as integer), :last) n,
    lateral jsonb_populate_record(whole, jsonb_build_object('order_id', whole.order_id || '-' || n)) copy
where whole.order_id not like '%-%'
""",
    """
insert into refunds
select copy.* from refunds whole, generate_series(cast(:first as integer), :last) n,
    lateral jsonb_populate_record(whole,
    jsonb_build_object('refund_id', whole.refund_id || '-' || n, 'order_id', whole.order_id || '-' || n,
        'settled_at', whole.settled_at - make_interval(days => :days_ago))) copy
where whole.order_id not like '%-%'
""",
    """
insert into payouts
select copy.* from payouts whole, generate_series(cast(:first as integer), :last) n,
    lateral jsonb_populate_record(whole,
    jsonb_build_object('refund_id', whole.refund_id || '-' || n, 'order_id', whole.order_id || '-' || n,
        'key', whole.key || '-' || n, 'gateway_ref', whole.gateway_ref || '-' || n,
        'updated_at', whole.updated_at - make_interval(days => :days_ago))) copy
where whole.order_id not like '%-%'
""",
    """
with whole as (
    select * from ledger_entries where order_id not like '%-%'
), made as (
    insert into ledger_entries (merchant_id, key, number, order_id, refund_id, note, at)
    select merchant_id, key || '-' || n, number, order_id || '-' || n, refund_id || '-' || n, note, at
    from whole, generate_series(cast(:first as integer), :last) n
    returning entry_id, key, number, order_id
)
insert into postings (entry_id, account, owner, unit, merchant_id, amount)
select made.entry_id, account, replace(owner, whole.order_id, made.order_id), unit, postings.merchant_id, amount
from made join whole on whole.key = regexp_replace(made.key, '-[0-9]+$', '') and whole.number = made.number
join postings on postings.entry_id = whole.entry_id
""",
)


@dataclass(frozen=True, slots=True)
class _Paid:
    reference: str
    amount: int


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench reconcile")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted.lines, random.Random(wanted.seed)))  # noqa: S311 - dice, no secret
    print(json.dumps(figures))
    return 0 if figures["as_planted"] else 1


async def _measure(description: StackDescription, lines: int, dice: random.Random) -> Json:
    paid = await _paid(description, lines)
    report, planted = _report(paid, dice)
    packed = gzip.compress(report, compresslevel=1)
    before_mb = _largest_worker_mb()
    async with open_http(description.api_url, answer_within_s=60.0) as http:
        started, used = time.perf_counter(), used_s(os.getpid())
        told, peak_mb = await _read(http, description.keys.ops, packed)
        seconds = time.perf_counter() - started
        used = used_s(os.getpid()) - used
    return {
        "lines": told["lines"],
        "matched": told["matched"],
        **told["differences"],
        "planted": sum(planted.values()),
        "as_planted": told["differences"] == planted,
        "seconds": round(seconds, 1),
        "cpu_s": {name: round(used[name], 1) for name in ("worker", "postgres", "api")},
        "mb_before": round(before_mb),
        "peak_mb": round(peak_mb),
        "report_mb": round(len(report) / 2**20, 1),
    }


async def _paid(stack: StackDescription, wanted: int) -> list[_Paid]:
    """Have so many payouts, and name them as the provider does, in random order."""
    engine = open_engine(stack.owner_database_url, statement_s=_PATIENCE_S)
    async with open_http(stack.api_url) as http:
        await _make_originals(Api(http, stack.keys.merchant), Api(http, stack.keys.ops))
    for first in range(1, wanted // _ORIGINALS + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, wanted // _ORIGINALS)
        numbers = {"first": first, "last": last, "days_ago": _DAYS_AGO}
        async with engine.begin() as connection:
            for statement in _COPIES:
                await connection.execute(text(statement), numbers)
        if (first - 1) % (10 * _AT_ONCE) == 0:  # without it foreign keys are looked up by reading whole tables
            async with engine.begin() as connection:
                await _analyze(connection)
    async with engine.connect() as connection:
        of_copies = "select gateway_ref, amount from payouts where order_id like '%-%' order by md5(key)"
        rows = await connection.execute(text(of_copies))
        paid = [_Paid(row.gateway_ref, row.amount) for row in rows]
    await engine.dispose()
    return paid


async def _analyze(connection: AsyncConnection) -> None:
    for table in ("orders", "refunds", "payouts", "ledger_entries", "postings"):
        await connection.execute(text(f"analyze {table}"))


async def _make_originals(merchant: Api, ops: Api) -> None:
    await ops.put("/v1/policy", {"auto_approve": {"max_amount": 10**12, "max_risk": 100}})
    for number in range(_ORIGINALS):
        amount = 1_000 + number
        await merchant.put(f"/v1/orders/o{number}", _order(number, amount))
        asked = {"order_id": f"o{number}", "reason": "quality_issue", "kind": "refund_only"}
        refund = await merchant.post("/v1/refunds", asked)
        await merchant.wait_for(refund["refund_id"], {"completed"}, within_s=_PATIENCE_S)


def _order(number: int, amount: int) -> Json:
    now = clock.now().isoformat()
    payment = {"payment_id": "p1", "method": "card", "gateway": "sandbox", "gateway_ref": f"ch{number}"}
    return {
        "customer_id": f"c{number}",
        "currency": "CNY",
        "status": "delivered",
        "placed_at": now,
        "paid_at": now,
        "delivered_at": now,
        "lines": [{"line_id": "l1", "sku": "sku-1", "quantity": 1, "unit_price": amount}],
        "payments": [{**payment, "amount": amount}],
    }


def _report(paid: list[_Paid], dice: random.Random) -> tuple[bytes, dict[str, int]]:
    """Write a report of all that was paid, with ten differences of each of five kinds; tell what is to be found.

    Missing there; another amount or currency; paid twice; a line that stands there twice; missing here.
    """
    lines = [_line(each.reference, each.amount) for each in paid]
    some = dice.sample(range(1, len(lines) - 1), 4 * _EACH)
    lost, less, twice, repeated = (set(some[n * _EACH : (n + 1) * _EACH]) for n in range(4))
    for number, each in enumerate(sorted(less)):  # half of them another amount, half another currency
        odd = number % 2
        lines[each] = _line(paid[each].reference, paid[each].amount - odd, currency="cny" if odd else "usd")
    lines += [_line(paid[each].reference, paid[each].amount, movement="again") for each in twice]
    lines += [lines[each] for each in repeated]
    lines += [_line(f"re_dashboard_{number}", 5_00) for number in range(_EACH)]
    kept = [line for number, line in enumerate(lines) if number not in lost]
    dice.shuffle(kept)
    began = int((clock.now() - timedelta(days=_DAYS_AGO)).timestamp()) - 3_600
    timed = ({**line, "created": began + 3_600 * number // (len(kept) - 1)} for number, line in enumerate(kept))
    planted = {
        "missing_here": _EACH,
        "missing_there": _EACH,
        "different": _EACH,
        "double": 2 * _EACH,
        "failed_there": 0,
    }
    return b"".join(json.dumps(each).encode() + b"\n" for each in timed), planted


def _line(reference: str, amount: int, movement: str = "txn", currency: str = "cny") -> Json:
    source = {"id": reference, "object": "refund", "amount": amount, "currency": currency, "metadata": {}}
    return {
        "id": f"{movement}_{reference}",
        "type": "refund",
        "status": "available",
        "amount": -amount,
        "source": source,
    }


async def _read(http: httpx.AsyncClient, key: str, report: bytes) -> tuple[Json, float]:
    """Send a report and wait until it is read; tell what came of it, and the most that a worker had in memory."""
    headers = {"Authorization": f"Bearer {key}"}
    asked = {"gateway": "sandbox", "format": "stripe", "name": "bench.jsonl"}
    peak = 0.0
    async with asyncio.timeout(_PATIENCE_S):
        sent = await _known(lambda: http.post("/v1/settlement-reports", params=asked, content=report, headers=headers))
        while True:
            peak = max(peak, _largest_worker_mb())
            told = await _known(lambda: http.get(f"/v1/settlement-reports/{sent['report_id']}", headers=headers))
            if told["status"] != "accepted":
                return told, peak
            await asyncio.sleep(0.5)


async def _known(ask: Callable[[], Awaitable[httpx.Response]]) -> Json:
    """Ask until it is answered: a busy machine says 503, and the same report is one however often it is sent."""
    while True:
        answer = await ask()
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            known: Json = answer.raise_for_status().json()
            return known
        await asyncio.sleep(1)


def _largest_worker_mb() -> float:
    processes = psutil.Process().children(recursive=True)
    return max((_peak_mb(each.pid) for each in processes if program(each.pid) == "worker"), default=0.0)


def _peak_mb(pid: int) -> float:
    """The most that a process has ever had in memory, as the kernel counts it: no look comes too late for that."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / 1e6
