"""`make conformance N=2000`: play schedules on both books, on every core; those in which they differ are told."""

import gc
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from db.engine import open_engine
from proof.simulation.choices import DISPUTES, Choices
from proof.simulation.conformance.clock import Clock
from proof.simulation.conformance.database import copy_of
from proof.simulation.conformance.pair import Pair
from proof.simulation.conformance.real import Loop, RealActivities, RealWorld
from proof.simulation.schedule import Played, Schedule

_CONNECTIONS = 4
_COLLECT_EVERY = 50


@dataclass(slots=True)
class Conformance:
    """What came of many schedules: those in which the books differed, by their seeds."""

    played: int = 0
    differing: list[tuple[int, Played]] = field(default_factory=list)
    seconds: float = 0.0

    def line(self, seed: int) -> dict[str, Any]:
        """What the last line of the output says."""
        return {
            "schedules": self.played,
            "differences": len(self.differing),
            "per_s": round(self.played / self.seconds, 1),
            "seed": seed,
        }


def conform(template_url: str, schedules: int, seed: int, processes: int, disputes: float = DISPUTES) -> Conformance:
    """Play the schedules seed, seed + 1, … on copies of a database of `conformance.database`, one for each process.

    `disputes` says how many orders have disputed payments.
    """
    outcome, started = Conformance(), time.perf_counter()
    seeds = [range(seed + part, seed + schedules, processes) for part in range(processes)]
    parts = [(template_url, each, disputes) for each in seeds]
    if processes == 1:
        some = [_conform_some(parts[0])]
    else:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            some = pool.map(_conform_some, parts)
    for each in some:
        outcome.played += each.played
        outcome.differing += each.differing
    outcome.differing.sort(key=lambda differing: differing[0])
    outcome.seconds = time.perf_counter() - started
    return outcome


def _conform_some(part: tuple[str, range, float]) -> Conformance:
    template_url, seeds, disputes = part
    outcome = Conformance()
    with copy_of(template_url) as url, _activities_on(url) as (activities, loop, clock):
        for seed in seeds:
            try:
                played = _play(_choices(seed, disputes), RealWorld(activities, loop, f"m{seed}"), clock)
                if played.wrongs:
                    again = RealWorld(activities, loop, f"m{seed}-again")
                    played = _play(_choices(seed, disputes), again, clock, looks_at_every_step=True)
                    outcome.differing.append((seed, played))
            except Exception as failed:  # not every error can be sent to another process, which would wait for it
                raise RuntimeError(f"schedule {seed} can't be played: {failed!r}") from None
            outcome.played += 1
            if outcome.played % _COLLECT_EVERY == 0:
                gc.collect()
    return outcome


def _choices(seed: int, disputes: float) -> Choices:
    """The real books have no system of the merchant's beside them: no order of these has any."""
    return Choices(seed, disputes=disputes, systems=0.0)


@contextmanager
def _activities_on(url: str) -> Iterator[tuple[RealActivities, Loop, Clock]]:
    loop, engine = Loop(), open_engine(url, pool_size=_CONNECTIONS, ping_after_s=None)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            clock = Clock(connection)
            with clock.worn():
                yield RealActivities(engine), loop, clock
    finally:
        loop.wait_for(engine.dispose())
        loop.close()


def _play(choices: Choices, real: RealWorld, clock: Clock, *, looks_at_every_step: bool = False) -> Played:
    """Play one; only one that went wrong is looked at after every step, to tell where it began."""
    clock.put_apart(choices.seed)
    pair = Pair(choices, real, clock, looks_at_every_step=looks_at_every_step)
    wrongs = Schedule(pair).run()
    pair.compare("at the end")
    pair.end()
    return Played(pair.scenario, tuple(pair.told), tuple(pair.differing or wrongs), tuple(choices.made))
