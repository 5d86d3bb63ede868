"""Whatever happens to an order: never too much goes back, and in the end exactly what was paid (rules 4 to 7)."""

from hypothesis import given

from domain.claims.claims import ClaimState
from domain.money.amounts import Money
from domain.policy import PromotionRefund
from domain.settlement.owed import due_after_all
from tests.domain.checks import (
    check_no_unit_pays_more_than_was_paid_for_it,
    check_nothing_exceeds_what_was_paid,
    claims_on,
    minor_units,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import UNDER_ONE_POLICY, desks, histories


def check_all_came_back_but_gifts_that_stay(desk: Desk) -> None:
    """Every fen went to a payment, was a fee or a deduction, or was paid for a gift that the customer has for good.

    Or it was paid for a line that is no unit and does not come back (rule 47); or it was not paid yet, and is not to be
    paid any more (rule 50).
    """
    settled, lines = desk.settled.values(), [desk.position.line(line.line_id) for line in desk.sale.lines]
    stays = minor_units(each.paid_for(each.gifts_kept) for each in lines)
    stays += minor_units(desk.position.extra_left(extra).amount for extra in desk.sale.extras)
    fees = minor_units(fee.amount for each in settled for fee in each.fees)
    deductions = minor_units(deduction.amount for each in settled for deduction in each.deductions)
    deductions -= minor_units(back.amount for each in settled for back in each.deductions_returned)
    order, position = desk.order, desk.position
    came_to = minor_units(each.comes_to - each.interest_paid - each.paid_after_all_back for each in settled)
    assert came_to + fees + deductions + stays == minor_units([order.price, order.overpaid])
    left = minor_units(left for _, left in (*position.payments_left, *position.uncaptured_left))
    assert left + position.owed_left.minor_units == fees + deductions + stays
    assert not (position.shipping_left or position.shipping_points_left or position.paid_after_all)


def refund_everything(desk: Desk) -> None:
    desk.refund_all_that_is_left()
    if desk.position.shipping_left or desk.position.shipping_points_left:
        desk.refund_shipping()
    if due_after_all(desk.position):
        desk.pay_back()


@given(desks(PromotionRefund.PRORATE), histories(*UNDER_ONE_POLICY))
def test_pro_rated_no_unit_ever_pays_more_than_was_paid_for_it_and_in_the_end_exactly_that(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps, after_each=check_no_unit_pays_more_than_was_paid_for_it)
    refund_everything(desk)

    check_no_unit_pays_more_than_was_paid_for_it(desk)
    for line in desk.sale.lines:
        claims, stays = claims_on(desk, line), desk.position.line(line.line_id).gifts_kept
        if not stays.ranges:
            assert Money.total((claim.amount for claim in claims), line.gross.currency) == line.paid
            assert Money.total((claim.tax for claim in claims), line.gross.currency) == line.tax
        assert sum(claim.points for claim in claims) == line.points_spent - line.points_of(stays)
    check_all_came_back_but_gifts_that_stay(desk)


@given(desks(PromotionRefund.REPRICE), histories(*UNDER_ONE_POLICY))
def test_repriced_never_goes_back_too_much_and_in_the_end_exactly_what_was_paid(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_nothing_exceeds_what_was_paid)
    refund_everything(desk)

    check_nothing_exceeds_what_was_paid(desk)
    check_all_came_back_but_gifts_that_stay(desk)


@given(desks(), histories())
def test_a_policy_that_changes_between_two_refunds_changes_nothing_about_that(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_nothing_exceeds_what_was_paid)
    refund_everything(desk)

    check_nothing_exceeds_what_was_paid(desk)
    check_all_came_back_but_gifts_that_stay(desk)


@given(desks(), histories())
def test_in_the_end_all_of_the_tax_went_back_with_the_goods(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    refund_everything(desk)

    if not any(desk.position.line(line.line_id).gifts_kept.ranges for line in desk.sale.lines):
        taxes = [claim.tax for each in desk.settled.values() for claim in each.claims]
        assert minor_units(taxes) == minor_units(line.tax for line in desk.sale.lines)


@given(desks(), histories())
def test_what_is_asked_for_while_other_refunds_are_under_way_can_be_paid(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)

    for refund_id in desk.refunds_in(ClaimState.CLAIMED):
        left = minor_units(left for _, left in desk.position.payments_left)
        settlement = desk.settle(refund_id)
        assert (settlement.total - settlement.interest_paid).minor_units <= left
