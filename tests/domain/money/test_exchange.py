"""What a payment in another currency is worth at the rate of the sale (rule 53)."""

from fractions import Fraction

import pytest

from domain.money.amounts import Money
from domain.money.exchange import fits, rate, worth


@pytest.mark.parametrize(
    ("amount", "written", "currency", "share"),
    [
        (Money("USD", 1_82), "7.1234", "CNY", 12_96),  # 12.964588
        (Money("USD", 1_00), "7.125", "CNY", 7_13),  # 7.125, rounded half up
        (Money("JPY", 1_000), "0.0473", "CNY", 47_30),
        (Money("CNY", 47_30), "21.14", "JPY", 1_000),  # 999.92
        (Money("KWD", 1_234), "23.5", "CNY", 29_00),  # 28.999
        (Money("JPY", 100), "0.00201", "KWD", 201),
    ],
)
def test_minor_units_differ_and_the_rate_is_of_whole_units(
    amount: Money, written: str, currency: str, share: int
) -> None:
    assert worth(amount, rate(written), currency) == Money(currency, share)


@pytest.mark.parametrize(("share", "does_fit"), [(12_95, False), (12_96, True), (12_97, True), (12_98, False)])
def test_a_share_fits_its_rate_rounded_up_or_down(share: int, does_fit: bool) -> None:
    assert fits(Money("USD", 1_82), rate("7.1234"), Money("CNY", share)) is does_fit


@pytest.mark.parametrize(
    "written", ["", "0", "0.000", "-1", "+1", "1e3", "1,5", ".5", "1.", "1/2", "NaN", "٣", "1" * 13]
)
def test_what_is_no_decimal_above_zero_is_no_rate(written: str) -> None:
    with pytest.raises(ValueError, match="a decimal above zero"):
        rate(written)


def test_a_rate_is_exact() -> None:
    assert rate("0.000000000001") == Fraction(1, 10**12)


def test_a_share_a_whole_minor_unit_apart_does_not_fit() -> None:
    assert not fits(Money("USD", 1_00), rate("7"), Money("CNY", 7_01))


def test_who_writes_no_rate_is_told_how_one_is_written() -> None:
    with pytest.raises(
        ValueError, match=r'^write a rate as a decimal .* "7\.1234", with at most 12 digits on each side$'
    ):
        rate("0")
