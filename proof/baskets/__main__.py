"""`make baskets`: real baskets come back whole, line by line and in random parts, to the cent; the last line is JSON.

All of them by the rules alone, some of each shop through HTTP on a stack of their own. Exits with 0 only if no figure
is a cent away from where it should be.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from domain.policy import Policy
from proof.baskets.by_rules import Refused, sell, take_back
from proof.baskets.data import Basket, DataMissing, Source, groceries, music
from proof.baskets.kinds import kinds_of
from proof.baskets.orders import order_of
from proof.baskets.outcome import Outcome, as_json, show
from proof.baskets.over_http import Case, HttpOutcome, refund_over_http
from proof.baskets.ways import Way, parts_of
from settings import StackSettings
from tools.fresh_home import fresh_home, patient
from tools.stack import StackError
from tools.stack.stack import Stack

_CHUNK = 250
_WIDTH_OF_A_FILE = 120


def main() -> int:
    wanted = _arguments()
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)
    began = time.monotonic()
    try:
        baskets = {Source.GROCER: groceries(wanted.baskets, wanted.seed), Source.MUSIC_SHOP: music()}
        outcome = by_the_rules([each for of_shop in baskets.values() for each in of_shop], wanted.seed, console)
        cases = [case for of_shop in baskets.values() for case in cases_of(of_shop, wanted.http, wanted.seed)]
        over_http = _over_http(cases, console) if cases else HttpOutcome()
    except (DataMissing, StackError, ValueError) as error:
        print(f"the baskets can't come back: {error}", file=sys.stderr)
        return 1
    show(outcome, over_http, console)
    result = as_json(outcome, over_http, seed=wanted.seed, seconds=time.monotonic() - began)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if result["mismatch_minor"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proof.baskets", description=__doc__)
    parser.add_argument("--baskets", type=int, default=20_000, help="so many of the grocer's; of the music shop all")
    parser.add_argument("--http", type=int, default=500, help="so many of each shop go through HTTP as well")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def by_the_rules(baskets: Sequence[Basket], seed: int, console: Console) -> Outcome:
    """Take every basket back in every way, on all cores."""
    os.nice(5)
    outcome, done = Outcome(), 0
    chunks = [baskets[start : start + _CHUNK] for start in range(0, len(baskets), _CHUNK)]
    with ProcessPoolExecutor() as pool:
        for of_chunk in pool.map(_of_chunk, chunks, [seed] * len(chunks)):
            outcome.add(of_chunk)
            done += of_chunk.baskets.total()
            if done % (40 * _CHUNK) == 0:
                console.print(f"{done:,} baskets by the rules alone, {outcome.apart} cents apart")
    return outcome


def _of_chunk(baskets: Iterable[Basket], seed: int) -> Outcome:
    outcome, policy = Outcome(), Policy()
    for basket in baskets:
        body = order_of(basket, basket.customer)
        outcome.baskets[basket.source] += 1
        outcome.kinds.update((basket.source, kind) for kind in kinds_of(basket, body))
        sold = sell(basket.name, body)
        if isinstance(sold, Refused):
            outcome.refuse(basket.source, sold)
            continue
        for way in Way:
            came = take_back(*sold, parts_of(sold[1], way, _dice(basket, way, seed)), policy)
            outcome.refunds[way] += len(came.totals)
            outcome.explained += came.explained
            outcome.cents += sum(came.totals)
            outcome.apart += came.apart
            if came.apart:
                outcome.odd.append(f"{basket.source} {basket.name}, {way}: {came.apart} cents apart")
    return outcome


def cases_of(baskets: Sequence[Basket], wanted: int, seed: int) -> list[Case]:
    """Draw baskets that can be sold, and let them come back in one way after the other."""
    cases: list[Case] = []
    ways = list(Way)
    for basket in Random(seed).sample(baskets, len(baskets)):
        if len(cases) == wanted:
            break
        way = ways[len(cases) % len(ways)]
        sold = sell(basket.name, order_of(basket, basket.customer))
        if not isinstance(sold, Refused):
            parts = parts_of(sold[1], way, _dice(basket, way, seed))
            cases.append(Case(basket, way, parts, take_back(*sold, parts, Policy()).totals))
    return cases


def _dice(basket: Basket, way: Way, seed: int) -> Random:
    """The same basket comes back in the same parts, whatever is done beside it."""
    return Random(f"{seed} {basket.name} {way}")


def _over_http(cases: Sequence[Case], console: Console) -> HttpOutcome:
    console.print(f"{len(cases)} baskets through HTTP. Starting PostgreSQL, Temporal, a worker and the API …")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    settings = StackSettings.from_environment()
    with fresh_home(settings) as fresh, Stack(patient(fresh), announce=console.print) as stack:
        where = stack.description
        with Progress(*columns, console=console) as progress:
            return asyncio.run(refund_over_http(where.api_url, where.owner_database_url, cases, progress))


if __name__ == "__main__":
    sys.exit(main())
