"""Coupons that the order used come back once every unit is returned and paid (rules 13, 14 and 17)."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import coupons, effects, journal, orders, policies, positions, refunds
from db.codec import from_json, to_json
from domain.claims import ClaimState
from domain.coupons import CouponOutcome, coupon_effect, extended
from domain.policy import CouponExpiry
from domain.settlement import Settlement


class Coupons:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def reinstate_coupons(self, ref: RefundRef) -> tuple[str, ...]:
        """Give back the coupons this refund completes the return of; returns which."""
        async with self._engine.begin() as connection:
            is_repeat, known = await effects.earlier(connection, ref.refund_id, ref.step("reinstate_coupons"))
            if is_repeat:
                return tuple(known)
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
            due = await _due(connection, ref, refund.order_id)
            expiry = policy.coupon_expiry
            reinstated = [each for each in due if await _reinstate(connection, ref, refund.order_id, each, expiry)]
            await effects.keep_result(connection, ref.refund_id, ref.step("reinstate_coupons"), reinstated)
            settlement = _as_it_came_out(from_json(Settlement, refund.settlement), reinstated)
            await refunds.change(connection, ref.refund_id, settlement=to_json(settlement))
            for coupon_id in reinstated:
                note = journal.Note(
                    "coupon_reinstated", f"coupon {coupon_id} can be used again", "makewhole", {"coupon_id": coupon_id}
                )
                await journal.record(connection, ref.refund_id, note)
        return tuple(reinstated)

    @activity.defn
    async def withdraw_coupons(self, ref: RefundRef) -> None:
        """The payout failed later: the order is not wholly paid back, its coupons count as used again (rule 35)."""
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            if refund.round != ref.round:
                return  # a late attempt must not withdraw what the next round gives back
            await effects.bury(connection, ref.refund_id, ref.step("reinstate_coupons"))
            withdrawn = await coupons.withdraw_all(connection, ref.merchant_id, refund.order_id)
            settlement = _as_it_came_out(from_json(Settlement, refund.settlement), [])
            await refunds.change(connection, ref.refund_id, settlement=to_json(settlement))
            for coupon_id in withdrawn:
                sentence = f"coupon {coupon_id} is withdrawn again"
                note = journal.Note("coupon_withdrawn", sentence, "makewhole", {"coupon_id": coupon_id})
                await journal.record(connection, ref.refund_id, note)


def _as_it_came_out(settlement: Settlement, reinstated: list[str]) -> Settlement:
    """Show which coupons came back with this refund, whatever other refunds of the order did meanwhile."""
    outcomes = tuple(
        replace(each, outcome=CouponOutcome.REINSTATED if each.coupon_id in reinstated else CouponOutcome.KEPT)
        for each in settlement.coupons
    )
    return replace(settlement, coupons=outcomes)


async def _due(connection: AsyncConnection, ref: RefundRef, order_id: str) -> list[str]:
    """Judge by units, over every refund of the order whose payout succeeded."""
    stored = await orders.find(connection, ref.merchant_id, order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    fully_returned = position.is_fully_returned(states=(ClaimState.PAID,))
    used = await coupons.used_by(connection, ref.merchant_id, order_id)
    outcomes = [coupon_effect(coupon, fully_returned=fully_returned) for coupon in used]
    return [each.coupon_id for each in outcomes if each.outcome is CouponOutcome.REINSTATED]


async def _reinstate(
    connection: AsyncConnection, ref: RefundRef, order_id: str, coupon_id: str, expiry: CouponExpiry
) -> bool:
    use = await coupons.reinstate(connection, ref.merchant_id, order_id, coupon_id, ref.refund_id)
    if use is None:
        return False
    until = extended(use.valid_until, expiry, used_at=use.used_at, refunded_at=datetime.now(UTC))
    if until is not None:
        await coupons.set_valid_until(connection, ref.merchant_id, coupon_id, until)
    return True
