"""A parcel that arrives after its refund was paid: what was paid already, and what was not (rule 31)."""

from hypothesis import given
from hypothesis import strategies as st

from domain.claims.after_the_end import Awaited, arrived_after_the_end, still_awaited
from domain.sale.measures import Measure

COUNTS = st.integers(0, 5)


def test_a_lost_parcel_that_was_paid_and_comes_after_all_is_paid_already() -> None:
    (came,) = arrived_after_the_end([Awaited("l1", requested=2, arrived=0, paid=2)], {"l1": 2})

    assert str(came) == "2 × l1 that the refund has paid for"


def test_what_came_too_late_to_be_paid_may_be_asked_for_again() -> None:
    awaited = [Awaited("l1", 3, 1, 1), Awaited("l2", 1, 1, 1)]

    assert still_awaited(awaited) == {"l1": 2}
    (came,) = arrived_after_the_end(awaited, {"l1": 2})
    assert str(came) == "2 × l1 that nothing was paid for: ask for another refund of it"


def test_a_part_of_it_may_be_paid() -> None:
    (came,) = arrived_after_the_end([Awaited("l1", 3, 1, 2)], {"l1": 2})

    assert (came.paid, came.unpaid) == (1, 1)


def test_what_is_weighed_is_told_by_weight_and_both_parts_in_one_sentence() -> None:
    (came,) = arrived_after_the_end([Awaited("l1", 900, 100, 400, Measure("kg"))], {"l1": 700})

    assert str(came).startswith("0.3 kg of l1 that the refund has paid for; 0.4 kg of l1 that nothing was paid for")


@given(COUNTS, COUNTS, COUNTS, st.integers(1, 5))
def test_every_unit_is_either_paid_or_not_and_none_is_paid_twice(arrived: int, more: int, paid: int, came: int) -> None:
    (one,) = arrived_after_the_end([Awaited("l1", arrived + more, arrived, paid)], {"l1": came})

    assert one.paid + one.unpaid == came
    assert one.paid + min(paid, arrived) <= paid
