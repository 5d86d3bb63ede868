"""`make what-if`: how long it takes to ask what 10,000 past refunds would have come to under another policy.

Real refunds are made over HTTP, then copied in the database until there are as many as asked for; the copies differ
in nothing but their names. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import open_engine
from domain import clock
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_ORIGINALS = 20
_DRAFT: Json = {"promotion_refund": "reprice", "earned_points": "keep"}

_COPY_ORDERS = """
insert into orders
select copy.* from orders whole, generate_series(2, :copies) n,
       lateral jsonb_populate_record(whole, jsonb_build_object('order_id', whole.order_id || '-' || n)) copy
"""
_COPY_REFUNDS = """
insert into refunds
select copy.* from refunds whole, generate_series(2, :copies) n,
       lateral jsonb_populate_record(
           whole, jsonb_build_object('refund_id', whole.refund_id || '-' || n, 'order_id', whole.order_id || '-' || n)
       ) copy
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools what-if")
    parser.add_argument("--refunds", type=int, default=10_000)
    wanted = parser.parse_args(arguments).refunds
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted))
    print(json.dumps(figures))
    return 0


async def _measure(stack: StackDescription, wanted: int) -> dict[str, Any]:
    engine = open_engine(stack.owner_database_url)
    async with open_http(stack.api_url) as http:
        await _make_originals(Api(http, stack.keys.merchant), Api(http, stack.keys.ops))
        await _copy(engine, wanted)
        headers = {"Authorization": f"Bearer {stack.keys.ops}"}
        figures = await _ask(http, headers)
    await engine.dispose()
    return figures


async def _make_originals(merchant: Api, ops: Api) -> None:
    """Orders of four lines with a promotion, a coupon and points, each refunded in part."""
    await ops.put("/v1/policy", {"auto_approve": {"max_amount": 10**9, "max_risk": 100}})
    for number in range(_ORIGINALS):
        await merchant.put(f"/v1/orders/o{number}", _order(number))
        lines = [{"line_id": "l1", "quantity": 1}, {"line_id": "l2", "quantity": 1}]
        body = {"order_id": f"o{number}", "reason": "quality_issue", "kind": "refund_only", "lines": lines}
        refund = await merchant.post("/v1/refunds", body)
        await merchant.wait_for(refund["refund_id"], {"completed"}, within_s=60)


def _order(number: int) -> Json:
    lines = [
        {"line_id": f"l{place}", "sku": f"sku-{place}", "quantity": place, "unit_price": 1_000 * place + number}
        for place in range(1, 5)
    ]
    goods = sum(1_000 * place * place + number * place for place in range(1, 5))
    discounts = [
        {"source": "campaign", "id": "save", "amount": 1_000, "minimum_spend": goods},
        {"source": "coupon", "id": f"cpn-{number}", "amount": 500},
        {"source": "points", "points": 200, "amount": 200},
    ]
    return {
        "customer_id": f"c{number}",
        "currency": "CNY",
        "status": "delivered",
        "placed_at": _days_ago(3),
        "paid_at": _days_ago(3),
        "delivered_at": _days_ago(1),
        "lines": lines,
        "discounts": discounts,
        "payments": [
            {
                "payment_id": "p1",
                "method": "card",
                "gateway": "sandbox",
                "gateway_ref": f"ch-{number}",
                "amount": goods - 1_700,
            }
        ],
        "points_earned": 100,
    }


def _days_ago(days: int) -> str:
    return (clock.now() - timedelta(days=days)).isoformat()


async def _copy(engine: AsyncEngine, wanted: int) -> None:
    copies = {"copies": wanted // _ORIGINALS}
    async with engine.begin() as connection:
        await connection.execute(text(_COPY_ORDERS), copies)
        await connection.execute(text(_COPY_REFUNDS), copies)


async def _ask(http: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    started, first_line_s, lines = time.perf_counter(), 0.0, 0
    summary: Json = {}
    async with http.stream(
        "POST", "/v1/policy/simulation", json={"policy": _DRAFT}, headers=headers, timeout=300
    ) as answer:
        async for line in answer.aiter_lines():
            first_line_s = first_line_s or time.perf_counter() - started
            lines += 1
            summary = json.loads(line)
    seconds = time.perf_counter() - started
    return {
        "refunds": summary["refunds"],
        "different": summary["different"],
        "first_line_s": round(first_line_s, 3),
        "seconds": round(seconds, 2),
        "refunds_per_s": round(summary["refunds"] / seconds),
    }
