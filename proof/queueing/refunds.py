"""One plain refund's way, from its request to the end, and many of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from proof.queueing.costs import STATEMENTS, STATEMENTS_OF_POST, STEPS, TELLING, Costs
from proof.queueing.house import Api, House, Worker
from proof.queueing.world import EventLoop, Resume, Story, Wait, World

Draw = Callable[[float], float]
"""How long something takes this time that takes so long in the mean."""


def by_dice(seed: int) -> Draw:
    """No piece of work is as long as the next: each is drawn, exponentially."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    return lambda mean: dice.expovariate(1 / mean) if mean else 0.0


def as_it_is(mean: float) -> float:
    return mean


@dataclass(slots=True)
class Seen:
    """How long each took, in seconds, in the order in which they ended."""

    submit: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)


class Refunds:
    """Has refunds done in a house, and sees how long they take."""

    def __init__(self, world: World, house: House, costs: Costs, draw: Draw) -> None:
        self.seen = Seen()
        self._world = world
        self._house = house
        self._costs = costs
        self._draw = draw
        self._asked = 0

    def by_callers(self, callers: int, count: int) -> None:
        """So many in all, by callers each of whom asks for the next when one is complete."""
        left = iter(range(count))

        def next_one() -> None:
            if next(left, None) is not None:
                self.ask(next_one)

        for _ in range(callers):
            next_one()

    def by_themselves(self, per_s: float, for_s: float) -> None:
        """As many as come in that time, each whenever it likes."""

        def come() -> Story:
            while self._world.now_s < for_s:
                self.ask(lambda: None)
                yield self._world.pause(self._draw(1 / per_s))

        self._world.begin(come())

    def ask(self, when_complete: Resume) -> None:
        self._asked += 1
        self._house.under_way.change(1)
        self._world.begin(self._refund(self._asked, when_complete))

    def _refund(self, number: int, when_complete: Resume) -> Story:
        began_s, house, costs = self._world.now_s, self._house, self._costs
        yield house.outside.compute(self._draw(costs.caller))
        yield from self._post(house.apis[number % len(house.apis)])
        self.seen.submit.append(self._world.now_s - began_s)
        yield house.temporal.compute(self._draw(costs.of_temporal))
        taken: list[Worker] = []
        yield house.tasks.take(taken)
        (worker,) = taken
        yield worker.loop.compute(self._draw(costs.of_worker))
        for step, statements in enumerate(_by_step()):
            yield worker.turns.enter(number)
            yield from self._statements(worker.loop, costs.of_worker, statements, telling=int(step < TELLING - 1))
            worker.turns.leave()
            if step == STEPS // 2:
                yield house.outside.compute(self._draw(costs.provider))
        self.seen.completed.append(self._world.now_s - began_s)
        self.seen.ended_s.append(self._world.now_s)
        house.under_way.change(-1)
        when_complete()
        yield worker.loop.compute(self._draw(costs.of_worker))
        yield house.temporal.compute(self._draw(costs.of_temporal))
        house.tasks.give_back(worker)
        yield house.outside.compute(self._draw(costs.beside))

    def _post(self, api: Api) -> Story:
        yield api.requests.enter()
        yield from self._statements(api.loop, self._costs.of_api, STATEMENTS_OF_POST, telling=1)
        yield api.loop.compute(self._draw(self._costs.of_api))
        yield self._house.temporal.compute(self._draw(self._costs.of_temporal))
        api.requests.leave()

    def _statements(self, loop: EventLoop, each: float, count: int, telling: int) -> Iterator[Wait]:
        """A transaction of so many statements, which waits for its turn to commit as often as it tells of news."""
        house = self._house
        house.connections.change(1)
        for _ in range(count):
            yield loop.compute(self._draw(each))
            if house.layout.round_trip_s:
                yield self._world.pause(house.layout.round_trip_s)
            yield house.postgres.compute(self._draw(self._costs.statement))
        if house.layout.commit_s:
            for _ in range(telling):
                yield house.commits.enter()
                yield self._world.pause(house.layout.commit_s)
                house.commits.leave()
        house.connections.change(-1)


def _by_step() -> list[int]:
    """How many statements each step of a worker has."""
    each, more = divmod(STATEMENTS - STATEMENTS_OF_POST, STEPS)
    return [each + (step < more) for step in range(STEPS)]
