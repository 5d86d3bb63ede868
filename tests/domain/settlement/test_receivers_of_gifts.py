"""The receiver of a gift gets credit for it; what the giver has spent is the giver's to make good (rule 56)."""

from dataclasses import replace

from hypothesis import given

from domain.claims.reasons import Reason
from domain.entitlements.grants import Grant
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy
from domain.sale.orders import RewardKind
from domain.sale.payments import PaymentMethod
from domain.settlement.deductions import NOT_A_RECEIVERS, DeductionKind
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_gift, a_line, a_payment, an_order, cny, points_worth, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories

# Receivers of gifts (rule 56)

RECEIVER = "han-meimei"


def given_as(settlement: Settlement) -> list[tuple[str, Money, RefundTo]]:
    return [(each.payment.payment_id, each.amount, each.goes_to) for each in settlement.payouts]


def test_all_of_it_becomes_credit_however_it_was_paid_and_nothing_comes_on_top() -> None:
    card, credit = a_payment("p1", 60_00), a_payment("p2", 40_00, method=PaymentMethod.STORE_CREDIT)
    order = an_order([a_line(1, 100_00)], payments=[card, credit])

    settlement = Desk(order, Policy(store_credit_bonus_bp=1_000)).refund(beneficiary=RECEIVER)

    assert given_as(settlement) == [
        ("p1", cny(60_00), RefundTo.STORE_CREDIT),
        ("p2", cny(40_00), RefundTo.STORE_CREDIT),
    ]
    assert settlement.credit_bonus is None


def test_what_the_giver_has_spent_is_owed_and_not_taken_off_the_receivers_credit() -> None:
    granted = Grant("thanks", RewardKind.COUPON, cny(30_00), is_used=True)
    desk = Desk(an_order([a_line(1, 100_00)]), shopper=Shopper(grants=[granted]))

    settlement = desk.refund(beneficiary=RECEIVER)

    assert settlement.total == cny(100_00)
    assert [(each.kind, each.amount, each.owed) for each in settlement.deductions] == [
        (DeductionKind.GRANTED_COUPON, cny(0), cny(30_00))
    ]


def test_a_gift_that_came_with_the_goods_and_stays_away_is_taken_off_what_the_receiver_gets() -> None:
    desk = Desk(an_order([a_line(1, 100_00), a_gift(20_00)]))

    settlement = desk.refund(units("l1", 1), beneficiary=RECEIVER)

    assert (settlement.total, [each.kind for each in settlement.deductions]) == (
        cny(80_00),
        [DeductionKind.MISSING_GIFT],
    )


def test_the_givers_points_are_corrected_as_for_any_refund() -> None:
    order = an_order([a_line(2, 50_00)], [points_worth(10_00, points=1_000)], points_earned=90)
    giver, receiver = Desk(order, shopper=Shopper(points=500)), Desk(order, shopper=Shopper(points=500))

    own, given_back = giver.refund(units("l1", 1)), receiver.refund(units("l1", 1), beneficiary=RECEIVER)

    assert own.points == given_back.points
    assert (given_back.points.restored, given_back.points.clawed_back) == (500, 45)


@given(desks(), histories())
def test_whoever_gets_it_everything_but_the_money_is_corrected_alike(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    if not any(desk.position.line(line.line_id).free_units.count for line in desk.sale.lines):
        return

    own, receivers = (_all_that_is_left(desk, beneficiary) for beneficiary in (None, RECEIVER))

    assert _corrected(own) == _corrected(receivers)
    taken = [each.amount.minor_units for each in own.deductions if each.kind in NOT_A_RECEIVERS]
    returned = [each.amount.minor_units for each in own.deductions_returned]
    assert receivers.comes_to.minor_units >= own.comes_to.minor_units - sum(returned)
    assert receivers.comes_to.minor_units <= own.comes_to.minor_units + sum(taken)


def _all_that_is_left(desk: Desk, beneficiary: str | None) -> Settlement:
    refund_id = desk.request(reason=Reason.MERCHANT_BREACH, beneficiary=beneficiary)
    settlement = desk.settle(refund_id)
    desk.release(refund_id)
    return settlement


def _corrected(settlement: Settlement) -> Settlement:
    """The settlement without what depends on whose money it is."""
    return replace(
        settlement,
        total=settlement.total.like(0),
        payouts=(),
        deductions=(),
        deductions_returned=(),
        lessened=None,
        credit_bonus=None,
        explanations=(),
    )
