"""What the model foretells: of a run of the bench, and of so many refunds a second on machines that nobody has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import mean, median

from api.shares import AT_ONCE as REQUESTS_OF_A_MERCHANT
from proof.bench.summary import percentile
from proof.queueing.costs import Costs, Measured
from proof.queueing.house import TASKS_AT_ONCE, House, Layout
from proof.queueing.refunds import Draw, Refunds, by_dice
from proof.queueing.world import Level, World
from temporal_client.turns import AT_ONCE as STEPS_AT_ONCE

BUSY = 0.6
"""What part of each core is in use, of those that are bought: the rest is room for a minute that is busier."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """Times are in milliseconds: the median, and the 99th of a hundred."""

    per_s: float
    submit_ms: tuple[float, float]
    completed_ms: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to wait. busy: what part of it was in use. line: how many waited there, in the mean."""

    name: str
    busy: float
    line: float


@dataclass(frozen=True, slots=True)
class OnPaper:
    """came_per_s: how many came in a second, per_s: how many were complete. connections: the most that were in use."""

    layout: Layout
    came_per_s: float
    per_s: float
    completed_ms: tuple[float, float]
    connections: int
    places: Sequence[Place]

    @property
    def tightest(self) -> Place:
        return max(self.places, key=lambda place: place.busy)


def of_bench(measured: Measured, costs: Costs, cores: int, seeds: Sequence[int]) -> Foretold:
    """Foretell a scene of the bench: as many callers and refunds, on one machine, of one merchant; medians of seeds.

    What others used of the cores was not there to be used.
    """
    left = max(cores - measured.others, 0.1)
    layout = Layout(apis=1, workers=min(cores, 2), cores=left, requests=REQUESTS_OF_A_MERCHANT)
    played = [by_callers(layout, costs, measured.callers, measured.count, by_dice(seed)) for seed in seeds]

    def of_all(part: Callable[[Foretold], float]) -> float:
        return median(part(each) for each in played)

    return Foretold(
        per_s=of_all(lambda each: each.per_s),
        submit_ms=(of_all(lambda each: each.submit_ms[0]), of_all(lambda each: each.submit_ms[1])),
        completed_ms=(of_all(lambda each: each.completed_ms[0]), of_all(lambda each: each.completed_ms[1])),
    )


def by_callers(layout: Layout, costs: Costs, callers: int, count: int, draw: Draw) -> Foretold:
    world = World()
    refunds = Refunds(world, House(world, layout), costs, draw)
    refunds.by_callers(callers, count)
    world.run()
    seen = refunds.seen
    return Foretold(count / seen.ended_s[-1], _of(seen.submit), _of(seen.completed))


def sized(costs: Costs, per_s: float) -> Layout:
    """As many of each as are in use to BUSY."""

    def needed(cost: float) -> int:
        return max(ceil(per_s * cost / BUSY), 1)

    of_temporal = needed(costs.temporal)
    return Layout(needed(costs.api), needed(costs.worker), None, needed(costs.postgres), of_temporal)


def on_paper(costs: Costs, per_s: float, for_s: float, draw: Draw, layout: Layout) -> OnPaper:
    """Have refunds come for so long, and look how it stands then: nobody waits for those that are still under way."""
    world = World()
    house = House(world, layout)
    refunds = Refunds(world, house, costs, draw)
    refunds.by_themselves(per_s, for_s)
    world.run(until_s=for_s)
    ended = len(refunds.seen.completed)
    return OnPaper(
        layout=layout,
        came_per_s=(ended + house.under_way.now) / for_s,
        per_s=ended / for_s,
        completed_ms=_of(refunds.seen.completed),
        connections=house.connections.most,
        places=_places(house, for_s),
    )


def apart(layout: Layout, round_trip_s: float, commit_s: float) -> Layout:
    return replace(layout, round_trip_s=round_trip_s, commit_s=commit_s)


def _places(house: House, for_s: float) -> list[Place]:
    apis, workers = house.apis, house.workers

    def level(name: str, inside: Sequence[Level], room: int, waiting: Sequence[Level]) -> Place:
        return Place(name, mean(each.mean for each in inside) / room, sum(each.mean for each in waiting))

    turns = [each.turns for each in workers]
    servers = (("PostgreSQL", house.postgres), ("Temporal", house.temporal))
    return [
        level("API", [each.loop.computing for each in apis], 1, [each.loop.waiting for each in apis]),
        level("worker", [each.loop.computing for each in workers], 1, [each.loop.waiting for each in workers]),
        level("steps of a worker", [each.inside for each in turns], STEPS_AT_ONCE, [each.waiting for each in turns]),
        level("tasks of workers", [each.in_hand for each in workers], TASKS_AT_ONCE, [house.tasks.waiting]),
        level("commits that tell", [house.commits.inside], 1, [house.commits.waiting]),
        *(Place(name, each.busy, max(each.computing.mean - each.busy_s / for_s, 0.0)) for name, each in servers),
    ]


def _of(seconds: Sequence[float]) -> tuple[float, float]:
    return percentile(seconds, 0.5) * 1_000, percentile(seconds, 0.99) * 1_000
