"""Where refunds are done: APIs, workers, PostgreSQL and Temporal, on one machine or on many."""

from collections import deque
from dataclasses import dataclass

from proof.queueing.world import EventLoop, Level, Machine, Resume, Slots, Wait, World
from temporal_client.turns import AT_ONCE as STEPS_AT_ONCE

TASKS_AT_ONCE = 15
"""Of a worker, as `worker.py` has it."""

CONNECTIONS_OF_AN_API = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """How many of each, and on what.

    cores: of the one machine on which all is; None where each API and worker has a core of its own, and PostgreSQL and
    Temporal machines with as many as said. round_trip_s: from a program to PostgreSQL and back, without what PostgreSQL
    does. commit_s: for how long a commit that tells of news keeps all others from it. requests: that an API works at.
    """

    apis: int
    workers: int
    cores: float | None = None
    postgres_cores: int = 1
    temporal_cores: int = 1
    round_trip_s: float = 0.0
    commit_s: float = 0.0
    requests: int = CONNECTIONS_OF_AN_API


class Worker:
    def __init__(self, world: World, machine: Machine) -> None:
        self.loop = EventLoop(world, machine)
        self.turns = Slots(world, STEPS_AT_ONCE)
        self.in_hand = Level(world)

    @property
    def free(self) -> int:
        return TASKS_AT_ONCE - self.in_hand.now


class TaskQueue:
    """Temporal's: who comes first is taken first, by the worker that has the least in hand."""

    def __init__(self, world: World, workers: list[Worker]) -> None:
        self.waiting = Level(world)
        self._workers = workers
        self._line: deque[tuple[list[Worker], Resume]] = deque()

    def take(self, taken: list[Worker]) -> Wait:
        """Wait for a worker, which is put into the list."""

        def begin(resume: Resume) -> None:
            self.waiting.change(1)
            self._line.append((taken, resume))
            self._hand_out()

        return begin

    def give_back(self, worker: Worker) -> None:
        worker.in_hand.change(-1)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._line and (worker := max(self._workers, key=lambda each: each.free)).free:
            worker.in_hand.change(1)
            self.waiting.change(-1)
            taken, resume = self._line.popleft()
            taken.append(worker)
            resume()


@dataclass(frozen=True, slots=True)
class Api:
    loop: EventLoop
    requests: Slots


class House:
    """All of it, in one world. outside: where callers and the provider compute."""

    def __init__(self, world: World, layout: Layout) -> None:
        shared = None if layout.cores is None else Machine(world, layout.cores)
        self.layout = layout
        self.postgres = shared or Machine(world, layout.postgres_cores)
        self.temporal = shared or Machine(world, layout.temporal_cores)
        self.outside = shared or Machine(world, float("inf"))
        self.apis = [
            Api(EventLoop(world, shared or Machine(world, 1)), Slots(world, layout.requests))
            for _ in range(layout.apis)
        ]
        self.workers = [Worker(world, shared or Machine(world, 1)) for _ in range(layout.workers)]
        self.tasks = TaskQueue(world, self.workers)
        self.commits = Slots(world, 1)
        self.connections = Level(world)
        self.under_way = Level(world)
