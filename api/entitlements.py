"""What a sale did beside the money, and how it stands now: a part of the order detail page."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from api.paging import Cut, same
from api.schemas.order_answers import Entitlements, LineLeft, OrderCoupon, OrderExclusiveDiscount, OrderGift, OrderGrant
from api.schemas.order_parts import LineBody
from db import coupon_uses, coupons, exclusive_discounts, grants
from db.coupons import StoredCoupon
from domain import clock
from domain.entitlements.coupons import CouponStatus
from domain.entitlements.points import PointsEffect
from domain.sale.orders import DiscountSource, Order, OrderReward


async def entitlements(
    connection: AsyncConnection,
    merchant_id: str,
    order: Order,
    left: Sequence[LineLeft],
    done: Sequence[PointsEffect],
    cut: Cut,
    lines: Sequence[LineBody],
) -> Entitlements:
    """Show the entitlements of an order that are on this page, of gifts those among its lines.

    left: what is left of those lines. done: what its completed refunds did to the points.
    """
    used = {
        *await exclusive_discounts.used_by(connection, merchant_id, order.order_id),
        *await exclusive_discounts.used_elsewhere(connection, merchant_id, order.order_id),
    }
    named = order.names(DiscountSource.COUPON)
    granted = [reward.coupon_id for reward in order.rewards if reward.coupon_id]
    known = await coupons.find_all(connection, merchant_id, [*named, *granted], clock.now())
    status = {name: known[name].status if name in known else "unknown" for name in (*named, *granted)}
    status |= await _own_uses(connection, merchant_id, order, known)
    still_left = {each.line_id: each.quantity for each in left}
    return Entitlements(
        coupons=cut.of(named, lambda name: OrderCoupon(coupon_id=name, status=status[name])),
        grants=cut.of(await _grants(connection, merchant_id, order, status), same),
        exclusive_discounts=cut.of(
            order.names(DiscountSource.EXCLUSIVE_DISCOUNT),
            lambda name: OrderExclusiveDiscount(id=name, status="used" if name in used else "active"),
        ),
        gifts=[
            OrderGift(line_id=line.line_id, quantity=line.quantity, left=still_left.get(line.line_id, 0))
            for line in lines
            if line.gift
        ],
        points_spent=order.points_spent,
        points_restored=sum(points.restored for points in done),
        points_earned=order.points_earned,
        points_clawed_back=sum(points.clawed_back - points.forgiven for points in done),
    )


async def _own_uses(
    connection: AsyncConnection, merchant_id: str, order: Order, known: Mapping[str, StoredCoupon]
) -> dict[str, str]:
    """Of coupons that count their uses, tell how the order's own use stands."""
    counted = [name for name in order.names(DiscountSource.COUPON) if name in known and known[name].counts_uses]
    if not counted or not order.is_sold:
        return {}
    used = {each.coupon_id for each in await coupon_uses.used_by(connection, merchant_id, order.order_id)}
    return {name: CouponStatus.USED if name in used else CouponStatus.UNUSED for name in counted}


async def _grants(
    connection: AsyncConnection, merchant_id: str, order: Order, coupon_status: Mapping[str, str]
) -> list[OrderGrant]:
    gone = await grants.withdrawn(connection, merchant_id, order.order_id)

    def status(reward: OrderReward, place: int) -> str:
        if reward.coupon_id:
            return coupon_status[reward.coupon_id]
        return "withdrawn" if (grants.name_of(reward, place), reward.kind) in gone else "granted"

    return [
        OrderGrant(
            kind=reward.kind,
            coupon_id=reward.coupon_id,
            amount=None if reward.coupon_id else reward.amount.minor_units,
            status=status(reward, number),
        )
        for number, reward in enumerate(order.rewards, 1)
    ]
