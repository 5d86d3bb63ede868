"""What an order granted goes back once, though a dispute that took of it is won after all (rules 16, 44 and 52)."""

import pytest

from domain.claims.paid_less import claim_what_was_paid_less
from domain.claims.positions import LineRequest
from domain.claims.reasons import Reason
from domain.settlement.settlement import Settlement
from tests.domain.builders import cny, units
from tests.domain.entitlements.test_grants import a_desk, a_granted_coupon, deducted, granted_credit
from tests.domain.refund_desk import Desk


def taken(settlement: Settlement) -> list[int]:
    return [each.taken.minor_units for each in settlement.grants]


def win_the_dispute(desk: Desk) -> Settlement:
    """Give the loss up, and pay what returned units had paid less for it."""
    desk.release(desk.losses[-1])
    claims = claim_what_was_paid_less(desk.position, ["l1"])
    return desk.refund(*(LineRequest(claim.line_id, None, claim.amount) for claim in claims))


@pytest.mark.parametrize(("lost", "with_it"), [(200_00, 20_00), (100_00, 10_00)])
def test_credit_that_a_won_dispute_gave_again_goes_with_the_rest_of_what_came_back(lost: int, with_it: int) -> None:
    desk = a_desk(granted_credit(for_lines=["l1"]), credit_left=20_00)
    loss = desk.lose_dispute("card", cny(lost))
    returned = desk.refund(units("l1", 2), reason=Reason.QUALITY_ISSUE)

    rest = win_the_dispute(desk)

    assert loss is not None and taken(loss) == [with_it]
    assert (taken(returned), taken(rest)) == ([20_00 - with_it], [with_it])
    assert returned.total + rest.total == cny(200_00)


def test_what_is_owed_for_a_coupon_after_a_lost_dispute_is_not_let_go_as_long_as_that_may_be_won() -> None:
    desk = a_desk(a_granted_coupon())
    loss = desk.lose_dispute("card", cny(100_00))
    returned = desk.refund(units("l1", 2), reason=Reason.QUALITY_ISSUE)

    rest = win_the_dispute(desk)

    assert loss is not None and deducted(loss) == [("granted_coupon", "thanks", 0, 10_00)]
    assert deducted(returned) == [("granted_coupon", "thanks", 10_00, 0)]
    assert [each.is_revoked for each in (*returned.grants, *rest.grants)] == [False, True]
    assert returned.total + rest.total == cny(200_00)


def test_a_coupon_that_went_with_the_whole_price_and_came_again_goes_with_what_its_units_paid_less() -> None:
    desk = a_desk(a_granted_coupon())
    loss = desk.lose_dispute("card", cny(200_00))
    returned = desk.refund(units("l1", 2), reason=Reason.QUALITY_ISSUE)

    rest = win_the_dispute(desk)

    assert loss is not None and [each.is_revoked for each in loss.grants] == [True]
    assert [each.is_revoked for each in (*returned.grants, *rest.grants)] == [False, True]
    assert returned.total + rest.total == cny(200_00)
