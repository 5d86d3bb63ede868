"""`python -m proof.instants races | words | lost`: the last line is JSON; 1 if an answer was not true."""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, replace
from statistics import median

from db.engine import open_engine
from proof.chaos.killer import CRASH_AT
from proof.instants.judge import Pair
from proof.instants.lost import Wait, lose_words
from proof.instants.run import Tally, race_all
from proof.instants.words import say_many
from settings import StackSettings
from tools.client import Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.console import say
from tools.stack.programs import MAKEWHOLE
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect

_WITHIN_S = 60.0
"""A word that nobody repeats is acted upon within that."""


def main() -> int:
    wanted = _parser().parse_args()
    prove: Callable[[Stack, argparse.Namespace], Coroutine[None, None, Json]] = wanted.prove
    began = time.monotonic()
    with (
        fresh_home(StackSettings.from_environment()) as settings,
        Stack(settings, runs=replace(MAKEWHOLE, worker=_worker(settings))) as stack,
    ):
        figures = asyncio.run(prove(stack, wanted))
    violations = figures.pop("sentences")
    for sentence in violations:
        print(sentence)
    print(
        json.dumps({**figures, "violations": len(violations), "seconds": round(time.monotonic() - began, 1)}),
        flush=True,
    )
    return 1 if violations else 0


def _worker(settings: StackSettings) -> tuple[str, ...]:
    """One that dies where it is asked to."""
    return sys.executable, "-m", "proof.chaos.worker", str(settings.home / CRASH_AT)


async def _race(stack: Stack, wanted: argparse.Namespace) -> Json:
    seed = wanted.seed if wanted.seed is not None else secrets.randbelow(1_000_000)
    engine = open_engine(stack.description.owner_database_url, pool_size=2)
    pairs = [Pair(name) for name in wanted.pairs] or list(Pair)
    async with open_http(stack.description.api_url, at_once=2 * wanted.at_once) as http:
        tallies = await race_all(http, engine, pairs, times=wanted.times, at_once=wanted.at_once, seed=seed, say=say)
    await engine.dispose()
    return {
        "races": sum(tally.races for tally in tallies.values()),
        "pairs": {pair.value: _figures(tally) for pair, tally in tallies.items()},
        "seed": seed,
        "sentences": [lie for tally in tallies.values() for lie in tally.lies],
    }


def _figures(tally: Tally) -> Json:
    wins = dict(tally.wins)
    return {"wins": wins, "both_yes": tally.both_yes, "aim_ms": tally.aim_ms, "violations": len(tally.lies)}


async def _say_many(stack: Stack, wanted: argparse.Namespace) -> Json:
    engine = open_engine(stack.description.owner_database_url, pool_size=2)
    temporal = await connect(stack.description)
    async with open_http(stack.description.api_url, at_once=2 * wanted.at_once) as http:
        heard = asdict(await say_many(http, engine, temporal, words=wanted.times, at_once=wanted.at_once))
    await engine.dispose()
    return {**heard, "sentences": heard.pop("wrong")}


async def _lose(stack: Stack, wanted: argparse.Namespace) -> Json:
    engine = open_engine(stack.description.owner_database_url, pool_size=2)
    async with open_http(stack.description.api_url) as http:
        waits = await lose_words(stack, http, engine, times=wanted.times)
    await engine.dispose()
    late = [f"{wait} is longer than {_WITHIN_S} s, or in another run" for wait in waits if not _is_in_time(wait)]
    figures: Json = {"words": len(waits), "sentences": late}
    for name, with_servers in {"worker_killed_s": False, "worker_and_servers_killed_s": True}.items():
        times = sorted(wait.seconds for wait in waits if wait.with_servers == with_servers)
        figures[name] = {"median": median(times), "each": times} if times else {}
    return figures


def _is_in_time(wait: Wait) -> bool:
    return wait.is_same_run and wait.seconds <= _WITHIN_S


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof.instants", description=__doc__)
    proofs = parser.add_subparsers(required=True)
    races = proofs.add_parser("races", help="two words in one instant")
    races.add_argument("--times", type=int, default=1_000, help="races of each pair")
    races.add_argument("--at-once", type=int, default=24)
    races.add_argument("--seed", type=int, default=None, help="orders the offsets; who wins is never the same")
    races.add_argument("pairs", nargs="*", metavar="pair", help=f"of {', '.join(Pair)}; all, if none is named")
    races.set_defaults(prove=_race)
    words = proofs.add_parser("words", help="very many words to one refund")
    words.add_argument("--times", type=int, default=2_000)
    words.add_argument("--at-once", type=int, default=12)
    words.set_defaults(prove=_say_many)
    lost = proofs.add_parser("lost", help="words whose worker dies in the task in which it heard them")
    lost.add_argument("--times", type=int, default=10)
    lost.set_defaults(prove=_lose)
    return parser


if __name__ == "__main__":
    sys.exit(main())
