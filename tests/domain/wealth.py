"""What refunds of an order change in everything a customer has, in minor units; what is spent meanwhile is neutral.

A point may be worth a part of a minor unit, so these are fractions. What is deducted for points is floored: the part of
a minor unit that is left is the customer's (rule 20).
"""

from fractions import Fraction

from domain.campaigns.campaigns import RewardTakeBack
from domain.money.point_worth import PointWorth
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement
from tests.domain.checks import minor_units
from tests.domain.refund_desk import Desk


def _point_value(desk: Desk) -> PointWorth:
    return desk.policy.point_value_in(desk.order.currency)


def _worth(points: int, value: PointWorth) -> Fraction:
    return Fraction(points * value.minor_units, value.points)


def change_of(desk: Desk) -> Fraction:
    """Money that came back and is not owed, store credit, points at their value, and coupons that were revoked."""
    return sum((_change(each, _point_value(desk)) for each in desk.settled.values()), Fraction(0))


def _change(settlement: Settlement, value: PointWorth) -> Fraction:
    owed = minor_units(each.owed for each in settlement.deductions)
    owed -= minor_units(each.owed for each in settlement.deductions_returned)
    points = settlement.points.net - sum(each.taken_points for each in settlement.take_backs)
    gone = minor_units(each.taken for each in settlement.take_backs)
    own = [each for each in settlement.grants if not each.grant.customer_id]
    gone += minor_units(each.taken for each in own)
    gone += minor_units(each.grant.value for each in own if each.is_revoked)
    return settlement.comes_to.minor_units - owed + _worth(points, value) - gone


def due_of(desk: Desk) -> Fraction:
    """The same from what was refunded and what had to go back for it, whatever became of that in between."""
    value, settled = _point_value(desk), desk.settled.values()
    due = Fraction(sum(minor_units([each.goods, each.extras_paid, each.shipping]) for each in settled))
    due += sum(minor_units([each.interest_paid, each.overpaid_back, each.paid_after_all_back]) for each in settled)
    due -= minor_units(fee.amount for each in settled for fee in each.fees)
    due -= minor_units(gift.value for each in settled for gift in each.gifts)
    points = sum(each.points.restored - each.points.clawed_back + each.points.forgiven for each in settled)
    due += _worth(points, value) + sum(_floored_away(each.points.deducted, value) for each in settled)
    for take_back in (each for one in settled for each in one.take_backs):
        due -= _due_for(take_back, value)
    return due


def _due_for(take_back: RewardTakeBack, value: PointWorth) -> Fraction:
    """What a reward that is not earned any more is worth; of points that are gone, as much as is deducted for them."""
    reward = take_back.reward
    if reward.kind is not RewardKind.POINTS:
        return Fraction(reward.amount.minor_units)
    return _worth(reward.points, value) - _floored_away(reward.points - take_back.taken_points, value)


def _floored_away(points: int, value: PointWorth) -> Fraction:
    return _worth(points, value) - value.of(points).minor_units
