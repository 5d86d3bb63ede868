"""`make queueing`: the queueing of a run of the bench, foretold and held against it, then on paper.

The run is one of plain refunds alone (`proof/bench/plain.py`), or what the last line of `make bench` says (RUN, a
file). Only the costs of thirty callers go into the model; what one, eight and thirty saw is what it is held against.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proof.bench.plain import a_run
from proof.queueing.costs import Measured
from proof.queueing.forecast import Foretold, OnPaper, apart, of_bench, on_paper, sized
from proof.queueing.refunds import by_dice

_SEEDS = range(20)
_SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Of the refunds a second that are wanted: where does a line begin to grow?"""

_COLUMNS = (
    *("a second", "APIs, workers", "cores of PostgreSQL, Temporal", "round trip, commit ms", "done a second"),
    *("to completed p50, p99 ms", "connections at once", "tightest", "how busy", "in line there"),
)


def main(arguments: Sequence[str]) -> int:
    wanted = _parser().parse_args(arguments)
    run = json.loads(wanted.run.read_text(encoding="utf-8").splitlines()[-1]) if wanted.run else a_run(wanted.rounds)
    measured = [Measured.read(each) for each in run["plain"]]
    costs = max(measured, key=lambda each: each.callers).costs
    held = [(each, of_bench(each, costs, run["cores"], _SEEDS)) for each in measured]
    print("\n".join(_held(held)), end="\n\n")
    drawn: list[OnPaper] = []
    for per_s, round_trip_ms, commit_ms in _settings(wanted):
        layout = apart(sized(costs, per_s), round_trip_ms / 1_000, commit_ms / 1_000)
        drawn.append(on_paper(costs, per_s, wanted.seconds, by_dice(0), layout))
        print(f"{per_s:.0f} a second: {drawn[-1].tightest}", file=sys.stderr, flush=True)
    print("\n".join(_drawn(drawn)))
    told = [{"measured": _brief(seen), "foretold": asdict(foretold)} for seen, foretold in held]
    print(json.dumps({"run": run, "held": told, "on_paper": [asdict(each) for each in drawn]}))
    return 0


def _settings(wanted: argparse.Namespace) -> Iterator[tuple[float, float, float]]:
    """How many a second, and the milliseconds of a round trip and of a commit: as it is, and as it may become."""
    for share in _SHARES:
        yield share * wanted.rate, wanted.round_trip_ms, wanted.commit_ms
    yield wanted.rate, wanted.round_trip_ms, 0.0
    yield wanted.rate, 1.0, 0.0


def _held(pairs: Sequence[tuple[Measured, Foretold]]) -> Iterator[str]:
    yield "| callers | | a second | POST p50, p99 ms | to completed p50, p99 ms |"
    yield "|---|---|---|---|---|"
    for seen, foretold in pairs:
        for name, each in (("measured", seen), ("foretold", foretold)):
            submit, completed = (f"{p50:.0f}, {p99:.0f}" for p50, p99 in (each.submit_ms, each.completed_ms))
            yield f"| {seen.callers} | {name} | {each.per_s:.1f} | {submit} | {completed} |"
        errors = [_error(foretold.per_s, seen.per_s)]
        for told, true in ((foretold.submit_ms, seen.submit_ms), (foretold.completed_ms, seen.completed_ms)):
            errors.append(", ".join(map(_error, told, true)))
        yield f"| {seen.callers} | off by | {' | '.join(errors)} |"


def _drawn(several: Sequence[OnPaper]) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    for each in several:
        layout, place = each.layout, each.tightest
        p50, p99 = each.completed_ms
        cells = (
            f"{each.came_per_s:.0f}",
            f"{layout.apis}, {layout.workers}",
            f"{layout.postgres_cores}, {layout.temporal_cores}",
            f"{layout.round_trip_s * 1_000:g}, {layout.commit_s * 1_000:g}",
            f"{each.per_s:.0f}",
            f"{p50:.0f}, {p99:.0f}",
            f"{each.connections}",
            place.name,
            f"{place.busy:.0%}",
            f"{place.line:.0f}",
        )
        yield f"| {' | '.join(cells)} |"


def _brief(seen: Measured) -> dict[str, Any]:
    return {name: value for name, value in asdict(seen).items() if name != "costs"}


def _error(foretold: float, measured: float) -> str:
    return f"{foretold / measured - 1:+.0%}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof.queueing")
    parser.add_argument("run", type=Path, nargs="?", help="what the last line of `make bench` says, in a file")
    parser.add_argument("--rounds", type=int, default=2, help="of the bench, where there is no file")
    parser.add_argument("--rate", type=float, default=1_000, help="refunds a second on paper")
    parser.add_argument("--seconds", type=float, default=4, help="for how long they come")
    parser.add_argument("--round-trip-ms", type=float, default=0.3, help="from a program to PostgreSQL and back")
    parser.add_argument(
        "--commit-ms", type=float, default=1.0, help="how long a commit that tells keeps others from it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
