"""The model of the queueing keeps to what is known of all queues, and can be held against what the bench tells."""

from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proof.queueing.costs import Costs, Measured
from proof.queueing.forecast import by_callers, of_bench, on_paper, sized
from proof.queueing.house import House, Layout
from proof.queueing.refunds import Refunds, as_it_is, by_dice
from proof.queueing.world import EventLoop, Machine, Slots, Story, World

PLAIN = Costs(caller=0.001, api=0.018, postgres=0.025, temporal=0.027, worker=0.07, provider=0.002, beside=0.004)
COSTS = st.builds(Costs, *(st.floats(0.001, 0.08) for _ in range(7)))
LAYOUTS = st.builds(Layout, st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), requests=st.integers(1, 20))
CALLERS = st.integers(1, 12)
_FEW = settings(max_examples=25, deadline=None)


def sojourns(waits: str, cores: int, per_s: float) -> list[float]:
    """How long those take who come by chance, so many a second, and compute for a second in the mean."""
    world, draw, taken = World(), by_dice(7), list[float]()
    machine = Machine(world, cores)
    compute = {"in line": EventLoop(world, machine).compute, "together": machine.compute}[waits]

    def one() -> Story:
        began_s = world.now_s
        yield compute(draw(1.0))
        taken.append(world.now_s - began_s)

    def come() -> Story:
        for _ in range(20_000):
            world.begin(one())
            yield world.pause(draw(1 / per_s))

    world.begin(come())
    world.run()
    return taken


@pytest.mark.parametrize(
    ("waits", "cores", "per_s", "known_s"),
    [("in line", 1, 0.5, 2.0), ("together", 1, 0.5, 2.0), ("together", 2, 1.0, 4 / 3), ("in line", 2, 0.5, 2.0)],
)
def test_who_comes_by_chance_waits_as_long_as_is_known_of_such_lines(
    waits: str, cores: int, per_s: float, known_s: float
) -> None:
    assert mean(sojourns(waits, cores, per_s)) == pytest.approx(known_s, rel=0.08)


def test_of_those_who_wait_to_be_inside_the_first_place_comes_next() -> None:
    world, came = World(), list[int]()
    slots = Slots(world, 1)

    def one(place: int) -> Story:
        yield slots.enter(place)
        yield world.pause(1)
        came.append(place)
        slots.leave()

    for place in (3, 2, 1):
        world.begin(one(place))
    world.run()

    assert (came, world.now_s, slots.waiting.total_s) == ([3, 1, 2], 3.0, 3.0)


@given(COSTS, LAYOUTS, CALLERS, st.integers(0, 9))
@_FEW
def test_as_many_are_under_way_in_the_mean_as_come_in_the_time_that_each_takes(
    costs: Costs, layout: Layout, callers: int, seed: int
) -> None:
    world = World()
    house = House(world, layout)
    refunds = Refunds(world, house, costs, by_dice(seed))
    refunds.by_callers(callers, 3 * callers)
    world.run()

    per_s, each_s = 3 * callers / world.now_s, mean(refunds.seen.completed)
    assert house.under_way.mean == pytest.approx(per_s * each_s)
    assert (house.connections.now, house.tasks.waiting.now, house.commits.inside.now) == (0, 0, 0)
    assert all(worker.free == 15 and worker.turns.free == 2 for worker in house.workers)


@given(COSTS, LAYOUTS, CALLERS)
@_FEW
def test_no_more_are_done_than_the_tightest_place_can(costs: Costs, layout: Layout, callers: int) -> None:
    done = by_callers(layout, costs, callers, 3 * callers, as_it_is)

    until_complete = costs.whole - costs.beside - costs.of_temporal - costs.of_worker
    of_cores = (layout.cores or 0) / until_complete
    of_loops = layout.workers / (costs.worker - costs.of_worker), layout.apis / costs.api
    assert done.per_s <= min(of_cores, *of_loops, callers / until_complete) * (1 + 1e-9)


@given(COSTS, LAYOUTS, CALLERS)
@_FEW
def test_with_more_cores_no_fewer_are_done(costs: Costs, layout: Layout, callers: int) -> None:
    assert layout.cores
    more = Layout(layout.apis, layout.workers, layout.cores + 1, requests=layout.requests)

    before, after = (by_callers(each, costs, callers, 3 * callers, as_it_is).per_s for each in (layout, more))
    assert after >= before * 0.97  # in another order the last of few may end a little later


def test_where_commits_come_one_after_another_the_line_grows_there() -> None:
    free, one_by_one = (
        on_paper(PLAIN, 40, 5, by_dice(1), Layout(8, 8, None, 4, 4, commit_s=commit_s)) for commit_s in (0.0, 0.01)
    )

    assert free.per_s > 36
    assert one_by_one.per_s < 100 / 6
    assert (one_by_one.tightest.name, one_by_one.tightest.busy > 0.9) == ("commits that tell", True)


def test_what_is_bought_is_in_use_as_far_as_is_meant() -> None:
    paper = on_paper(PLAIN, 30, 20, by_dice(1), sized(PLAIN, 30))

    assert (paper.layout.apis, paper.layout.workers) == (1, 4)
    busy = {place.name: place.busy for place in paper.places}
    assert busy["worker"] == pytest.approx(30 * PLAIN.worker / 4, rel=0.1)
    assert busy["PostgreSQL"] == pytest.approx(30 * PLAIN.postgres / 2, rel=0.1)


def test_a_scene_of_the_bench_is_foretold_from_what_it_cost() -> None:
    seen = Measured(8, 24, 0.0, (0.0, 0.0), (0.0, 0.0), PLAIN)

    foretold = of_bench(seen, seen.costs, cores=2, seeds=range(3))

    assert foretold.per_s == pytest.approx(2 / PLAIN.whole, rel=0.15)
    assert foretold.submit_ms[0] < foretold.completed_ms[0] < foretold.completed_ms[1]
