"""Money is whole, has one currency, and splits so that the parts sum to the whole (rules 1 and 2)."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import CurrencyMismatch, Money, split
from tests.domain.builders import cny, jpy
from tests.domain.strategies import currencies, prices

weights = st.lists(st.integers(0, 5_000), min_size=1, max_size=8)


def test_a_discount_of_2_99_over_three_lines_leaves_no_fen_behind() -> None:
    assert split(299, [4300, 1400, 2300]) == [161, 52, 86]


def test_the_earliest_line_wins_a_tie() -> None:
    assert cny(5).allocate([1, 1, 1, 1]) == [cny(2), cny(1), cny(1), cny(1)]
    assert split(1, [3, 7, 7]) == [0, 1, 0]


def test_weights_of_nothing_split_evenly() -> None:
    assert split(10, [0, 0, 0]) == [4, 3, 3]


def test_amounts_that_no_float_can_hold_stay_exact() -> None:
    huge = 9_007_199_254_740_993

    assert split(huge, [1]) == [huge]
    assert sum(split(huge, [1, 1, 1])) == huge
    assert cny(huge) + cny(huge) == cny(2 * huge)


@pytest.mark.parametrize(("whole", "over"), [(-1, [1]), (1, []), (0, []), (1, [2, -1])])
def test_what_cannot_be_split_is_refused(whole: int, over: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        split(whole, over)


@given(prices, weights)
def test_the_parts_sum_to_the_whole_and_each_is_its_share_but_for_less_than_one(whole: int, over: list[int]) -> None:
    parts = split(whole, over)

    assert sum(parts) == whole
    fair = over if any(over) else [1] * len(over)
    for part, weight in zip(parts, fair, strict=True):
        assert abs(part - Fraction(whole * weight, sum(fair))) < 1


@given(prices, weights)
def test_the_odd_ones_go_to_the_largest_remainders_and_among_equals_to_the_earliest(
    whole: int, over: list[int]
) -> None:
    fair = over if any(over) else [1] * len(over)
    remainders = [whole * weight % sum(fair) for weight in fair]
    extra = [part - whole * weight // sum(fair) for part, weight in zip(split(whole, over), fair, strict=True)]

    served = sorted(range(len(fair)), key=lambda place: (-remainders[place], place))

    assert [extra[place] for place in served] == sorted(extra, reverse=True)


# Two currencies

MEETINGS: list[Callable[[Money, Money], object]] = [
    lambda one, other: one + other,
    lambda one, other: one - other,
    lambda one, other: one.exceeds(other),
    lambda one, other: one.reaches(other),
    lambda one, other: one.at_most(other),
    lambda one, other: one.portion(other, one),
    lambda one, other: one.portion(one, other),
    lambda one, other: Money.total([one, other], one.currency),
    lambda one, other: Money.total([other], one.currency),
]


@given(st.permutations(["CNY", "JPY", "KWD"]), prices, prices)
def test_money_of_two_currencies_never_meets(currencies_apart: list[str], amount: int, other: int) -> None:
    one, another, _ = currencies_apart
    for meet in MEETINGS:
        with pytest.raises(CurrencyMismatch, match=f"{one} with {another}|{another} with {one}"):
            meet(Money(one, amount), Money(another, other))


def test_the_same_number_of_another_currency_is_another_amount() -> None:
    assert cny(100) != jpy(100)


# Comparing


def test_a_threshold_is_reached_by_exactly_its_amount_but_not_exceeded() -> None:
    assert cny(1000_00).reaches(cny(1000_00))
    assert not cny(999_99).reaches(cny(1000_00))
    assert not cny(1000_00).exceeds(cny(1000_00))
    assert cny(1000_01).exceeds(cny(1000_00))


def test_a_cap_cuts_only_what_is_above_it() -> None:
    assert cny(30).at_most(cny(20)) == cny(20)
    assert cny(10).at_most(cny(20)) == cny(10)
    assert cny(-5).not_below_zero() == cny(0)
    assert cny(5).not_below_zero() == cny(5)
    assert bool(cny(-1)) and not bool(cny(0))


@given(st.lists(prices), currencies)
def test_a_total_is_the_sum_and_nothing_comes_to_zero(amounts: list[int], currency: str) -> None:
    assert Money.total((Money(currency, amount) for amount in amounts), currency) == Money(currency, sum(amounts))


# Portions


def test_half_a_fen_of_tax_is_rounded_up() -> None:
    assert cny(1).portion(cny(50), cny(100)) == cny(1)
    assert cny(1).portion(cny(49), cny(100)) == cny(0)
    assert cny(13_00).portion(cny(5_00), cny(100_00)) == cny(65)


def test_a_portion_of_nothing_is_nothing() -> None:
    assert cny(13_00).portion(cny(0), cny(0)) == cny(0)


@given(prices, prices, st.integers(1, 200_000))
def test_a_portion_is_off_by_half_a_minor_unit_at_most(amount: int, part: int, whole: int) -> None:
    portion = cny(amount).portion(cny(part), cny(whole)).minor_units

    assert abs(portion - Fraction(amount * part, whole)) <= Fraction(1, 2)
