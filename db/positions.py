"""Where an order and its customer stand, as the rules want to see them."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import (
    campaigns,
    claims,
    coupon_uses,
    exclusive_discounts,
    grants,
    holds,
    orders,
    payouts,
    points,
    rights,
    weights,
)
from db.codec import Json, from_json
from db.ledger import POINTS, Account, balance
from db.schema import refunds
from domain import clock
from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import Wallet
from domain.claims.claims import Claim, ClaimState
from domain.claims.positions import LiveRefund, OrderPosition
from domain.entitlements.coupons import UsedCoupon
from domain.money.amounts import Money
from domain.refusals import RefundRejected, Refusal
from domain.settlement.settlement import SettledEntitlements, Settlement


async def of_order(connection: AsyncConnection, merchant_id: str, stored: orders.StoredOrder) -> OrderPosition:
    """Put an order together with its live refunds; raises RefundRejected (`order_not_refundable`) if it is not paid."""
    order, sale = stored.order, stored.sale
    if sale is None:
        raise RefundRejected(
            Refusal.ORDER_NOT_REFUNDABLE, f"order {order.order_id!r} is {order.status} and was not paid for"
        )
    claimed = await claims.live_of_order(connection, merchant_id, order.order_id, order.currency)
    paid = await payouts.of_order(connection, merchant_id, order.order_id)
    of_order = (refunds.c.merchant_id == merchant_id) & (refunds.c.order_id == order.order_id)
    await weights.refuse_heavy(connection, of_order, refunds.c.settlement)
    query = select(refunds.c.refund_id, refunds.c.settlement).where(of_order, refunds.c.settlement.is_not(None))
    settled = {row.refund_id: row.settlement for row in await connection.execute(query)}
    live = (
        _live_refund(
            refund_id, claimed.get(refund_id, ()), settled.get(refund_id), paid.get(refund_id, ()), sale.currency
        )
        for refund_id in sorted({*claimed, *settled})
    )
    return OrderPosition(order, sale, tuple(live))


def _live_refund(
    refund_id: str,
    made: tuple[Claim, ...],
    stored: Json,
    paid: tuple[tuple[str, Money], ...],
    currency: str,
) -> LiveRefund:
    if stored is None:
        return LiveRefund(refund_id, made, Money.zero(currency), Money.zero(currency), 0, paid)
    settlement = from_json(Settlement, stored)
    return settlement.as_live(refund_id, made, paid)


async def paid_back(connection: AsyncConnection, merchant_id: str, order_id: str) -> OrderPosition:
    """Lock an order and put it together with what its refunds have wholly paid out of it."""
    stored = await orders.find(connection, merchant_id, order_id, lock=True)
    assert stored is not None
    return (await of_order(connection, merchant_id, stored)).only(ClaimState.PAID)


async def of_customer(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, *, but_by: str = ""
) -> CustomerPosition:
    """Put together what the customer bought, earned and has; what refunds other than `but_by` hold is not theirs."""
    now = clock.now()
    elsewhere = await holds.held_rewards(connection, merchant_id, customer_id, but_by=but_by)
    rewards = await campaigns.rewards_of(connection, merchant_id, customer_id)
    credit = await balance(connection, merchant_id, Account.STORE_CREDIT, customer_id, currency)
    held_credit = await holds.total(connection, merchant_id, customer_id, currency, but_by=but_by)
    held_points = await holds.total(connection, merchant_id, customer_id, POINTS, but_by=but_by)
    points_left = await points.balance_of(connection, merchant_id, customer_id, now) - held_points
    return CustomerPosition(
        purchases=await campaigns.purchases(connection, merchant_id, customer_id),
        campaigns=await campaigns.all_of(connection, merchant_id),
        rewards=tuple(reward for reward in rewards if reward.reward_id not in elsewhere),
        wallet=Wallet(points_left, Money(currency, credit - held_credit)),
        restricted_until=await rights.restricted_until(connection, merchant_id, customer_id),
    )


async def used_coupons(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[UsedCoupon, ...]:
    """List the coupons an order used that are not back, with what was deducted for those that orders granted."""
    used = await coupon_uses.used_by(connection, merchant_id, order_id)
    paid = await grants.paid_for(connection, merchant_id, [each.coupon_id for each in used])
    return tuple(replace(each, paid_for=paid.get(each.coupon_id)) for each in used)


async def entitlements_of(connection: AsyncConnection, merchant_id: str, order_id: str) -> SettledEntitlements:
    """Put together what an order used and granted that no refund has taken care of yet."""
    return SettledEntitlements(
        coupons=await used_coupons(connection, merchant_id, order_id),
        grants=await grants.of_order(connection, merchant_id, order_id),
        exclusive_discounts=await exclusive_discounts.used_by(connection, merchant_id, order_id),
        discounts_used_elsewhere=await exclusive_discounts.used_elsewhere(connection, merchant_id, order_id),
    )
