"""`make statements`: how many statements a plain refund sends to Postgres, and how many of them are parsed anew.

Some refunds run first and warm the connections; those after them are counted. Postgres logs every statement. The
sandbox's own are not counted. The last line is one JSON object, of medians.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median

from proof.bench.server_log import Counts, everything_logged
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack

_WITHIN_S = 120.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench statements")
    parser.add_argument("--refunds", type=int, default=20, help="how many are counted")
    parser.add_argument("--warm", type=int, default=50, help="how many run before")
    wanted = parser.parse_args(arguments)
    print(json.dumps({"refunds": wanted.refunds, **medians(counted_afresh(wanted.warm, wanted.refunds))}))
    return 0


def counted_afresh(warm: int, counted: int) -> list[Counts]:
    """Count in a stack of its own, whose connections have nothing prepared but for such refunds."""
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        return counted_in(stack, warm, counted)


def counted_in(stack: Stack, warm: int, counted: int) -> list[Counts]:
    """Count in a stack that has just begun."""
    return asyncio.run(_count(stack, warm, counted))


async def _count(stack: Stack, warm: int, counted: int) -> list[Counts]:
    async with open_http(stack.description.api_url) as http:
        return await count(stack, Api(http, stack.description.keys.merchant), warm=warm, counted=counted)


async def count(stack: Stack, merchant: Api, *, warm: int, counted: int) -> list[Counts]:
    """Count what each of so many plain refunds costs, one after the other, after so many that warm the connections."""
    orders = [f"counted-{number}" for number in range(counted)]
    async with everything_logged(stack) as log:
        for number in range(warm):  # in turn: at once they would open connections that none of them warms whole
            await _refund(merchant, f"warm-{number}")
        made = {order_id: await _refund(merchant, order_id) for order_id in orders}
        sent = [known for known in await log.transactions() if not _is_of_another(known.statements)]
    return [
        Counts.of([known for known in sent if known.is_about(refund_id, f"'{order_id}'")])
        for order_id, refund_id in made.items()
    ]


def medians(counts: Sequence[Counts]) -> dict[str, float]:
    each = [asdict(one) for one in counts]
    return {name: median(one[name] for one in each) for name in each[0]}


def least(counts: Sequence[Counts]) -> dict[str, int]:
    each = [asdict(one) for one in counts]
    return {name: min(one[name] for one in each) for name in each[0]}


def _is_of_another(statements: Sequence[str]) -> bool:
    """Whether this is the order that was put before, or somebody who looks whether the refund is complete.

    So is upkeep that counts what has ended, of however many refunds at once.
    """
    puts_the_order = any(statement.startswith("INSERT INTO orders ") for statement in statements)
    comes_round = any("keeper_rounds" in statement for statement in statements)
    return (
        puts_the_order
        or comes_round
        or ("READ ONLY" in statements[0] and any("refund_events" in each for each in statements))
    )


async def _refund(merchant: Api, order_id: str) -> str:
    await merchant.put(f"/v1/orders/{order_id}", an_order(f"customer-{order_id}", f"ch-{order_id}"))
    body: Json = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
    made = await merchant.post("/v1/refunds", body)
    await merchant.wait_for(made["refund_id"], {"completed"}, within_s=_WITHIN_S)
    return str(made["refund_id"])


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
