"""`python -m proof.bench regular`: what a refund costs whose customer has many orders in one campaign.

The orders are written by SQL from one that was put, for another such customer in each round, since somebody who asks
for many refunds is a risk. Quotes and refunds of such a customer and of ordinary ones take turns; CPU is what the
programs used meanwhile, Temporal aside. The last line is one JSON object, of medians over the rounds.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from statistics import median

import psycopg

from proof.bench.machine import used_s
from proof.bench.statements import an_order
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack

_WITHIN_S = 120.0
_COUNTED = ("api", "lane", "worker", "postgres")

_MORE_ORDERS = """
insert into orders
    (merchant_id, order_id, customer_id, currency, status, paid_at,
     snapshot, sale, goods_paid, goods_units, campaign_ids)
select merchant_id, order_id || '-' || number, customer_id, currency, status, paid_at - number * interval '1 hour',
    snapshot, sale, goods_paid, goods_units, campaign_ids
from orders, generate_series(1, %s) as number where order_id = %s
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench regular")
    parser.add_argument("--orders", type=int, default=10_000, help="how many orders the regular customer has")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--refunds", type=int, default=5, help="how many of each kind in a round; more are a risk")
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_compare(stack, wanted.orders, wanted.rounds, wanted.refunds))
    print(json.dumps({"orders": wanted.orders, **figures}))
    return 0


async def _compare(stack: Stack, orders: int, rounds: int, refunds: int) -> dict[str, float]:
    async with open_http(stack.description.api_url) as http:
        merchant = Api(http, stack.description.keys.merchant)
        await _set_up(merchant, Api(http, stack.description.keys.ops))
        with psycopg.connect(stack.description.owner_database_url, autocommit=True) as by_hand:
            for number in range(rounds + 1):
                await _put(merchant, f"regular-{number}", f"first-{number}")
                by_hand.execute(_MORE_ORDERS, [orders, f"first-{number}"])
            by_hand.execute("analyze")
        found: dict[str, list[float]] = defaultdict(list)
        for number in range(rounds + 1):
            for who in ("ordinary", "regular"):
                names = [f"{who}-{number}-{each}" for each in range(refunds)]
                for name in names:
                    await _put(merchant, f"regular-{number}" if who == "regular" else f"customer-{name}", name)
                quoted = await _cost(lambda name: _quote(merchant, name), names)
                refunded = await _cost(lambda name: _refund(merchant, name), names)
                if number:  # the first round warms everything
                    found[f"{who}_quote_ms"].append(quoted[1])
                    found[f"{who}_quote_cpu_ms"].append(quoted[0])
                    found[f"{who}_refund_cpu_ms"].append(refunded[0])
    return {name: round(median(values), 1) for name, values in found.items()}


async def _cost(do: Callable[[str], Awaitable[object]], names: list[str]) -> tuple[float, float]:
    """Return the milliseconds of CPU and of time that each takes."""
    before, began = used_s(os.getpid()), time.monotonic()
    for name in names:
        await do(name)
    after, took = used_s(os.getpid()), time.monotonic() - began
    cpu = sum(after[program] - before[program] for program in _COUNTED)
    return cpu * 1000 / len(names), took * 1000 / len(names)


async def _set_up(merchant: Api, ops: Api) -> None:
    """One campaign for all orders, whose threshold nobody reaches, and a policy under which nobody is asked."""
    anything = {"max_amount": 10**12, "max_risk": 100}
    await ops.put("/v1/policy", {"auto_approve": anything, "refund_limit": {"count": 100_000, "window": "P30D"}})
    campaign: Json = {"name": "Spend", "kind": "spend_threshold", "threshold": 10**12}
    campaign |= {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}
    await merchant.put("/v1/campaigns/spend", {**campaign, "reward": {"kind": "points", "amount": 1}})


async def _put(merchant: Api, customer_id: str, order_id: str) -> None:
    await merchant.put(f"/v1/orders/{order_id}", an_order(customer_id, f"ch-{order_id}"))


def _asked(order_id: str) -> Json:
    return {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}


async def _quote(merchant: Api, order_id: str) -> None:
    await merchant.post("/v1/refunds/quote", _asked(order_id))


async def _refund(merchant: Api, order_id: str) -> None:
    made = await merchant.post("/v1/refunds", _asked(order_id))
    await merchant.wait_for(made["refund_id"], {"completed"}, within_s=_WITHIN_S)
