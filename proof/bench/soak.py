"""`make soak`: does the memory of worker and API grow with the refunds that they have done?

Callers ask for one refund after another. Resident memory is read after a tenth of them and at the end, of the worker
and of the API without the processes that they begin for large orders. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import time

import psutil

from proof.bench import machine
from proof.bench.completions import Completions
from proof.bench.refunding import Refunding
from proof.bench.wire import Wire
from settings import StackSettings
from tools.client import Json
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_CALLERS = 8
_TELL_EVERY = 20
_PROGRAMS = ("worker", "api")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench soak")
    parser.add_argument("--refunds", type=int, default=20_000)
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted.refunds))
    print(json.dumps(figures))
    return 0


async def _measure(stack: StackDescription, refunds: int) -> Json:
    async with Completions(stack.owner_database_url) as completions:
        shop = Refunding(Wire([stack.api_url]), stack.keys, completions)
        await shop.open()
        began, read = time.monotonic(), list[dict[str, float]]()
        for number in range(_TELL_EVERY):
            await _refund(shop, refunds // _TELL_EVERY)
            read.append(resident_mb())
            _tell(refunds * (number + 1) // _TELL_EVERY, read[-1])
        lasted = time.monotonic() - began
    first, last = read[_TELL_EVERY // 10 - 1], read[-1]
    return {
        "refunds": refunds,
        "per_s": round(refunds / lasted, 2),
        **{f"{name}_mb_after_a_tenth": round(first[name], 1) for name in _PROGRAMS},
        **{f"{name}_mb": round(last[name], 1) for name in _PROGRAMS},
        **{f"{name}_ratio": round(last[name] / first[name], 3) for name in _PROGRAMS},
    }


async def _refund(shop: Refunding, count: int) -> None:
    """Put orders and refund them, half of them rich, so many at once."""
    orders = iter([*await shop.plain_orders(count - count // 2), *await shop.rich_orders(count // 2)])

    async def call() -> None:
        for order_id in orders:
            await shop.refund(order_id)

    await asyncio.gather(*(call() for _ in range(_CALLERS)))


def resident_mb() -> dict[str, float]:
    """Resident memory of this stack's worker and API, in MB."""
    found: dict[str, float] = {}
    for process in psutil.Process(os.getpid()).children(recursive=True):
        name = machine.program(process.pid)
        if name in _PROGRAMS:
            found[name] = found.get(name, 0.0) + process.memory_info().rss / 1e6
    return found


def _tell(done: int, read: dict[str, float]) -> None:
    print(f"{done}: {json.dumps({name: round(mb, 1) for name, mb in read.items()})}", file=sys.stderr, flush=True)
