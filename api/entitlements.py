"""What a sale did beside the money, and how it stands now: a part of the order detail page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from api.schemas.order_answers import Entitlements, LineLeft, OrderCoupon, OrderExclusiveDiscount, OrderGift, OrderGrant
from db import coupons, exclusive_discounts, grants
from domain.orders import DiscountSource, Order, OrderReward
from domain.points import PointsEffect


async def entitlements(
    connection: AsyncConnection, merchant_id: str, order: Order, left: Sequence[LineLeft], done: Sequence[PointsEffect]
) -> Entitlements:
    """Show every entitlement of an order; `done` is what its completed refunds did to the points."""
    used = {
        *await exclusive_discounts.used_by(connection, merchant_id, order.order_id),
        *await exclusive_discounts.used_elsewhere(connection, merchant_id, order.order_id),
    }
    still_left = {each.line_id: each.quantity for each in left}
    return Entitlements(
        coupons=[
            OrderCoupon(coupon_id=name, status=await _coupon_status(connection, merchant_id, name))
            for name in order.names(DiscountSource.COUPON)
        ],
        grants=await _grants(connection, merchant_id, order),
        exclusive_discounts=[
            OrderExclusiveDiscount(id=name, status="used" if name in used else "active")
            for name in order.names(DiscountSource.EXCLUSIVE_DISCOUNT)
        ],
        gifts=[
            OrderGift(line_id=line.line_id, quantity=line.quantity, left=still_left.get(line.line_id, 0))
            for line in order.lines
            if line.gift
        ],
        points_spent=order.points_spent,
        points_restored=sum(points.restored for points in done),
        points_earned=order.points_earned,
        points_clawed_back=sum(points.clawed_back - points.forgiven for points in done),
    )


async def _coupon_status(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> str:
    known = await coupons.find(connection, merchant_id, coupon_id, datetime.now(UTC))
    return known.status if known else "unknown"


async def _grants(connection: AsyncConnection, merchant_id: str, order: Order) -> list[OrderGrant]:
    gone = await grants.withdrawn(connection, merchant_id, order.order_id)
    return [
        OrderGrant(
            kind=reward.kind,
            coupon_id=reward.coupon_id,
            amount=None if reward.coupon_id else reward.amount.minor_units,
            status=await _grant_status(connection, merchant_id, reward, place, gone),
        )
        for place, reward in enumerate(order.rewards, 1)
    ]


async def _grant_status(
    connection: AsyncConnection, merchant_id: str, reward: OrderReward, place: int, gone: set[tuple[str, str]]
) -> str:
    if reward.coupon_id:
        return await _coupon_status(connection, merchant_id, reward.coupon_id)
    return "withdrawn" if (grants.name_of(reward, place), reward.kind) in gone else "granted"
