"""Where an order and its customer stand, as the rules want to see them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import (
    campaigns,
    claims,
    coupon_uses,
    credit,
    exclusive_discounts,
    grants,
    holds,
    payouts,
    points,
    purchases,
    rights,
    standings,
    stored_orders,
    weights,
)
from db.at_once import at_once
from db.built import built_once
from db.codec import Json, from_json
from db.ledger import POINTS
from db.schema import refunds
from domain import clock
from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import Wallet
from domain.campaigns.tallies import SpendAt
from domain.claims.claims import Claim, ClaimState
from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition
from domain.entitlements.coupons import UsedCoupon
from domain.entitlements.tiers import counts_since, others_for_tier
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order
from domain.settlement.settlement import SettledEntitlements, Settlement


async def of_order(connection: AsyncConnection, merchant_id: str, stored: stored_orders.StoredOrder) -> OrderPosition:
    """Put an order together with its live refunds; raises RefundRejected (`order_not_refundable`) if it is not paid."""
    order, sale = stored.order, stored.sale
    if sale is None:
        raise RefundRejected(
            Refusal.ORDER_NOT_REFUNDABLE, f"order {order.order_id!r} is {order.status} and was not paid for"
        )
    async with at_once(connection) as reads:
        claiming = reads.begin(claims.live_of_order, merchant_id, order.order_id, order.currency)
        paying = reads.begin(payouts.of_order, merchant_id, order.order_id)
        settling = reads.begin(_settlements, merchant_id, order.order_id)
    claimed, paid, settled = claiming.result(), paying.result(), settling.result()
    live = (
        _live_refund(
            refund_id, claimed.get(refund_id, ()), settled.get(refund_id), paid.get(refund_id, ()), sale.currency
        )
        for refund_id in sorted({*claimed, *settled})
    )
    return OrderPosition(order, sale, tuple(live))


async def _settlements(
    connection: AsyncConnection, merchant_id: str, order_id: str
) -> dict[str, tuple[Json, RefundStatus]]:
    await weights.refuse_heavy(connection, refunds.c.settlement, merchant_id=merchant_id, order_id=order_id)
    settled = await _settled(merchant_id=merchant_id, order_id=order_id).on(connection)
    return {row.refund_id: (row.settlement, RefundStatus(row.status)) for row in settled}


@built_once
def _settled(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    of_order = (refunds.c.merchant_id == merchant_id) & (refunds.c.order_id == order_id)
    return select(refunds.c.refund_id, refunds.c.settlement, refunds.c.status).where(
        of_order, refunds.c.settlement.is_not(None)
    )


def _live_refund(
    refund_id: str,
    made: tuple[Claim, ...],
    settled: tuple[Json, RefundStatus] | None,
    paid: tuple[tuple[str, Money], ...],
    currency: str,
) -> LiveRefund:
    if settled is None:
        return LiveRefund(refund_id, made, Money.zero(currency), Money.zero(currency), 0, paid)
    stored, status = settled
    live = from_json(Settlement, stored).as_live(refund_id, made, paid)
    return live if status in (RefundStatus.RESTORING, RefundStatus.COMPLETED) else replace(live, is_confirmed=False)


async def paid_back(connection: AsyncConnection, merchant_id: str, order_id: str) -> OrderPosition:
    """Lock an order and put it together with what its refunds have wholly paid out of it."""
    stored = await stored_orders.find(connection, merchant_id, order_id, lock=True)
    assert stored is not None
    return (await of_order(connection, merchant_id, stored)).only(ClaimState.PAID)


async def of_customer(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    currency: str,
    *,
    order_id: str = "",
    but_by: str = "",
) -> CustomerPosition:
    """Put together what the customer bought, earned and has; what refunds other than `but_by` hold is not theirs.

    Of their orders only this one is listed by itself. What counts towards a tier is not looked at here.
    """
    whose = merchant_id, customer_id
    async with at_once(connection) as reads:
        elsewhere = reads.begin(holds.held_rewards, *whose, but_by=but_by)
        rewards = reads.begin(campaigns.rewards_of, *whose)
        has_credit = reads.begin(credit.balance_of, *whose, currency, clock.now())
        held_credit = reads.begin(holds.total, *whose, currency, but_by=but_by)
        held_points = reads.begin(holds.total, *whose, POINTS, but_by=but_by)
        has_points = reads.begin(points.balance_of, *whose, clock.now())
        counting = reads.begin(standings.of_customer, *whose, listed=order_id)
        restricted_until = reads.begin(rights.restricted_until, *whose)
    points_left, counted = has_points.result() - held_points.result(), counting.result()
    return CustomerPosition(
        purchases=counted.listed,
        campaigns=counted.campaigns,
        rewards=tuple(reward for reward in rewards.result() if reward.reward_id not in elsewhere.result()),
        wallet=Wallet(points_left, Money(currency, has_credit.result() - held_credit.result())),
        restricted_until=restricted_until.result(),
        others=counted.others,
    )


async def for_tier(
    connection: AsyncConnection, merchant_id: str, order: Order, policy: Policy, at: datetime
) -> tuple[SpendAt, ...]:
    """Sum up what of the other orders of an order's customer counts towards their tier, when this one is refunded."""
    if not policy.tiers:
        return ()
    since = counts_since(policy, at)
    bought = await purchases.of_customer(connection, merchant_id, order.customer_id, since=since)
    this = [each for each in bought if each.order_id == order.order_id]
    others = [each for each in bought if each.order_id != order.order_id]
    return others_for_tier(policy, others, this, order.currency, at)


async def used_coupons(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[UsedCoupon, ...]:
    """List the coupons an order used that are not back, with what was deducted for those that orders granted."""
    used = await coupon_uses.used_by(connection, merchant_id, order_id)
    paid = await grants.paid_for(connection, merchant_id, [each.coupon_id for each in used])
    return tuple(replace(each, paid_for=paid.get(each.coupon_id)) for each in used)


async def credit_of(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, *, but_by: str = ""
) -> Money:
    """Return the store credit that somebody has, less what refunds other than `but_by` hold of it."""
    async with at_once(connection) as reads:
        has = reads.begin(credit.balance_of, merchant_id, customer_id, currency, clock.now())
        held = reads.begin(holds.total, merchant_id, customer_id, currency, but_by=but_by)
    return Money(currency, has.result() - held.result())


async def entitlements_of(
    connection: AsyncConnection, merchant_id: str, order: Order, *, but_by: str = ""
) -> SettledEntitlements:
    """Put together what an order used, granted and earned that no refund has taken care of yet.

    What refunds other than `but_by` hold of the credit of others is not theirs.
    """
    order_id = order.order_id
    async with at_once(connection) as reads:
        coupons = reads.begin(used_coupons, merchant_id, order_id)
        granted = reads.begin(grants.of_order, merchant_id, order_id, order.customer_id)
        discounts = reads.begin(exclusive_discounts.used_by, merchant_id, order_id)
        elsewhere = reads.begin(exclusive_discounts.used_elsewhere, merchant_id, order_id)
        gone = reads.begin(points.ran_out, merchant_id, order, clock.now())
        theirs = {
            other: reads.begin(credit_of, merchant_id, other, order.currency, but_by=but_by)
            for other in order.rewarded_others
        }
    used = coupons.result(), granted.result(), discounts.result(), elsewhere.result()
    has = tuple((other, reading.result()) for other, reading in theirs.items())
    return SettledEntitlements(*used, gone.result(), has)
