"""`make hostile`: one merchant tries to stop the service for all; how long do another's `GET` and `/healthz` take?

Each attack lasts some seconds, on a stack of its own and against this machine alone. The victim asks from a process of
its own (`proof/bench/victim.py`). The last line is one JSON object: times in milliseconds, and by whom the cores were
used, in seconds; on a machine that others use as well, those say more than the times.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from db.api_keys import Role
from db.engine import open_engine
from proof.bench import machine
from proof.bench.attacks import ATTACKS, ON_SOCKETS, TEN_AT_ONCE, Attack, Attacker, prepare
from proof.bench.statements import an_order
from proof.merchants import new_merchant
from settings import StackSettings
from tools.client import Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_OF_THE_VICTIM = "/v1/orders/o1"
_AFTERWARDS_S = 1.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench hostile")
    parser.add_argument("--seconds", type=int, default=10, help="how long each attack lasts, at most 60")
    parser.add_argument("--at-once", type=int, default=100, help="how many requests at once, at most 300")
    parser.add_argument("attacks", nargs="*", metavar="attack", help="which ones; all, if none is named")
    wanted = parser.parse_args(arguments)
    seconds, at_once = min(wanted.seconds, 60), min(wanted.at_once, 300)
    known = [*ATTACKS, *ON_SOCKETS]
    if unknown := set(wanted.attacks) - set(known):
        parser.error(f"no such attack: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, seconds, at_once, wanted.attacks or known))
    print(json.dumps(figures))
    return 0


@dataclass(frozen=True, slots=True)
class _Bench:
    """api_url: what is attacked. key: the victim's."""

    api_url: str
    key: str

    async def watched(self, attack: Awaitable[Any]) -> Json:
        """Let the victim ask while something goes on; return its times, and how the attacker was answered."""
        used = machine.used_s(os.getpid())
        victim = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "proof.bench.victim", self.api_url, _OF_THE_VICTIM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert victim.stdin is not None
        victim.stdin.write(f"{self.key}\n".encode())
        await victim.stdin.drain()
        answered = await attack
        await asyncio.sleep(_AFTERWARDS_S)  # what is asked for a second time meets what the attack has left behind
        used_after = machine.used_s(os.getpid())
        victim.stdin.close()
        said, _ = await victim.communicate()
        cores = {name: round(seconds - used[name], 1) for name, seconds in used_after.items()}
        return {**json.loads(said), "cores_s": {name: s for name, s in cores.items() if s}, "attacker": answered}


async def _measure(stack: StackDescription, seconds: int, at_once: int, wanted: list[str]) -> Json:
    engine = open_engine(stack.owner_database_url, pool_size=2)
    (_, victim_keys), (_, attacker_keys) = await new_merchant(engine), await new_merchant(engine)
    await engine.dispose()
    async with open_http(stack.api_url, at_once=at_once, answer_within_s=60.0) as http:
        await Attacker(http, victim_keys).send("PUT", _OF_THE_VICTIM, an_order("c1", "ch-1"))
        attacker, bench = Attacker(http, attacker_keys), _Bench(stack.api_url, victim_keys[Role.MERCHANT])
        figures: Json = {"prepared": await prepare(attacker)}
        for name in ("quiet", *wanted):
            if name == "quiet":
                going_on: Awaitable[Any] = asyncio.sleep(seconds, {})
            elif name in ATTACKS:
                crowd = 10 if name in TEN_AT_ONCE else at_once
                going_on = _for_a_while(attacker, ATTACKS[name], seconds, crowd)
            else:
                going_on = ON_SOCKETS[name](stack.api_url, seconds, at_once)
            figures[name] = await bench.watched(going_on)
            print(f"{name}: {json.dumps(figures[name])}", file=sys.stderr, flush=True)
    return figures


async def _for_a_while(attacker: Attacker, attack: Attack, seconds: int, at_once: int) -> dict[str, int]:
    """Send without a pause, so many at once, and count the answers by status; 0 is none."""
    answered: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def send(number: int) -> None:
        while time.monotonic() < until:
            answered[str(await attack(attacker, number))] += 1

    await asyncio.gather(*(send(number) for number in range(at_once)))
    return dict(answered)
