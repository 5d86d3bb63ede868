"""`make simulate N=100000 SEED=1`, `make conformance N=2000`: play schedules, tell what goes wrong; last comes JSON."""

import argparse
import gc
import json
import logging
import os
import signal
import sys

from proof.simulation.choices import DISPUTES, Choices
from proof.simulation.hunt import hunt
from proof.simulation.mute_progress import silence
from proof.simulation.parallel import play_many
from proof.simulation.schedule import play
from proof.simulation.shrinking import shrink
from proof.simulation.story import story

_MOST_STORIES = 3
_MOST_SEEDS = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.simulation")
    parser.add_argument("command", choices=["schedules", "mutants", "conformance"])
    parser.add_argument("--schedules", type=int, default=100_000, help="so many different ones, or so many a mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", action="store_true", help="play this one seed and tell its story")
    parser.add_argument("--disputes", type=float, default=DISPUTES, help="so many orders have disputed payments")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a script it would be ignored
    logging.disable(logging.CRITICAL)
    gc.disable()  # schedules leave cycles behind; they are collected between them, not in the middle
    gc.freeze()  # and what is there already stays
    with silence():
        if asked.command == "mutants":
            outcome = hunt(asked.seed, asked.schedules)
            print(json.dumps(outcome))
            return 1 if outcome["missed"] else 0
        if asked.command == "conformance":
            return _conformance(asked.schedules, asked.seed, asked.processes, asked.disputes)
        if asked.one:
            return _one(asked.seed, asked.disputes)
        return _many(asked.schedules, asked.seed, asked.processes, asked.disputes)


def _one(seed: int, disputes: float) -> int:
    played = play(Choices(seed, disputes=disputes))
    if played.wrongs:
        played = shrink(played)
    print(story(seed, played, again=f"make simulate ONE=1{_with(disputes)}"))
    print(json.dumps({"schedules": 1, "distinct": 1, "violations": int(bool(played.wrongs)), "seed": seed}))
    return 1 if played.wrongs else 0


def _many(distinct: int, seed: int, processes: int, disputes: float) -> int:
    many = play_many(distinct, seed, processes, disputes)
    if many.wrong:  # to shorten their stories takes a while
        print(f"{len(many.wrong)} of {many.played} are wrong: {[each for each, _ in many.wrong]}", flush=True)
    for each, played in many.wrong[:_MOST_STORIES]:
        print(story(each, shrink(played), again=f"make simulate ONE=1{_with(disputes)}"))
    outcome = {
        "schedules": many.played,
        "distinct": len(many.seen),
        "violations": len(many.wrong),
        "seed": seed,
        "first_violation": many.wrong[0][0] if many.wrong else None,
        "violating_seeds": [each for each, _ in many.wrong[:_MOST_SEEDS]],
        "interrupted": many.is_interrupted,
        "processes": processes,
        "per_s": round(many.played / many.seconds),
        "per_cpu_s": round(many.played / many.cpu_seconds),
    }
    print(json.dumps(outcome))
    return 1 if many.wrong or many.is_interrupted else 0


def _with(disputes: float) -> str:
    return "" if disputes == DISPUTES else f" DISPUTES={disputes:g}"


def _conformance(schedules: int, seed: int, processes: int, disputes: float) -> int:
    """Needs Postgres, and so more imports than the others."""
    from proof.simulation.conformance.database import database_on, embedded_server
    from proof.simulation.conformance.run import conform

    with embedded_server() as server_url, database_on(server_url) as database_url:
        conformance = conform(database_url, schedules, seed, min(processes, schedules), disputes)
    for each, played in conformance.differing[:1]:
        print(story(each, played, again=f"make conformance N=1{_with(disputes)}"))
    print(json.dumps(conformance.line(seed)))
    return 1 if conformance.differing else 0


if __name__ == "__main__":
    sys.exit(main())
