"""Units of a line behave like a set, and what a whole comes to on them adds up exactly (rule 4)."""

from hypothesis import given
from hypothesis import strategies as st

from domain.sale.units import Units

QUANTITY = 12

members = st.integers(0, 2**QUANTITY - 1).map(lambda bits: {unit for unit in range(QUANTITY) if bits >> unit & 1})
quantities = st.integers(1, 50)
wholes = st.integers(0, 100_000)


def units_of(numbers: set[int]) -> Units:
    return Units.union(Units(((number, number + 1),)) for number in numbers)


def numbers_of(units: Units) -> set[int]:
    return {number for start, end in units.ranges for number in range(start, end)}


def test_units_that_touch_are_one_range() -> None:
    assert units_of({0, 1, 5}) == Units(((0, 2), (5, 6)))
    assert units_of({0, 1, 2}) == Units.of_line(3)


def test_a_line_of_nothing_has_no_units() -> None:
    assert Units.of_line(0) == Units()
    assert Units.of_line(0).count == 0


@given(st.lists(members, max_size=4))
def test_a_unit_that_is_named_twice_counts_once(sets: list[set[int]]) -> None:
    union = Units.union(units_of(numbers) for numbers in sets)

    assert numbers_of(union) == set().union(*sets)
    assert union.count == len(set().union(*sets))


@given(members)
def test_the_same_units_are_written_the_same_way(numbers: set[int]) -> None:
    units = units_of(numbers)
    by_halves = Units.union([units_of({n for n in numbers if n % 2}), units_of({n for n in numbers if n % 2 == 0})])

    assert units == by_halves
    gaps = zip(units.ranges, units.ranges[1:], strict=False)
    assert all(end < start for (_, end), (start, _) in gaps)


@given(members, members)
def test_what_is_taken_is_gone_and_nothing_else_is(numbers: set[int], taken: set[int]) -> None:
    left = units_of(numbers).without(units_of(taken))

    assert numbers_of(left) == numbers - taken
    assert left == units_of(numbers - taken)


@given(members, st.integers(0, QUANTITY + 2))
def test_the_next_units_are_the_earliest_ones(numbers: set[int], quantity: int) -> None:
    first = units_of(numbers).first(quantity)

    assert numbers_of(first) == set(sorted(numbers)[:quantity])


def test_the_first_units_carry_the_odd_fen() -> None:
    shares = [Units(((unit, unit + 1),)).share_of(290_00, 3) for unit in range(3)]

    assert shares == [96_67, 96_67, 96_66]


@given(wholes, quantities)
def test_the_shares_of_all_units_sum_to_the_whole_and_differ_by_one_at_most(whole: int, quantity: int) -> None:
    shares = [Units(((unit, unit + 1),)).share_of(whole, quantity) for unit in range(quantity)]

    assert sum(shares) == whole == Units.of_line(quantity).share_of(whole, quantity)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@given(wholes, members, members)
def test_parts_carry_together_what_they_carry_apart(whole: int, numbers: set[int], others: set[int]) -> None:
    both = units_of(numbers | others).share_of(whole, QUANTITY)

    apart = units_of(numbers).share_of(whole, QUANTITY) + units_of(others - numbers).share_of(whole, QUANTITY)

    assert both == apart
