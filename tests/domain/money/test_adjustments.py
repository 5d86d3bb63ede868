"""Money goes back without units, and a later return pays what is left (rules 4 to 6)."""

import pytest

from domain.refusals import RefundRejected, Refusal
from tests.domain.builders import a_discount, a_line, cny, points_worth
from tests.domain.sold_lines import after, amounts, one_by_one, sold, without


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


def test_small_adjustments_leave_no_more_tax_to_the_rest_than_the_rest_pays() -> None:
    line = sold(a_line(1, 62, tax=10))
    for amount in (32, 9, 8, 3, 6, 3, 1):
        line = after(line, line.claim_amount(cny(amount)))

    assert [claim.tax.minor_units for claim in line.claims] == [5, 1, 1, 0, 1, 1, 1]


def test_a_line_with_more_tax_than_was_paid_for_it_is_adjusted_in_proportion() -> None:
    line = sold(a_line(1, 62, tax=10), a_discount(57))

    assert line.claim_amount(cny(1)).tax == cny(2)


def test_a_return_after_an_adjustment_carries_the_tax_that_is_left() -> None:
    line = sold(a_line(2, 50_00, tax=11_50))

    claims = one_by_one(after(line, line.claim_amount(cny(20_00))))

    assert [claim.tax for claim in claims] == [cny(2_30), cny(5_75 - 2_30), cny(5_75)]


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


def test_the_last_unit_takes_the_tax_that_went_with_a_refused_adjustment() -> None:
    line = sold(a_line(2, 5, tax=1))
    refused = line.claim_amount(cny(5))
    gave_way = after(line, refused).claim_units(1)
    another = after(line, refused, gave_way).claim_amount(cny(5))

    last = after(line, gave_way, another).claim_units(1)

    assert (refused.tax, gave_way.tax, another.tax) == (cny(1), cny(0), cny(0))
    assert (last.amount, last.tax) == (cny(5), cny(1))


def test_a_rejected_unit_carries_no_tax_of_a_refused_adjustment() -> None:
    line = sold(a_line(2, 10_00, tax=2_00))
    adjustment = line.claim_amount(cny(15_00))
    gave_way = after(line, adjustment).claim_units(1)
    refused_after_all = without(after(line, adjustment, gave_way), adjustment)

    settled = refused_after_all.claim_again(refused_after_all.claim_units(1), accepted=0)

    assert (settled.amount, settled.tax) == (cny(0), cny(0))
