"""The arithmetic between what `make bench` measures and what it tells."""

import pytest

from proof.bench.bill import Bill
from proof.bench.report import Counted, figures, table
from proof.bench.scenes import BARE, DBOS, DBOS_RICH, DBOS_TWICE, EMPTY, MANY, ONE, PLAIN, RETURN, RICH, SAME_SHAPE
from proof.bench.summary import Key, Sample, Spread, cpu_ms, percentile, rate, ratio, ratio_of_times
from proof.queueing.costs import Measured

_A, _B = ("a", 30), ("b", 30)


def a_sample(per_s: float = 1.0, *times: float, **cpu: float) -> Sample:
    return Sample(per_s, {"submit": times or (1.0,), "completed": times or (1.0,)}, cpu or {"postgres": 2.0})


def test_a_percentile_is_one_of_the_times_and_the_99th_of_a_hundred_leaves_one_out() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]

    assert (percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1.0)) == (50.0, 99.0, 100.0)
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_a_rate_is_the_median_of_the_rounds_with_its_spread() -> None:
    assert rate([{_A: a_sample(10.0)}, {_A: a_sample(30.0)}, {_A: a_sample(11.0)}], _A) == Spread(11.0, 10.0, 30.0)


def test_a_ratio_is_taken_within_each_round_so_a_slow_round_weighs_on_both() -> None:
    quick, slow = {_A: a_sample(20.0), _B: a_sample(10.0)}, {_A: a_sample(2.0), _B: a_sample(1.0)}

    assert ratio([quick, slow, slow], _A, _B) == Spread(2.0, 2.0, 2.0)


def test_times_are_compared_over_all_rounds_together() -> None:
    rounds = [{_A: a_sample(1, 4.0), _B: a_sample(1, 1.0)}, {_A: a_sample(1, 8.0, 6.0), _B: a_sample(1, 2.0, 3.0)}]

    assert ratio_of_times(rounds, _A, _B, "submit", 0.5) == 6.0 / 2.0
    assert ratio_of_times(rounds, _A, _B, "submit", 0.99) == 8.0 / 3.0


def test_cpu_is_a_median_by_program_and_the_sum_is_of_those_that_do_it() -> None:
    rounds = [{_A: a_sample(worker=10.0, caller=5.0)}, {_A: a_sample(worker=14.0, api=2.0, caller=7.0)}]

    assert cpu_ms(rounds, _A, ("worker", "api")) == {"worker": 12.0, "caller": 6.0, "api": 1.0, "all": 13.0}


@pytest.fixture
def counted() -> Counted:
    bill = Bill((("workflow task", 13, 3),), local=("load", "close_refund"))
    asked = {"statements": 70.0, "transactions": 9.0, "parses": 0.0, "post_statements": 14.0}
    return Counted(bill, bill, bill, asked)


@pytest.fixture
def a_round() -> dict[Key, Sample]:
    many = {name: a_sample(6.0) for name in (PLAIN, RICH, RETURN, DBOS_RICH)}
    many |= {SAME_SHAPE: a_sample(8.0), EMPTY: a_sample(12.0), DBOS: a_sample(3.0), DBOS_TWICE: a_sample(4.0)}
    one = {PLAIN: a_sample(1.0, 30.0, 40.0), BARE: a_sample(1.0, 20.0, 20.0)}
    return {(name, MANY): each for name, each in many.items()} | {(name, ONE): each for name, each in one.items()}


def test_makewhole_is_compared_with_dbos_in_as_many_processes_as_do_more(
    a_round: dict[Key, Sample], counted: Counted
) -> None:
    told = figures([a_round], counted)

    assert (told["dbos_per_s"], told["dbos_processes"], told["ratio_to_dbos"]) == (4.0, 2, 1.5)
    assert (told["ratio_to_same_shape"], told["ratio_to_floor"]) == (0.75, 0.5)
    assert (told["submit_p50_ms"], told["submit_p50_ratio"], told["submit_p99_ratio"]) == (30.0, 1.5, 2.0)
    assert (told["events_per_refund"], told["actions_per_refund"], told["local_activities"]) == (13, 3, 2)


def test_what_plain_refunds_cost_and_took_is_told_as_the_queueing_reads_it(
    a_round: dict[Key, Sample], counted: Counted
) -> None:
    read = [Measured.read(each) for each in figures([a_round, a_round], counted)["plain"]]

    assert [(each.callers, each.count, each.per_s) for each in read] == [(ONE, 2, 1.0), (MANY, 1, 6.0)]
    assert (read[0].submit_ms, read[0].costs.postgres, read[0].costs.worker) == ((30.0, 40.0), 0.002, 0.0)


def test_the_table_has_a_line_for_everything_that_was_measured(a_round: dict[Key, Sample], counted: Counted) -> None:
    shown = table([a_round, a_round], counted)

    assert all(shown.count(f"| {name} | {callers} |") == 2 for name, callers in a_round)
    assert f"| {PLAIN} : {DBOS_TWICE} | 1.50 (1.50–1.50) |" in shown
