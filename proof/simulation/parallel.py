"""Plays schedules by the thousand on every core, until as many of them were different as are asked for."""

import gc
import multiprocessing
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from proof.simulation.choices import DISPUTES, Choices
from proof.simulation.schedule import Played, play

_COLLECT_EVERY = 50
_AT_A_TIME = 1_000


@dataclass(slots=True)
class Many:
    """What came of many schedules: `wrong` by their seeds, `seconds` on the clock, `cpu_seconds` of all processes.

    `is_interrupted` says that not all that were asked for were played.
    """

    played: int = 0
    seen: set[int] = field(default_factory=set)
    wrong: list[tuple[int, Played]] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    is_interrupted: bool = False

    def add(self, some: "Many") -> None:
        self.played += some.played
        self.seen |= some.seen
        self.wrong += some.wrong
        self.cpu_seconds += some.cpu_seconds


def play_many(distinct: int, seed: int, processes: int, disputes: float = DISPUTES) -> Many:
    """Play the seeds seed, seed + 1, … until so many schedules were different.

    `disputes` says how many orders have disputed payments.
    The same ones are played whatever the number of processes. These are forked, so that one fingerprint means the
    same in all of them. Ctrl-C ends it with what has been played by then.
    """
    many, started = Many(), time.perf_counter()
    with multiprocessing.get_context("fork").Pool(processes, _leave_interrupts_to_the_parent) as pool:
        try:
            while (missing := distinct - len(many.seen)) > 0:
                next_seed = seed + many.played
                for some in pool.imap(partial(_play_some, disputes=disputes), _parts(next_seed, next_seed + missing)):
                    many.add(some)
        except KeyboardInterrupt:
            many.is_interrupted = True
    many.seconds = time.perf_counter() - started
    return many


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _parts(start: int, end: int) -> Iterator[range]:
    return (range(each, min(each + _AT_A_TIME, end)) for each in range(start, end, _AT_A_TIME))


def _play_some(seeds: range, disputes: float) -> Many:
    some, cpu = Many(len(seeds)), time.process_time()
    for seed in seeds:
        try:
            played = play(Choices(seed, disputes=disputes))
        except Exception as error:
            raise RuntimeError(f"the schedule of seed {seed} can't be played to its end") from error
        some.seen.add(played.fingerprint)
        if played.wrongs:
            some.wrong.append((seed, played))
        if seed % _COLLECT_EVERY == 0:
            gc.collect()
    some.cpu_seconds = time.process_time() - cpu
    return some
