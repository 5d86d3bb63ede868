"""`python -m proof.bench flat`: does it stay as fast with years of orders in the database?

The stack of MAKEWHOLE_HOME, which `make load` has filled, beside one with an empty database, in rounds that interleave
them. On the full one also refunds and quotes of the customer with 10,000 orders, beside those of customers with one.
The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import psycopg

from proof.bench.beside import Running, started
from proof.bench.completions import Completions
from proof.bench.measuring import Scene, in_turns, measure
from proof.bench.refunding import Refunding, Times
from proof.bench.summary import Key, Rounds, Sample, all_times, cpu_ms, percentile, rate, ratio
from proof.bench.wire import Wire
from settings import StackSettings
from tools.client import open_http
from tools.fresh_home import fresh_home
from tools.load import originals
from tools.load.crowd import WHALE

EMPTY, FULL = "empty", "full"
_REFUND, _QUOTE = "refund", "quote"
_WHALE_REFUND, _WHALE_QUOTE = "refund of the one with very many orders", "quote of the one with very many orders"
_CALLERS = 12
_OURS = ("worker", "temporal", "door", "postgres", "api", "lane", "provider")
_LONG_AGO = """
update refunds set created_at = created_at - interval '100 days'
where customer_id = %s and created_at > now() - interval '90 days'
"""
_WARM = 30


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench flat")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--refunds", type=int, default=60, help="in each round, on each side")
    parser.add_argument("--quotes", type=int, default=100, help="in each round, on each side")
    wanted = parser.parse_args(arguments)
    full = StackSettings.from_environment().home
    with fresh_home(_without_a_home()) as empty, started(full) as loaded, started(empty.home) as fresh:
        rounds = asyncio.run(_measure(fresh, loaded, wanted.rounds, wanted.refunds, wanted.quotes))
    print(json.dumps({**figures(rounds), "load": round(os.getloadavg()[0], 1)}))
    return 0


def _without_a_home() -> StackSettings:
    """Settings of which a new directory is made, whatever MAKEWHOLE_HOME names."""
    return StackSettings.from_environment({**os.environ, "MAKEWHOLE_HOME": ""})


class _Side:
    """One of the two stacks, and what is asked of it."""

    def __init__(self, name: str, running: Running, completions: Completions) -> None:
        self._name = name
        self._running = running
        self._wire = Wire([running.api_url])
        self._refunding = Refunding(self._wire, running.keys, completions)

    async def play(self, refunds: int, quotes: int, most: int | None = None) -> dict[Key, Sample]:
        """Measure each scene once, with `most` pieces at most."""
        played = {}
        for scene in self._scenes(refunds, quotes):
            count = min(scene.count, most or scene.count)
            sample = played[scene.key] = await measure(scene, count, below=self._running.number)
            said = f"{scene.name}, {scene.callers} callers: {sample.per_s:.1f}/s"
            print(said, file=sys.stderr, flush=True)
        return played

    def _scenes(self, refunds: int, quotes: int) -> list[Scene]:
        ours = self._refunding
        usual = [
            Scene(f"{_REFUND}, {self._name}", _CALLERS, refunds, ours.plain_orders, self._refund),
            Scene(f"{_QUOTE}, {self._name}", 1, quotes, ours.plain_orders, self._quote),
        ]
        if self._name == EMPTY:
            return usual
        few = min(max(quotes // 10, 5), 10)
        return [
            *usual,
            Scene(f"{_REFUND}, {self._name}", 1, few, ours.plain_orders, self._refund),
            Scene(_WHALE_REFUND, 1, few, self._of_the_whale, self._refund),
            Scene(_WHALE_QUOTE, 1, few, self._of_the_whale, self._quote),
        ]

    async def _refund(self, order_id: str) -> Times:
        return (await self._refunding.refund(order_id)).times

    async def _quote(self, order_id: str) -> Times:
        body = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
        began = time.perf_counter()
        await self._wire.send("POST", "/v1/refunds/quote", self._running.keys.merchant, body)
        return {_QUOTE: time.perf_counter() - began}

    async def _of_the_whale(self, count: int) -> list[str]:
        """A customer with so many refunds in a week would be reviewed: those of earlier rounds are made old ones."""
        async with await psycopg.AsyncConnection.connect(self._running.owner_database_url) as books:
            await books.execute(_LONG_AGO, [WHALE])
        return await self._refunding.orders_of(WHALE, count)


async def _measure(fresh: Running, loaded: Running, wanted: int, refunds: int, quotes: int) -> list[dict[Key, Sample]]:
    async with AsyncExitStack() as opened:
        sides = [
            _Side(name, running, await opened.enter_async_context(Completions(running.owner_database_url)))
            for name, running in ((EMPTY, fresh), (FULL, loaded))
        ]
        await _open_shop(fresh)
        for side in sides:
            await side.play(refunds, quotes, _WARM)
        return await in_turns([partial(side.play, refunds, quotes) for side in sides], wanted)


async def _open_shop(fresh: Running) -> None:
    """The shop of the empty side has the policy and the campaigns of the others, so a refund has as many steps."""
    async with open_http(fresh.api_url) as http:
        await originals.open_shop(fresh.keys.staff(http))


def figures(rounds: Rounds) -> dict[str, Any]:
    """Each side's figures, and how they compare round by round; times in milliseconds."""
    told: dict[str, Any] = {"rounds": len(rounds)}
    for side in (EMPTY, FULL):
        refunds, quotes = (f"{_REFUND}, {side}", _CALLERS), (f"{_QUOTE}, {side}", 1)
        cpu = {program: round(each, 1) for program, each in cpu_ms(rounds, refunds, _OURS).items()}
        told[side] = {
            "refunds_per_s": rate(rounds, refunds).told,
            "cpu_ms": cpu.pop("all"),
            "cpu_ms_by_program": cpu,
            "quote_ms": _percentiles(all_times(rounds, quotes, _QUOTE)),
        }
    refunds_of = [(f"{_REFUND}, {side}", _CALLERS) for side in (FULL, EMPTY)]
    told["throughput_ratio"] = ratio(rounds, refunds_of[0], refunds_of[1]).told
    told["cpu_ratio"] = round(told[FULL]["cpu_ms"] / told[EMPTY]["cpu_ms"], 3)
    told["quote_p99_ratio"] = round(told[FULL]["quote_ms"]["p99"] / told[EMPTY]["quote_ms"]["p99"], 2)
    whale, ordinary = (cpu_ms(rounds, (name, 1), _OURS)["all"] for name in (_WHALE_REFUND, f"{_REFUND}, {FULL}"))
    told["very_many_orders"] = {
        "refund_cpu_ms": round(whale, 1),
        "ordinary_cpu_ms": round(ordinary, 1),
        "cpu_ratio": round(whale / ordinary, 2),
        "quote_ms": _percentiles(all_times(rounds, (_WHALE_QUOTE, 1), _QUOTE)),
    }
    return told


def _percentiles(times: list[float]) -> dict[str, float]:
    return {"p50": round(percentile(times, 0.5), 1), "p99": round(percentile(times, 0.99), 1)}
