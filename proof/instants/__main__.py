"""`python -m proof.instants races | words`: the last line is JSON; 1 if an answer was not true."""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from db.engine import open_engine
from proof.instants.judge import Pair
from proof.instants.run import Tally, race_all
from proof.instants.words import say_many
from settings import StackSettings
from tools.client import Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.console import say
from tools.stack.stack import Stack, StackDescription


def main() -> int:
    wanted = _parser().parse_args()
    prove: Callable[[StackDescription, argparse.Namespace], Awaitable[Json]] = wanted.prove
    began = time.monotonic()
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(prove(stack.description, wanted))  # type: ignore[arg-type]
    violations = figures.pop("sentences")
    for sentence in violations:
        print(sentence)
    print(
        json.dumps({**figures, "violations": len(violations), "seconds": round(time.monotonic() - began, 1)}),
        flush=True,
    )
    return 1 if violations else 0


async def _race(stack: StackDescription, wanted: argparse.Namespace) -> Json:
    seed = wanted.seed if wanted.seed is not None else secrets.randbelow(1_000_000)
    engine = open_engine(stack.database_url, pool_size=2)
    pairs = [Pair(name) for name in wanted.pairs] or list(Pair)
    async with open_http(stack.api_url, at_once=2 * wanted.at_once) as http:
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


async def _say_many(stack: StackDescription, wanted: argparse.Namespace) -> Json:
    engine = open_engine(stack.database_url, pool_size=2)
    temporal = await Client.connect(stack.temporal_address, data_converter=pydantic_data_converter)
    async with open_http(stack.api_url, at_once=2 * wanted.at_once) as http:
        heard = asdict(await say_many(http, engine, temporal, words=wanted.words, at_once=wanted.at_once))
    await engine.dispose()
    return {**heard, "sentences": heard.pop("wrong")}


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
    words.add_argument("--words", type=int, default=2_000)
    words.add_argument("--at-once", type=int, default=50)
    words.set_defaults(prove=_say_many)
    return parser


if __name__ == "__main__":
    sys.exit(main())
