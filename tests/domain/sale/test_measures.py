"""Quantities that were measured: how they are written, and what a part of them comes to (rule 48)."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.entitlements.grants import UndoneShare, undone_share
from domain.money.amounts import Money
from domain.refusals import RefundRejected
from domain.sale.measures import Measure, as_said, count_of, in_words, one_way_to_write, times_of
from domain.sale.orders import Discount, OrderLine
from domain.sale.sales import book
from domain.sale.snapshots import SnapshotStep, take
from domain.sale.units import Units
from tests.domain.builders import a_coupon, a_gift, a_line, an_order, at_a_total, cny, on, units
from tests.domain.refund_desk import Desk
from tests.domain.sold_lines import after, amounts, sold

KG = Measure("kg")
KG_AS_NUMBERS = Measure("kg", is_text=False)


def weighed(grams: int, total: int, *, tax: int = 0, gift: bool = False) -> OrderLine:
    return replace(at_a_total(total, quantity=grams, tax=tax, gift=gift), measure=KG)


# How they are written


@pytest.mark.parametrize(
    ("said", "measure", "count"),
    [("0.4", KG, 400), ("12.125", KG, 12_125), ("2", KG, 2_000), (2, KG_AS_NUMBERS, 2_000), (2, None, 2), ("0", KG, 0)],
)
def test_a_quantity_is_counted_in_thousandths_where_it_has_a_unit(
    said: int | str, measure: Measure | None, count: int
) -> None:
    assert count_of(said, measure) == count
    assert as_said(count, measure) == said


def test_a_part_of_a_unit_is_text_also_where_whole_ones_are_numbers() -> None:
    assert as_said(1_500, KG_AS_NUMBERS) == "1.5"


@pytest.mark.parametrize(("text", "form"), [("0.40", "0.4"), ("2.000", "2"), ("10", "10"), ("0.0", "0")])
def test_a_decimal_is_brought_to_one_form(text: str, form: str) -> None:
    assert one_way_to_write(text) == form


@pytest.mark.parametrize("text", ["", "0.4.1", "-1", "+1", "1e3", ".5", "5.", " 1", "٣", "01", "1,5", "1000000", "NaN"])
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is a decimal like"):
        one_way_to_write(text)


@pytest.mark.parametrize("text", ["0.4567", "0.4000"])
def test_what_is_written_finer_than_in_thousandths_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="finer than a thousandth"):
        one_way_to_write(text)


def test_text_is_refused_where_nothing_is_measured() -> None:
    with pytest.raises(ValueError, match="whole number"):
        count_of("2", None)


def test_people_read_it_with_its_unit() -> None:
    assert (in_words(400, KG), in_words(3, None)) == ("0.4 kg", "3")
    assert (times_of(400, KG, "l1"), times_of(3, None, "l1")) == ("0.4 kg of l1", "3 × l1")


# What a part comes to


def test_a_quarter_of_what_was_weighed_comes_back_as_a_quarter_of_its_price() -> None:
    desk = Desk(an_order([weighed(400, 7_96)]))

    assert [desk.refund(units("l1", 100)).total, desk.refund(units("l1", 300)).total] == [cny(1_99), cny(5_97)]


def test_a_kilogram_at_less_than_a_fen_a_gram_comes_back_in_proportion_too() -> None:
    desk = Desk(an_order([weighed(1_000, 1_99)]))

    parts = [desk.refund(units("l1", grams)).total.minor_units for grams in (200, 300, 500)]

    assert parts == [40, 60, 99]


def test_more_than_is_left_is_refused_in_the_unit_it_was_sold_in() -> None:
    desk = Desk(an_order([weighed(400, 7_96)]))
    desk.refund(units("l1", 100))

    with pytest.raises(RefundRejected, match=r"0\.301 kg of line 'l1' asked for, 0\.3 kg of 0\.4 kg left"):
        desk.refund(units("l1", 301))


def test_a_unit_price_is_for_a_kilogram() -> None:
    line = replace(a_line(400, 19_90), measure=KG)

    assert line.gross == cny(7_96)


def test_a_gift_by_weight_is_worth_its_value_for_a_kilogram() -> None:
    gift = replace(a_gift(20_00, quantity=250), measure=KG)

    settlement = Desk(an_order([a_line(), gift])).refund(units("l1", 1))

    assert [each.value for each in settlement.gifts] == [cny(5_00)]


def test_a_kilogram_weighs_like_a_unit_where_nothing_has_a_price() -> None:
    lines = book(replace(an_order([weighed(2_000, 0), a_line(2, 0)]), payments=())).lines

    assert undone_share(lines, {"l1": Units.of_line(1_000)}) == UndoneShare(1_000, 4_000, is_all=False)


# Properties

a_part = st.integers(1, 400)
discounts = st.lists(st.integers(0, 300), max_size=3)


@given(st.integers(1, 1_500), st.integers(0, 3_000), discounts, st.integers(0, 100), st.lists(a_part, max_size=12))
def test_parts_come_back_in_proportion_and_sum_to_the_whole_in_every_order(
    grams: int, total: int, off: list[int], tax_percent: int, parts: list[int]
) -> None:
    assume(sum(off) <= total)
    given_: list[Discount] = [a_coupon(each, coupon_id=f"c{place}") for place, each in enumerate(off)]
    paid = total - sum(off)
    line = sold(weighed(grams, total, tax=paid * tax_percent // 100), *given_)
    for part in [*parts, grams]:
        if left := line.free_units.count:
            line = after(line, line.claim_units(min(part, left)))

    assert Money.total(amounts(list(line.claims)), "CNY") == cny(paid)
    for claim in line.claims:
        assert abs(claim.amount.minor_units * grams - paid * claim.units.count) < grams
        assert claim.tax.minor_units <= claim.amount.minor_units <= line.line.gross_of(claim.units).minor_units
    assert Money.total((claim.tax for claim in line.claims), "CNY") == line.line.tax


@given(st.integers(0, 5_000), st.integers(1, 300), st.data())
def test_every_thousandth_carries_as_much_as_any_other_or_one_more(
    whole: int, quantity: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, quantity - 1))

    carried = Units(((place, place + 1),)).portion_of(whole, quantity)

    assert carried in (whole // quantity, -(-whole // quantity))
    assert Units.of_line(quantity).portion_of(whole, quantity) == whole


# Snapshots


def test_the_same_weight_written_as_a_number_sells_nothing_differently() -> None:
    known = an_order([weighed(2_000, 8_00)])
    lines = tuple(replace(line, measure=KG_AS_NUMBERS) for line in known.lines)

    assert take(known, replace(known, lines=lines, updated_at=on(9)), is_booked=True).step is SnapshotStep.RENAMED


def test_another_unit_is_another_sale() -> None:
    known = an_order([weighed(2_000, 8_00)])
    lines = tuple(replace(line, measure=Measure("lb")) for line in known.lines)

    assert take(known, replace(known, lines=lines, updated_at=on(9)), is_booked=True).step is SnapshotStep.RESOLD


@pytest.mark.parametrize(
    ("text", "told"),
    [("a", r'^a quantity as text is .* to "999999\.999"$'), ("0.0001", r"^a quantity has .* finer than a thousandth$")],
)
def test_who_writes_no_quantity_is_told_how_one_is_written(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        one_way_to_write(text)
    with pytest.raises(ValueError, match=r"^a quantity as text is for .*: say a whole number$"):
        count_of("2", None)
