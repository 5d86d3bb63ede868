"""Simulated time, and what a refund waits for in it: cores that are shared, event loops, and places to be inside of.

A story is a generator: each value that it yields is something to wait for, which calls back when that is over.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

Resume = Callable[[], None]
Wait = Callable[[Resume], None]
Story = Iterator[Wait]


class World:
    """What is due, in the order of time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._due: list[tuple[float, int, Resume]] = []
        self._numbers = itertools.count()

    def at(self, when_s: float, do: Resume) -> None:
        heapq.heappush(self._due, (when_s, next(self._numbers), do))

    def pause(self, for_s: float) -> Wait:
        return lambda resume: self.at(self.now_s + for_s, resume)

    def begin(self, story: Story) -> None:
        def go_on() -> None:
            if (wait := next(story, None)) is not None:
                wait(go_on)

        go_on()

    def run(self, until_s: float = float("inf")) -> None:
        """Let time pass until nothing is due any more, or until then."""
        while self._due and self._due[0][0] <= until_s:
            self.now_s, _, do = heapq.heappop(self._due)
            do()
        if self._due:
            self.now_s = until_s


class Level:
    """How many there are of something, over time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.now = self.most = 0
        self._since_s = self._total_s = 0.0

    def change(self, by: int) -> None:
        self._total_s += self.now * (self._world.now_s - self._since_s)
        self._since_s = self._world.now_s
        self.now += by
        self.most = max(self.most, self.now)

    @property
    def total_s(self) -> float:
        """The seconds that all of them were there, together."""
        return self._total_s + self.now * (self._world.now_s - self._since_s)

    @property
    def mean(self) -> float:
        return self.total_s / self._world.now_s if self._world.now_s else 0.0


class Machine:
    """Cores that all threads that want to compute share evenly; a thread has one of them at most.

    So all get on equally fast, and are done in the order of what each still had to do in a time of their own, which
    passes slower the more of them there are.
    """

    def __init__(self, world: World, cores: float) -> None:
        self.cores = cores
        self.computing = Level(world)
        self._world = world
        self._own_s = self._since_s = self._busy_s = 0.0
        self._ends: list[tuple[float, int, Resume]] = []
        self._numbers = itertools.count()
        self._plan = 0

    def compute(self, for_s: float) -> Wait:
        """Compute for so many seconds of a core, in a thread of its own."""

        def begin(resume: Resume) -> None:
            self._pass()
            heapq.heappush(self._ends, (self._own_s + for_s, next(self._numbers), resume))
            self.computing.change(1)
            self._plan_next()

        return begin

    @property
    def busy_s(self) -> float:
        """The seconds of a core that were used so far."""
        return self._busy_s + (self._world.now_s - self._since_s) * min(len(self._ends), self.cores)

    @property
    def busy(self) -> float:
        """What part of the cores was used."""
        return self.busy_s / self.cores / self._world.now_s if self._world.now_s else 0.0

    def _speed(self) -> float:
        return min(1.0, self.cores / len(self._ends)) if self._ends else 0.0

    def _pass(self) -> None:
        passed_s = self._world.now_s - self._since_s
        self._own_s += passed_s * self._speed()
        self._busy_s += passed_s * min(len(self._ends), self.cores)
        self._since_s = self._world.now_s

    def _plan_next(self) -> None:
        self._plan += 1  # what was planned before is not so any more
        if self._ends:
            left_s = max(self._ends[0][0] - self._own_s, 0.0) / self._speed()
            self._world.at(self._world.now_s + left_s, partial(self._end, self._plan))

    def _end(self, plan: int) -> None:
        if plan != self._plan:
            return
        self._pass()
        ends_s, _, resume = heapq.heappop(self._ends)
        self._own_s = max(self._own_s, ends_s)
        self.computing.change(-1)
        self._plan_next()
        resume()


class EventLoop:
    """A program of one thread: what is ready stands in line, and one at a time computes on a core of the machine."""

    def __init__(self, world: World, machine: Machine) -> None:
        self.waiting = Level(world)
        self.computing = Level(world)
        self._machine = machine
        self._line: deque[tuple[float, Resume]] = deque()

    def compute(self, for_s: float) -> Wait:
        def begin(resume: Resume) -> None:
            self._line.append((for_s, resume))
            self.waiting.change(1)
            if len(self._line) == 1:
                self._next()

        return begin

    def _next(self) -> None:
        for_s, resume = self._line[0]

        def done() -> None:
            self._line.popleft()
            self.computing.change(-1)
            if self._line:
                self._next()
            resume()

        self.waiting.change(-1)
        self.computing.change(1)
        self._machine.compute(for_s)(done)


class Slots:
    """So many may be inside; of those who wait the one with the least place comes next."""

    def __init__(self, world: World, count: int) -> None:
        self.waiting = Level(world)
        self.inside = Level(world)
        self.free = count
        self._waiting: list[tuple[float, int, Resume]] = []
        self._numbers = itertools.count()

    def enter(self, place: float = 0.0) -> Wait:
        def begin(resume: Resume) -> None:
            if self.free:
                self._let_in(resume)
            else:
                self.waiting.change(1)
                heapq.heappush(self._waiting, (place, next(self._numbers), resume))

        return begin

    def leave(self) -> None:
        self.inside.change(-1)
        self.free += 1
        if self._waiting:
            self.waiting.change(-1)
            self._let_in(heapq.heappop(self._waiting)[2])

    def _let_in(self, resume: Resume) -> None:
        self.free -= 1
        self.inside.change(1)
        resume()
