"""`make statements`: how many statements a refund sends to Postgres, and how many of them are parsed anew.

Postgres is told to log every step of every statement while some refunds run, after others have warmed the
connections. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack

_STEP = re.compile(r"LOG:  duration: [\d.]+ ms  (parse|bind|execute|statement)\b[^:]*: (.*)")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench statements")
    parser.add_argument("--refunds", type=int, default=10, help="how many are counted")
    parser.add_argument("--warm", type=int, default=40, help="how many run before")
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        steps = asyncio.run(_count(stack, wanted.warm, wanted.refunds))
    print(json.dumps(_figures(steps, wanted.refunds)))
    return 0


async def _count(stack: Stack, warm: int, counted: int) -> Counter[str]:
    log, known = stack.home.logs / "postgres.log", stack.description
    async with open_http(known.api_url) as http:
        merchant = Api(http, known.keys.merchant)
        await _refunds(merchant, "warm", warm)
        await _orders(merchant, "counted", counted)
        with psycopg.connect(known.database_url, autocommit=True) as books:
            _log_everything(books, "0")
            await asyncio.sleep(1)
            begins = log.stat().st_size
            for number in range(counted):
                await _refund(merchant, f"counted-{number}")
            await asyncio.sleep(1)
            _log_everything(books, "-1")
    return _steps(log, begins)


async def _refunds(merchant: Api, name: str, count: int) -> None:
    await _orders(merchant, name, count)
    for number in range(0, count, 4):
        await asyncio.gather(*(_refund(merchant, f"{name}-{each}") for each in range(number, min(number + 4, count))))


async def _orders(merchant: Api, name: str, count: int) -> None:
    for number in range(count):
        order_id = f"{name}-{number}"
        await merchant.put(f"/v1/orders/{order_id}", an_order(f"customer-{order_id}", f"ch-{order_id}"))


async def _refund(merchant: Api, order_id: str) -> None:
    body: Json = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
    made = await merchant.post("/v1/refunds", body)
    await merchant.wait_for(made["refund_id"], {"completed"}, within_s=60)


def an_order(customer_id: str, charge_ref: str) -> Json:
    """A delivered order of one kettle."""
    return {
        "customer_id": customer_id,
        "currency": "CNY",
        "status": "delivered",
        "placed_at": "2026-11-01T08:00:00Z",
        "paid_at": "2026-11-01T08:01:00Z",
        "delivered_at": "2026-11-03T10:00:00Z",
        "lines": [{"line_id": "l1", "sku": "A-1", "name": "Kettle", "quantity": 1, "unit_price": 9_900}],
        "payments": [
            {"payment_id": "p1", "method": "card", "gateway": "sandbox", "gateway_ref": charge_ref, "amount": 9_900}
        ],
    }


def _log_everything(books: psycopg.Connection[Any], above_ms: str) -> None:
    books.execute(f"alter system set log_min_duration_statement = {above_ms}".encode())
    books.execute("select pg_reload_conf()")


def _steps(log: Path, begins: int) -> Counter[str]:
    """Count the steps that were logged; the background's and our own are few and counted with them."""
    steps: Counter[str] = Counter()
    with log.open(errors="replace") as written:
        written.seek(begins)
        for line in written:
            if found := _STEP.search(line):
                step, statement = found[1], found[2].strip()
                steps[step] += 1
                steps[f"{step} {statement.split(' ')[0].upper().rstrip(';')}"] += 1
    return steps


def _figures(steps: Counter[str], refunds: int) -> Json:
    """`executions` by the extended protocol can be prepared; `plain` ones, like BEGIN and the ping, can't."""
    return {
        "refunds": refunds,
        "executions_per_refund": round(steps["execute"] / refunds, 1),
        "parses_per_refund": round(steps["parse"] / refunds, 1),
        "plain_per_refund": round(steps["statement"] / refunds, 1),
        "rollbacks_per_refund": round(steps["statement ROLLBACK"] / refunds, 1),
    }
