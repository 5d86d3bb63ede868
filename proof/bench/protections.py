"""`make protections`: what do sealing, row-level security and signed checkpoints cost?

The stack as it is beside one without them (`proof/bench/unprotected.py`), in rounds that interleave them. The last
line is one JSON object: for plain refunds, rich ones and full returns how many times as fast the protected stack is,
and what one costs each program in milliseconds of CPU. With `--retail` it is the year of a real shop instead, by
customers: the answers must be what its file makes us expect, on both sides.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from proof.bench.beside import MAKE_UP, Running, started
from proof.bench.completions import Completions
from proof.bench.measuring import Scene, in_turns, measure
from proof.bench.refunding import Refunding
from proof.bench.replaying import Replaying
from proof.bench.scenes import PLAIN, PROGRAMS, RETURN, RICH, timed
from proof.bench.summary import Key, Rounds, Sample, cpu_ms, rate, ratio
from proof.bench.wire import Wire
from settings import StackSettings
from tools.client import open_http
from tools.fresh_home import fresh_home
from tools.retail.data import Retail, find, read

_PROTECTED, _BARE = "protected", "bare"
_YEAR = "a real shop's year"
_CALLERS, _WARM = 8, 30
_COUNTS = {PLAIN: 80, RICH: 60, RETURN: 24}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench protections")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--retail", action="store_true", help="a year of a real shop, a share of it each round")
    wanted = parser.parse_args(arguments)
    settings = StackSettings.from_environment({**os.environ, "MAKEWHOLE_HOME": ""})
    with (
        fresh_home(settings) as one,
        fresh_home(settings) as other,
        started(one.home, MAKE_UP) as protected,
        started(other.home, ("proof.bench.unprotected",)) as bare,
    ):
        stacks = {_PROTECTED: protected, _BARE: bare}
        if wanted.retail:
            return asyncio.run(_replay(stacks, read(find(os.environ)), wanted.rounds))
        rounds = asyncio.run(_measure(stacks, wanted.rounds))
    print(json.dumps(figures(rounds, {name: PROGRAMS[name] for name in _COUNTS})))
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


async def _measure(stacks: Mapping[str, Running], wanted: int) -> list[dict[Key, Sample]]:
    async with AsyncExitStack() as opened:
        sides = []
        for name, running in stacks.items():
            completions = await opened.enter_async_context(Completions(running.owner_database_url))
            shop = Refunding(Wire([running.api_url]), running.keys, completions)
            await shop.open()
            sides.append(_Side(name, running, shop))
        for side in sides:
            await side.play(_WARM)
        return await in_turns([side.play for side in sides], wanted)


async def _replay(stacks: Mapping[str, Running], retail: Retail, wanted: int) -> int:
    """Play a year in so many shares, each on both sides in turn; return 0 where every answer is as expected."""
    async with AsyncExitStack() as opened:
        sides = {}
        for name, running in stacks.items():
            http = await opened.enter_async_context(open_http(running.api_url, at_once=_CALLERS, answer_within_s=60))
            sides[name] = await Replaying.begun(running, http, retail)
        shares = [_shares(name, side, stacks[name].number, wanted) for name, side in sides.items()]
        rounds = await in_turns(shares, wanted)
    faults = [f"{name}: {fault}" for name, side in sides.items() for fault in side.faults]
    told = figures(rounds, {_YEAR: PROGRAMS[RETURN]}) | {name: side.answers for name, side in sides.items()}
    print(json.dumps(told | {"faults": faults}))
    return 1 if faults else 0


def _shares(name: str, side: Replaying, number: int, of: int) -> Callable[[], Awaitable[dict[Key, Sample]]]:
    """Return what plays the next of so many shares on one side. number: of the process below which its programs are."""
    shares = iter(range(of))

    async def play() -> dict[Key, Sample]:
        customers = side.share(next(shares), of)

        async def theirs(_: int) -> list[str]:
            return customers

        scene = Scene(_of(_YEAR, name), _CALLERS, len(customers), theirs, side.deal_with)
        sample = await measure(scene, below=number)
        print(f"{scene.name}: {sample.per_s:.2f} customers/s", file=sys.stderr, flush=True)
        return {scene.key: sample}

    return play


def figures(rounds: Rounds, programs: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """By what was done: how many a second on both sides, how many times as many, and milliseconds of CPU of one.

    programs: which of them do it.
    """
    told: dict[str, Any] = {"rounds": len(rounds), "callers": _CALLERS, "load": round(os.getloadavg()[0], 1)}
    for name in programs:
        protected, bare = ((_of(name, side), _CALLERS) for side in (_PROTECTED, _BARE))
        costs, bare_costs = (cpu_ms(rounds, key, programs[name]) for key in (protected, bare))
        told[name] = {
            "protected_per_s": rate(rounds, protected).told,
            "bare_per_s": rate(rounds, bare).told,
            "throughput_ratio": ratio(rounds, protected, bare).told,
            "protected_cpu_ms": _of_programs(costs, programs[name]),
            "bare_cpu_ms": _of_programs(bare_costs, programs[name]),
            "cpu_ratio": round(costs["all"] / bare_costs["all"], 3),
        }
    return told


def _of_programs(costs: Mapping[str, float], programs: Collection[str]) -> dict[str, float]:
    return {name: round(costs[name], 1) for name in (*programs, "all") if name in costs}
