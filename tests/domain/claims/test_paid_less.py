"""Units that came back pay the rest once money off them is given up after all (rules 5 and 52)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.claims import ClaimState
from domain.claims.paid_less import claim_what_was_paid_less
from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from tests.domain.builders import a_line, a_payment, an_order, cny, money_only, units
from tests.domain.checks import minor_units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


def due(desk: Desk, *line_ids: str) -> list[tuple[str, int]]:
    claims = claim_what_was_paid_less(desk.position, line_ids)
    return [(claim.line_id, claim.amount.minor_units) for claim in claims]


def test_a_loss_that_is_won_when_its_units_are_back_is_due_to_who_returned_them() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=100), shopper=Shopper(points=100))
    desk.lose_dispute("card", cny(50_00))
    desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    before = due(desk, "l1", "l2")
    desk.release(desk.losses[-1])

    assert (before, due(desk, "l1", "l2"), due(desk, "l2")) == ([], [("l1", 30_00)], [])


def test_money_that_was_asked_for_first_and_refused_is_due_with_its_tax() -> None:
    desk = Desk(an_order([a_line(2, 50_00, tax=10_00)]))
    asked = desk.request(money_only("l1", 20_00))
    desk.refund(units("l1", 2), reason=Reason.QUALITY_ISSUE)
    desk.release(asked)

    (claim,) = claim_what_was_paid_less(desk.position, ["l1"])

    assert (claim.amount, claim.tax, claim.is_adjustment) == (cny(20_00), cny(2_00), True)


@pytest.mark.parametrize(("reason", "interest"), [(Reason.QUALITY_ISSUE, [3_25, 3_25]), (Reason.CHANGED_MIND, [0, 0])])
def test_interest_that_a_bank_had_taken_comes_with_the_rest_of_what_came_back_for_the_merchants_fault(
    reason: Reason, interest: list[int]
) -> None:
    card = replace(a_payment("card", 106_50), interest=cny(6_50))
    desk = Desk(an_order([a_line(2, 50_00)], payments=[card]))
    desk.lose_dispute("card", cny(106_50))
    desk.refund(units("l1", 1), reason=reason)
    desk.release(desk.losses[-1])

    rest = desk.pay_the_rest()
    kept = desk.refund(units("l1", 1), reason=reason)

    assert [each.interest_paid.minor_units for each in (rest, kept)] == interest
    assert [each.goods for each in (rest, kept)] == [cny(50_00), cny(50_00)]


def test_what_is_not_settled_yet_pays_the_whole_price_by_itself() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))
    asked = desk.request(money_only("l1", 20_00))
    returned = desk.request(units("l1", 2), reason=Reason.QUALITY_ISSUE)
    desk.release(asked)

    assert due(desk, "l1") == []
    assert desk.settle(returned).total == cny(100_00)


def test_what_somebody_has_asked_for_already_is_theirs() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))
    asked = desk.request(money_only("l1", 20_00))
    desk.refund(units("l1", 2), reason=Reason.QUALITY_ISSUE)
    desk.release(asked)
    desk.request(money_only("l1", 15_00))

    assert due(desk, "l1") == [("l1", 5_00)]


@given(desks(), histories())
def test_whatever_was_given_up_what_came_back_is_worth_its_price_once_that_is_paid(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    for refund_id in desk.refunds_in(ClaimState.CLAIMED):
        desk.release(refund_id)
    lines = [line.line_id for line in desk.sale.lines]
    claims = claim_what_was_paid_less(desk.position, lines)
    before = {line_id: desk.position.line(line_id).open_adjustments for line_id in lines}

    if claims:
        desk.refund(*(LineRequest(claim.line_id, None, claim.amount) for claim in claims))

    assert minor_units(claim.amount for claim in claims) == -sum(min(each.minor_units, 0) for each in before.values())
    assert claim_what_was_paid_less(desk.position, lines) == ()
