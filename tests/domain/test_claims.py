"""What refunds claim of a line: units in turn, money without units, and what is left of both (rules 4 to 6 and 12)."""

import pytest

from domain.claims import Claim, LinePosition
from domain.money import Money
from domain.orders import Discount, OrderLine, book
from domain.refusals import RefundRejected, Refusal
from tests.domain.builders import a_discount, a_line, an_order, cny, points_worth


def sold(line: OrderLine, *discounts: Discount) -> LinePosition:
    return LinePosition(book(an_order([line], discounts)).lines[0], ())


def after(position: LinePosition, *claims: Claim) -> LinePosition:
    return LinePosition(position.line, position.claims + claims)


def without(position: LinePosition, claim: Claim) -> LinePosition:
    return LinePosition(position.line, tuple(each for each in position.claims if each is not claim))


def one_by_one(position: LinePosition) -> list[Claim]:
    for _ in range(position.line.quantity):
        position = after(position, position.claim_units(1))
    return list(position.claims)


def amounts(claims: list[Claim]) -> list[Money]:
    return [claim.amount for claim in claims]


# Units (rule 4)


def test_three_units_that_cost_290_together_come_back_as_96_67_96_67_and_96_66() -> None:
    line = sold(a_line(3, 100_00), a_discount(10_00))

    assert amounts(one_by_one(line)) == [cny(96_67), cny(96_67), cny(96_66)]


def test_four_times_10_00_less_3_99_comes_back_to_the_fen() -> None:
    line = sold(a_line(4, 10_00), a_discount(3_99))

    assert amounts(one_by_one(line)) == [cny(9_01), cny(9_00), cny(9_00), cny(9_00)]


def test_ten_times_23_90_less_a_quarter_comes_back_to_the_fen() -> None:
    line = sold(a_line(10, 23_90), a_discount(59_75))

    assert amounts(one_by_one(line)) == [cny(17_93)] * 5 + [cny(17_92)] * 5


def test_tax_and_points_of_a_unit_come_back_with_it() -> None:
    line = sold(a_line(3, 100_00, tax=34_52), points_worth(5_00, points=500))

    claims = one_by_one(line)

    assert [claim.tax for claim in claims] == [cny(11_51), cny(11_51), cny(11_50)]
    assert [claim.points for claim in claims] == [167, 167, 166]


def test_a_refund_takes_the_next_units_that_nobody_has_claimed() -> None:
    line = sold(a_line(5, 10_00))
    first = line.claim_units(2)
    second = after(line, first).claim_units(2)

    assert first.units.ranges == ((0, 2),)
    assert second.units.ranges == ((2, 4),)
    assert after(line, second).claim_units(3).units.ranges == ((0, 2), (4, 5))


def test_more_units_than_are_left_are_refused() -> None:
    line = sold(a_line(3, 10_00))

    with pytest.raises(RefundRejected, match="2 of line 'l1' asked for, 1 of 3 left") as refused:
        after(line, line.claim_units(2)).claim_units(2)

    assert refused.value.code is Refusal.QUANTITY_NOT_AVAILABLE


# Money without units (rule 5)


def test_a_unit_of_which_5_00_was_adjusted_pays_what_is_left_of_it() -> None:
    line = sold(a_line(2, 50_00))
    adjusted = after(line, line.claim_amount(cny(5_00)))

    claims = one_by_one(adjusted)

    assert amounts(claims) == [cny(5_00), cny(45_00), cny(50_00)]
    assert adjusted.left == cny(95_00)


def test_an_adjustment_of_more_than_one_unit_is_made_good_by_the_units_in_turn() -> None:
    line = sold(a_line(3, 50_00))

    claims = one_by_one(after(line, line.claim_amount(cny(70_00))))

    assert amounts(claims) == [cny(70_00), cny(0), cny(30_00), cny(50_00)]


def test_an_adjustment_moves_no_units_and_restores_no_points() -> None:
    line = sold(a_line(2, 50_00), points_worth(5_00, points=500))

    adjustment = line.claim_amount(cny(95_00))

    assert adjustment.is_adjustment
    assert adjustment.points == 0
    assert after(line, adjustment).free_units.count == 2
    assert [claim.points for claim in one_by_one(after(line, adjustment))] == [0, 250, 250]


def test_an_adjustment_of_more_than_is_left_is_refused() -> None:
    line = sold(a_line(2, 50_00))
    after_a_return = after(line, line.claim_units(1))

    assert after_a_return.claim_amount(cny(50_00)).amount == cny(50_00)
    with pytest.raises(RefundRejected, match="5001 of line 'l1' asked for, 5000 left") as refused:
        after_a_return.claim_amount(cny(50_01))

    assert refused.value.code is Refusal.AMOUNT_NOT_AVAILABLE


def test_the_tax_of_an_adjustment_is_in_proportion_and_the_last_refund_takes_the_rest() -> None:
    line = sold(a_line(1, 100_00, tax=11_50))
    third = line.claim_amount(cny(33_33))
    two_thirds = after(line, third, line.claim_amount(cny(33_33)))

    last = two_thirds.claim_amount(two_thirds.left)

    assert third.tax == cny(3_83)
    assert last.tax == cny(11_50 - 2 * 3_83)


def test_the_tax_of_many_small_adjustments_never_exceeds_the_tax_of_the_line() -> None:
    line = sold(a_line(1, 10, tax=5))
    for _ in range(10):
        line = after(line, line.claim_amount(cny(1)))

    assert [claim.tax.minor_units for claim in line.claims] == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_a_return_after_an_adjustment_carries_the_tax_that_is_left() -> None:
    line = sold(a_line(2, 50_00, tax=11_50))

    claims = one_by_one(after(line, line.claim_amount(cny(20_00))))

    assert [claim.tax for claim in claims] == [cny(2_30), cny(5_75 - 2_30), cny(5_75)]


# Inspection (rule 12)


def test_only_accepted_units_count() -> None:
    line = sold(a_line(3, 100_00, tax=3), a_discount(10_00), points_worth(0, points=5))
    claimed = line.claim_units(3)

    settled = line.claim_again(claimed, accepted=2)

    assert settled.units.ranges == ((0, 2),)
    assert (settled.amount, settled.tax, settled.points) == (cny(193_34), cny(2), 4)


def test_a_claim_of_which_nothing_is_accepted_comes_to_nothing() -> None:
    line = sold(a_line(2, 50_00, tax=2), points_worth(0, points=5))

    settled = line.claim_again(line.claim_units(2), accepted=0)

    assert (settled.amount, settled.tax, settled.points, settled.units.count) == (cny(0), cny(0), 0, 0)


def test_a_unit_that_was_not_accepted_can_be_claimed_again() -> None:
    line = sold(a_line(2, 50_00))
    settled = line.claim_again(line.claim_units(2), accepted=1)

    assert after(line, settled).free_units.count == 1
    assert after(line, settled).claim_units(1).amount == cny(50_00)


def test_an_adjustment_needs_no_inspection() -> None:
    line = sold(a_line(2, 50_00))
    adjustment = line.claim_amount(cny(5_00))

    assert line.claim_again(adjustment, accepted=0) == adjustment


# Adjustments that are refused after all (rules 4 and 6)


def test_a_unit_is_worth_its_price_again_when_an_adjustment_is_refused_before_it_is_settled() -> None:
    line = sold(a_line(1, 50_00, tax=5_00))
    adjustment = line.claim_amount(cny(5_00))
    claimed = after(line, adjustment).claim_units(1)

    settled = line.claim_again(claimed, accepted=1)

    assert claimed.amount == cny(45_00)
    assert (settled.amount, settled.tax) == (cny(50_00), cny(5_00))


def test_no_unit_pays_more_than_its_price_though_another_gave_way_to_a_refused_adjustment() -> None:
    line = sold(a_line(2, 10_00, tax=2_00))
    adjustment = line.claim_amount(cny(15_00))
    gave_way = after(line, adjustment).claim_units(1)
    refused_after_all = without(after(line, adjustment, gave_way), adjustment)

    second = refused_after_all.claim_units(1)

    assert gave_way.amount == cny(0)
    assert second.amount == cny(10_00)


def test_everything_left_includes_what_a_unit_gave_up_for_a_refused_adjustment() -> None:
    line = sold(a_line(2, 10_00, tax=2_00))
    adjustment = line.claim_amount(cny(15_00))
    gave_way = after(line, adjustment).claim_units(1)
    refused_after_all = without(after(line, adjustment, gave_way), adjustment)

    rest = refused_after_all.claim_rest()

    assert [(claim.units.count, claim.amount) for claim in rest] == [(1, cny(10_00)), (0, cny(10_00))]
    assert gave_way.tax + rest[0].tax + rest[1].tax == cny(2_00)
    assert after(refused_after_all, *rest).claim_rest() == ()


def test_a_rejected_unit_carries_no_tax_of_a_refused_adjustment() -> None:
    line = sold(a_line(2, 10_00, tax=2_00))
    adjustment = line.claim_amount(cny(15_00))
    gave_way = after(line, adjustment).claim_units(1)
    refused_after_all = without(after(line, adjustment, gave_way), adjustment)

    settled = refused_after_all.claim_again(refused_after_all.claim_units(1), accepted=0)

    assert (settled.amount, settled.tax) == (cny(0), cny(0))
