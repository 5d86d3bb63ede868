"""What a refund holds between its settlement and its payout, so that it can't be spent in between (rule 37)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db import claims, customers, holds, payouts, refunds, rewards, standings
from db.ledger import POINTS
from db.read_models import Refund
from domain.claims.claims import ClaimState
from domain.entitlements.grants import GrantEffect
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement


def to_hold(settlement: Settlement) -> list[holds.Hold]:
    """Hold the points that go back on balance, every reward that is withdrawn, and what the order granted."""
    held: list[holds.Hold] = []
    if settlement.points.net < 0:
        held.append(holds.Hold(holds.HoldKind.POINTS, holds.EARNED_POINTS, POINTS, -settlement.points.net))
    for each in settlement.take_backs:
        source, currency = str(each.reward.reward_id), each.taken.currency
        if each.reward.kind is RewardKind.POINTS:
            held.append(holds.Hold(holds.HoldKind.POINTS, source, POINTS, each.taken_points))
        elif each.reward.kind is RewardKind.COUPON:
            amount, coupon_id = each.taken.minor_units, each.reward.coupon_id
            held.append(holds.Hold(holds.HoldKind.COUPON, source, currency, amount, coupon_id))
        else:
            held.append(holds.Hold(holds.HoldKind.STORE_CREDIT, source, currency, each.taken.minor_units))
    return held + [_grant_hold(each) for each in settlement.grants if each.is_revoked or each.taken]


def _grant_hold(effect: GrantEffect) -> holds.Hold:
    name, taken, owner = effect.grant.name, effect.taken, effect.grant.customer_id
    if effect.grant.is_coupon:
        return holds.Hold(holds.HoldKind.GRANTED_COUPON, name, taken.currency, taken.minor_units, name, owner)
    return holds.Hold(holds.HoldKind.GRANTED_CREDIT, name, taken.currency, taken.minor_units, None, owner)


async def let_go(connection: AsyncConnection, refund: Refund) -> None:
    """Undo a settlement under lock of the refund: holds, planned payouts, claims, and the customer's standing."""
    merchant_id, refund_id = refund.merchant_id, refund.refund_id
    await customers.lock(connection, merchant_id, refund.customer_id)
    await holds.end(connection, refund_id, holds.HoldState.RELEASED)
    await payouts.abandon(connection, refund_id)
    async with standings.counting(connection, merchant_id, refund.customer_id, refund.order_id):
        await claims.set_state(connection, refund_id, ClaimState.RELEASED)
    await refunds.change(connection, refund_id, settlement=None, settled_at=None)
    await rewards.recalculate(connection, merchant_id, refund.customer_id, refund.currency, f"release:{refund_id}")
