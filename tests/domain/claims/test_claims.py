"""What refunds claim of a line: units in turn, money without units, and what is left of both (rules 4 to 6 and 12)."""

import pytest

from domain.claims.claims import take_the_same_money
from domain.refusals import RefundRejected, Refusal
from tests.domain.builders import a_discount, a_line, an_order, cny, money_only, points_worth, units
from tests.domain.refund_desk import Desk
from tests.domain.sold_lines import after, amounts, one_by_one, sold

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


def test_two_adjustments_of_the_same_lines_take_the_same_money_and_two_returns_never_do() -> None:
    desk = Desk(an_order([a_line(2, 100_00), a_line(2, 100_00)]))
    asked = [
        desk.claims_of(desk.request(*lines))
        for lines in (
            [money_only("l1", 5_00), money_only("l2", 7_00)],
            [money_only("l2", 7_00), money_only("l1", 5_00)],
            [money_only("l1", 5_00)],
            [units("l1", 1)],
            [units("l1", 1)],
        )
    ]

    assert [take_the_same_money(asked[0], other) for other in asked[1:3]] == [True, False]
    assert not take_the_same_money(asked[3], asked[4])
