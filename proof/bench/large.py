"""`make large`: what an order of 5,000 lines costs beside one of 500, quoted and refunded line by line.

Quotes and refunds name each line by itself; one more refund takes a single line of an order of which others were taken
before. Medians, in seconds; the last line is one JSON object.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable
from statistics import median
from typing import Any

from proof.bench.completions import Completions
from proof.bench.statements import an_order
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_FEW, _MANY = 500, 5_000
_PATIENCE_S = 300.0
_PRICE = 1_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench large")
    parser.add_argument("--rounds", type=int, default=4)
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted.rounds))
    print(json.dumps(figures))
    return 0


async def _measure(stack: StackDescription, rounds: int) -> Json:
    async with (
        open_http(stack.api_url, answer_within_s=60.0) as http,
        Completions(stack.owner_database_url) as completions,
    ):
        shop = _Shop(Api(http, stack.keys.merchant, patience_s=_PATIENCE_S), completions)
        ops = Api(http, stack.keys.ops, patience_s=_PATIENCE_S)
        await ops.put("/v1/policy", {"auto_approve": {"max_amount": 10**12, "max_risk": 100}})
        taken: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            for lines in (_FEW, _MANY):
                measured = await shop.measure(f"o-{number}-{lines}", lines)
                for part, seconds in measured.items() if number else ():  # the first round warms up
                    taken.setdefault(f"{part}_{lines}_s", []).append(seconds)
    figures = {name: round(median(times), 3) for name, times in taken.items()}
    parts = {name.split("_")[0] for name in figures}
    ratios = {f"{part}_ratio": figures[f"{part}_{_MANY}_s"] / figures[f"{part}_{_FEW}_s"] for part in sorted(parts)}
    return {"rounds": rounds, **figures, **{name: round(ratio, 1) for name, ratio in ratios.items()}}


class _Shop:
    def __init__(self, api: Api, completions: Completions) -> None:
        self._api = api
        self._completions = completions

    async def measure(self, order_id: str, lines: int) -> dict[str, float]:
        order, names = a_large_order(order_id, lines), [f"l{number}" for number in range(lines)]
        return {
            "put": await _timed(self._api.put(f"/v1/orders/{order_id}", order)),
            "quote": await _timed(self._api.post("/v1/refunds/quote", _asked(order_id, names))),
            "one": await _timed(self._refund(order_id, names[:1])),
            "next": await _timed(self._refund(order_id, names[1:2])),
            "rest": await _timed(self._refund(order_id, names[2:])),
        }

    async def _refund(self, order_id: str, names: list[str]) -> None:
        made = await self._api.post("/v1/refunds", {**_asked(order_id, names), "confirm_duplicate": True})
        await self._completions.wait_for(made["refund_id"])


def a_large_order(order_id: str, lines: int) -> Json:
    """A delivered order of so many lines, with two discounts that are shared out over all of them."""
    parts = [
        {"line_id": f"l{number}", "sku": f"A-{number}", "name": "Screw", "quantity": 1, "unit_price": _PRICE}
        for number in range(lines)
    ]
    off = lines * _PRICE // 20
    discounts = [{"source": "other", "amount": off} for _ in range(2)]
    order = an_order(f"of-{order_id}", f"ch-{order_id}")
    payment = {**order["payments"][0], "amount": lines * _PRICE - 2 * off}
    return {**order, "lines": parts, "discounts": discounts, "payments": [payment]}


def _asked(order_id: str, names: list[str]) -> Json:
    lines = [{"line_id": name, "quantity": 1} for name in names]
    return {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only", "lines": lines}


async def _timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began
