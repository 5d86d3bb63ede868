"""What refunds of an order change in everything a customer has, in minor units; what is spent meanwhile is neutral."""

from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement
from tests.domain.checks import minor_units
from tests.domain.refund_desk import Desk


def _point_value(desk: Desk) -> int:
    """What one point is worth; generated policies say whole minor units, so nothing is floored away."""
    worth = desk.policy.point_value_in(desk.order.currency)
    assert worth.points == 1
    return worth.minor_units


def change_of(desk: Desk) -> int:
    """Money that came back and is not owed, store credit, points at their value, and coupons that were revoked."""
    return sum(_change(each, _point_value(desk)) for each in desk.settled.values())


def _change(settlement: Settlement, point_value: int) -> int:
    owed = minor_units(each.owed for each in settlement.deductions)
    owed -= minor_units(each.owed for each in settlement.deductions_returned)
    points = settlement.points.net - sum(each.taken_points for each in settlement.take_backs)
    gone = minor_units(each.taken for each in settlement.take_backs)
    own = [each for each in settlement.grants if not each.grant.customer_id]
    gone += minor_units(each.taken for each in own)
    gone += minor_units(each.grant.value for each in own if each.is_revoked)
    return settlement.total.minor_units - owed + point_value * points - gone


def due_of(desk: Desk) -> int:
    """The same from what was refunded and what had to go back for it, whatever became of that in between."""
    point_value, settled = _point_value(desk), desk.settled.values()
    due = sum(minor_units([each.goods, each.extras_paid, each.shipping]) for each in settled)
    due -= minor_units(fee.amount for each in settled for fee in each.fees)
    due -= minor_units(gift.value for each in settled for gift in each.gifts)
    due += point_value * sum(each.points.restored - each.points.clawed_back + each.points.forgiven for each in settled)
    for reward in (each.reward for one in settled for each in one.take_backs):
        is_points = reward.kind is RewardKind.POINTS
        due -= point_value * reward.points if is_points else reward.amount.minor_units
    return due
