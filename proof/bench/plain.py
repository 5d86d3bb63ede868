"""Plain refunds alone, by one, eight and thirty callers: what they cost and took, for the queueing to be held against.

The last line is one JSON object. Beside DBOS and Temporal's floors they are measured by `make bench`.
"""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import replace
from typing import Any

from domain import clock
from proof.bench.completions import Completions
from proof.bench.measuring import Scene, measure
from proof.bench.refunding import Refunding
from proof.bench.report import plain
from proof.bench.scenes import FEW, MANY, ONE, PLAIN, timed
from proof.bench.summary import Key, Sample
from proof.bench.wire import Wire
from settings import StackSettings
from tools.fresh_home import fresh_home, patient
from tools.stack.stack import Stack

_COUNTS = {MANY: 120, FEW: 60, ONE: 60}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench plain")
    parser.add_argument("--rounds", type=int, default=2)
    print(json.dumps(a_run(parser.parse_args(arguments).rounds)))
    return 0


def a_run(rounds: int) -> dict[str, Any]:
    """Measure on a stack of its own, after thirty that are not counted."""
    settings = replace(patient(StackSettings.from_environment()), database_url="")
    began = clock.now()
    with fresh_home(settings) as fresh, Stack(fresh) as stack:
        measured = asyncio.run(_measure(stack, rounds))
    return {"at": f"{began:%Y-%m-%d %H:%M}", "cores": os.cpu_count(), "rounds": rounds, "plain": plain(measured)}


async def _measure(stack: Stack, wanted: int) -> list[dict[Key, Sample]]:
    known = stack.description
    async with Completions(known.owner_database_url) as completions:
        shop = Refunding(Wire([known.api_url]), known.keys, completions)
        scenes = [Scene(PLAIN, each, count, shop.plain_orders, timed(shop.refund)) for each, count in _COUNTS.items()]
        await measure(scenes[0], MANY)
        rounds: list[dict[Key, Sample]] = []
        for number in range(wanted):
            rounds.append({})
            for scene in scenes:
                rounds[-1][scene.key] = sample = await measure(scene)
                said = f"round {number + 1}: {scene.callers} callers: {sample.per_s:.1f}/s"
                print(said, file=sys.stderr, flush=True)
        return rounds
