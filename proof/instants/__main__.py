"""`python -m proof.instants races --times 1000`: the last line is JSON; 1 if an answer was not true."""

import argparse
import asyncio
import json
import secrets
import sys
import time

from db.engine import open_engine
from proof.instants.judge import Pair
from proof.instants.run import Tally, race_all
from settings import StackSettings
from tools.client import Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.console import say
from tools.stack.stack import Stack, StackDescription


def main() -> int:
    wanted = _parser().parse_args()
    seed = wanted.seed if wanted.seed is not None else secrets.randbelow(1_000_000)
    began = time.monotonic()
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        tallies = asyncio.run(_race(stack.description, wanted, seed))
    for sentence in (lie for tally in tallies.values() for lie in tally.lies):
        print(sentence)
    violations = sum(len(tally.lies) for tally in tallies.values())
    figures = {
        "races": sum(tally.races for tally in tallies.values()),
        "violations": violations,
        "pairs": {pair.value: _figures(tally) for pair, tally in tallies.items()},
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
    }
    print(json.dumps(figures), flush=True)
    return 1 if violations else 0


def _figures(tally: Tally) -> Json:
    return {
        "races": tally.races,
        "wins": dict(tally.wins),
        "both_yes": tally.both_yes,
        "aim_ms": tally.aim_ms,
        "violations": len(tally.lies),
    }


async def _race(stack: StackDescription, wanted: argparse.Namespace, seed: int) -> dict[Pair, Tally]:
    engine = open_engine(stack.database_url, pool_size=2)
    try:
        async with open_http(stack.api_url, at_once=2 * wanted.at_once) as http:
            pairs = [Pair(name) for name in wanted.pairs] or list(Pair)
            return await race_all(http, engine, pairs, times=wanted.times, at_once=wanted.at_once, seed=seed, say=say)
    finally:
        await engine.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof.instants", description=__doc__)
    parser.add_argument("--times", type=int, default=1_000, help="races of each pair")
    parser.add_argument("--at-once", type=int, default=24)
    parser.add_argument("--seed", type=int, default=None, help="orders the offsets; who wins is never the same")
    parser.add_argument(
        "pairs", nargs="*", metavar="pair", choices=[[], *Pair], help="which ones; all, if none is named"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
