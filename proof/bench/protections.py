"""`make protections`: what do sealing, row-level security and signed checkpoints cost?

The stack as it is beside one without them (`proof/bench/unprotected.py`), in rounds that interleave them. The last
line is one JSON object: for plain refunds, rich ones and full returns how many times as fast the protected stack is,
and what one costs each program in milliseconds of CPU.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from proof.bench.beside import MAKE_UP, Running, started
from proof.bench.completions import Completions
from proof.bench.measuring import Scene, in_turns, measure
from proof.bench.refunding import Refunding
from proof.bench.scenes import PLAIN, PROGRAMS, RETURN, RICH, timed
from proof.bench.summary import Key, Rounds, Sample, cpu_ms, rate, ratio
from proof.bench.wire import Wire
from settings import StackSettings
from tools.fresh_home import fresh_home

_PROTECTED, _BARE = "protected", "bare"
_CALLERS, _WARM = 8, 30
_COUNTS = {PLAIN: 80, RICH: 60, RETURN: 24}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench protections")
    parser.add_argument("--rounds", type=int, default=6)
    wanted = parser.parse_args(arguments)
    settings = StackSettings.from_environment({**os.environ, "MAKEWHOLE_HOME": ""})
    with (
        fresh_home(settings) as one,
        fresh_home(settings) as other,
        started(one.home, MAKE_UP) as protected,
        started(other.home, ("proof.bench.unprotected",)) as bare,
    ):
        rounds = asyncio.run(_measure(protected, bare, wanted.rounds))
    print(json.dumps(figures(rounds)))
    return 0


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two stacks."""

    name: str
    running: Running
    shop: Refunding

    async def play(self, most: int | None = None) -> dict[Key, Sample]:
        """Measure each scene once, with `most` pieces at most."""
        played = {}
        for scene in self._scenes():
            count = min(scene.count, most or scene.count)
            sample = played[scene.key] = await measure(scene, count, below=self.running.number)
            print(f"{scene.name}: {sample.per_s:.1f}/s", file=sys.stderr, flush=True)
        return played

    def _scenes(self) -> list[Scene]:
        shop = self.shop
        prepared = {
            PLAIN: (shop.plain_orders, timed(shop.refund)),
            RICH: (shop.rich_orders, timed(shop.refund)),
            RETURN: (shop.rich_orders, timed(shop.full_return)),
        }
        return [
            Scene(_of(name, self.name), _CALLERS, _COUNTS[name], orders, do) for name, (orders, do) in prepared.items()
        ]


def _of(name: str, side: str) -> str:
    return f"{name}, {side}"


async def _measure(protected: Running, bare: Running, wanted: int) -> list[dict[Key, Sample]]:
    async with AsyncExitStack() as opened:
        sides = []
        for name, running in ((_PROTECTED, protected), (_BARE, bare)):
            completions = await opened.enter_async_context(Completions(running.owner_database_url))
            shop = Refunding(Wire([running.api_url]), running.keys, completions)
            await shop.open()
            sides.append(_Side(name, running, shop))
        for side in sides:
            await side.play(_WARM)
        return await in_turns([side.play for side in sides], wanted)


def figures(rounds: Rounds) -> dict[str, Any]:
    """By what was done: refunds a second on both sides, how many times as many, and milliseconds of CPU of one."""
    told: dict[str, Any] = {"rounds": len(rounds), "callers": _CALLERS, "load": round(os.getloadavg()[0], 1)}
    for name in _COUNTS:
        protected, bare = ((_of(name, side), _CALLERS) for side in (_PROTECTED, _BARE))
        costs, bare_costs = (cpu_ms(rounds, key, PROGRAMS[name]) for key in (protected, bare))
        told[name] = {
            "protected_per_s": rate(rounds, protected).told,
            "bare_per_s": rate(rounds, bare).told,
            "throughput_ratio": ratio(rounds, protected, bare).told,
            "protected_cpu_ms": _of_programs(costs, PROGRAMS[name]),
            "bare_cpu_ms": _of_programs(bare_costs, PROGRAMS[name]),
            "cpu_ratio": round(costs["all"] / bare_costs["all"], 3),
        }
    return told


def _of_programs(costs: Mapping[str, float], programs: Collection[str]) -> dict[str, float]:
    return {name: round(costs[name], 1) for name in (*programs, "all") if name in costs}
