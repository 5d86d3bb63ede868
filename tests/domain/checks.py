"""What must hold of every order and every settlement at any time."""

from collections.abc import Iterable

from domain.claims.claims import Claim
from domain.money.amounts import Money
from domain.money.point_worth import PointWorth
from domain.payout.choice import RefundTo
from domain.sale.orders import RewardKind
from domain.sale.payments import PaymentMethod
from domain.sale.sales import SoldLine
from domain.settlement.deductions import NOT_A_RECEIVERS
from domain.settlement.settlement import Settlement
from tests.domain.refund_desk import Desk


def claims_on(desk: Desk, line: SoldLine) -> list[Claim]:
    return [claim for claim in desk.claims if claim.line_id == line.line_id]


def minor_units(amounts: Iterable[Money]) -> int:
    return sum(amount.minor_units for amount in amounts)


def check_nothing_exceeds_what_was_paid(desk: Desk) -> None:
    """Per order, payment, shipping and for all goods; a unit never pays more than it cost before discounts."""
    settled = desk.settled.values()
    for payment in desk.order.payments:
        shares = [
            tender.amount
            for each in settled
            for tender in each.payouts
            if tender.payment.payment_id == payment.payment_id
        ]
        most = payment.worth.minor_units if payment.is_captured else 0
        assert minor_units(shares) <= most
        before = desk.position.paid_before(payment)
        assert 0 <= before.own.minor_units <= payment.amount.minor_units
        if payment.order_amount is not None and before.worth == payment.worth:
            assert before.own == payment.amount
        assert all(share.minor_units > 0 for share in shares)
    assert minor_units(each.total for each in settled) <= desk.order.captured.minor_units
    lessened = [each.lessened for each in settled if each.lessened]
    due_after_all = desk.position.paid_after_all
    assert due_after_all.minor_units >= 0
    after_all = minor_units([due_after_all, *(each.paid_after_all_back for each in settled)])
    assert minor_units(each.total for each in lessened) <= desk.position.not_paid_yet.minor_units + after_all
    assert all(left.minor_units >= 0 for _, left in desk.position.uncaptured_left)
    assert minor_units(each.overpaid_back for each in settled) <= desk.order.overpaid.minor_units
    assert minor_units(each.goods for each in settled) <= desk.sale.goods_paid.minor_units
    for extra in desk.sale.extras:
        back = [each for settlement in settled for each in settlement.extras if each.line_id == extra.line_id]
        assert all(each.amount.minor_units >= 0 and each.tax.minor_units >= 0 and each.points >= 0 for each in back)
        assert minor_units(each.amount for each in back) <= extra.paid.minor_units
        assert minor_units(each.tax for each in back) <= extra.tax.minor_units
    assert minor_units(each.shipping for each in settled) <= desk.sale.shipping_paid.minor_units
    for line in desk.sale.lines:
        _check_units(line, claims_on(desk, line))
    taxes = [claim.tax for each in settled for claim in each.claims]
    assert all(tax.minor_units >= 0 for tax in taxes)
    assert minor_units(taxes) <= minor_units(line.tax for line in desk.sale.lines)


def _check_units(line: SoldLine, claims: list[Claim]) -> None:
    taken = [unit for claim in claims for start, end in claim.units.ranges for unit in range(start, end)]
    assert len(set(taken)) == len(taken) <= line.quantity
    for claim in claims:
        most = line.paid if claim.is_adjustment or line.gift else line.gross_of(claim.units) - claim.absorbed
        assert 0 <= claim.amount.minor_units <= most.minor_units


def check_no_unit_pays_more_than_was_paid_for_it(desk: Desk) -> None:
    """Where promotions are pro-rated, no line and no unit pays back more than was paid for it."""
    for line in desk.sale.lines:
        claims = claims_on(desk, line)
        assert minor_units(claim.amount for claim in claims) <= line.paid.minor_units
        assert minor_units(claim.tax for claim in claims) <= line.tax.minor_units
        for claim in claims:
            assert claim.is_adjustment or claim.amount + claim.absorbed == line.price_of(claim.units)


def check_no_point_moves_twice(desk: Desk) -> None:
    effects = [each.points for each in desk.settled.values()]
    assert all(effect.restored >= 0 and effect.clawed_back >= 0 and effect.from_balance >= 0 for effect in effects)
    assert sum(effect.restored for effect in effects) <= desk.order.points_spent
    assert sum(effect.clawed_back for effect in effects) <= desk.order.points_earned


def check_it_adds_up(settlement: Settlement) -> None:
    off = minor_units(deduction.amount for deduction in settlement.deductions)
    fees = minor_units(fee.amount for fee in settlement.fees)
    back = minor_units(deduction.amount for deduction in settlement.deductions_returned)
    paid = minor_units([settlement.goods, settlement.extras_paid, settlement.shipping])
    paid += minor_units([settlement.interest_paid, settlement.overpaid_back, settlement.paid_after_all_back])
    lessened = settlement.lessened.total.minor_units if settlement.lessened else 0
    assert settlement.comes_to.minor_units == paid + back - fees - off
    assert settlement.total.minor_units == settlement.comes_to.minor_units - lessened
    assert settlement.total.minor_units >= 0
    assert minor_units(tender.amount for tender in settlement.payouts) == settlement.total.minor_units
    assert all(each.amount.minor_units >= 0 and each.owed.minor_units >= 0 for each in settlement.deductions)
    assert all(0 <= fee.amount.minor_units <= fee.at_most.minor_units for fee in settlement.fees)


def check_where_it_goes(settlement: Settlement, *, is_given: bool) -> None:
    """Gift cards and store credit go back to themselves, and what is given on top is no more than was chosen.

    What `is_given` to the receiver of a gift is all credit, with nothing on top.
    """
    chosen = [each for each in settlement.payouts if each.goes_to is RefundTo.STORE_CREDIT]
    if is_given:
        assert (len(chosen), settlement.credit_bonus) == (len(settlement.payouts), None)
        return
    another_way = [each for each in settlement.payouts if each.goes_to is not RefundTo.ORIGINAL]
    themselves = (PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT)
    assert all(each.payment.method not in themselves for each in another_way)
    assert 0 <= settlement.credit_bonus_given.minor_units <= minor_units(each.amount for each in chosen)


def check_what_is_missing(
    settlement: Settlement, point_value: PointWorth, *, has_moved: bool = False, is_given: bool = False
) -> None:
    """Rewards, grants, points and gifts that are gone are deducted or owed, whole and once.

    Nothing can be deducted of money that `has_moved` elsewhere (rule 51), nor of what `is_given` to the receiver of a
    gift anything that the giver has spent (rule 56).
    """
    shortfall = point_value.of(settlement.points.deducted)
    missing = [
        *(each.missing for each in settlement.take_backs),
        *(each.missing for each in settlement.grants),
        shortfall,
        *(each.value for each in settlement.gifts),
    ]
    assert [each.amount + each.owed for each in settlement.deductions] == [value for value in missing if value]
    if is_given:
        givers = [each for each in settlement.deductions if each.kind in NOT_A_RECEIVERS]
        assert not any(each.amount for each in (*givers, *settlement.deductions_returned))
        assert not settlement.comes_to or not any(each.owed for each in settlement.deductions if each not in givers)
    elif has_moved:
        assert not any(each.amount for each in (*settlement.deductions, *settlement.deductions_returned))
    else:
        assert not settlement.comes_to or not any(each.owed for each in settlement.deductions)
    for each in settlement.take_backs:
        if each.reward.kind is not RewardKind.POINTS:
            assert each.taken + each.missing == each.reward.amount
        assert 0 <= each.taken_points <= each.reward.points
