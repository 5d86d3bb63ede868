"""Coupons that the order used come back, whole or in part, once the payout succeeded (rules 13 to 15 and 17)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import coupons, effects, journal, orders, policies, positions, refunds
from db.codec import from_json, to_json
from domain.claims import ClaimState
from domain.coupons import CouponEffect, CouponOutcome, extended
from domain.messages import spoken
from domain.policy import CouponExpiry
from domain.settlement import Settlement


class Coupons:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def reinstate_coupons(self, ref: RefundRef) -> tuple[str, ...]:
        """Give back the coupons this refund completes the return of, and residuals; returns the reinstated ones."""
        async with self._engine.begin() as connection:
            is_repeat, known = await effects.earlier(connection, ref.refund_id, ref.step("reinstate_coupons"))
            if is_repeat:
                return tuple(known)
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
            settlement = from_json(Settlement, refund.settlement)
            for effect in settlement.coupons:
                if effect.outcome is CouponOutcome.RESIDUAL:
                    await _give_residual(connection, refund, effect, policy.coupon_expiry)
            due = await _due(connection, ref, refund.order_id, settlement)
            reinstated = [each for each in due if await _reinstate(connection, refund, each, policy.coupon_expiry)]
            await effects.keep_result(connection, ref.refund_id, ref.step("reinstate_coupons"), reinstated)
            settlement = _as_it_came_out(settlement, reinstated)
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
            for residual, _ in settlement.residuals:
                withdrawn.append(residual_id(residual, ref.refund_id))
                await coupons.revoke(connection, ref.merchant_id, withdrawn[-1], datetime.now(UTC))
            await refunds.change(connection, ref.refund_id, settlement=to_json(settlement))
            for coupon_id in withdrawn:
                sentence = f"coupon {coupon_id} is withdrawn again"
                note = journal.Note("coupon_withdrawn", sentence, "makewhole", {"coupon_id": coupon_id})
                await journal.record(connection, ref.refund_id, note)


def residual_id(coupon_id: str, refund_id: str) -> str:
    """Name the coupon that stands for a part of another: one a refund."""
    return f"{coupon_id}-{refund_id.removeprefix('rf_')[:8]}"


async def _give_residual(
    connection: AsyncConnection, refund: Row[Any], effect: CouponEffect, expiry: CouponExpiry
) -> None:
    """Issue a coupon worth the share that the returned units carried, under the same conditions (rule 15)."""
    now, coupon_id = datetime.now(UTC), residual_id(effect.coupon_id, refund.refund_id)
    original = await coupons.find(connection, refund.merchant_id, effect.coupon_id, now)
    use = await coupons.use_of(connection, refund.merchant_id, refund.order_id, effect.coupon_id)
    given = coupons.Coupon(
        coupon_id=coupon_id,
        customer_id=refund.customer_id,
        name=original.coupon.name if original else effect.coupon_id,
        amount=effect.amount.minor_units,
        currency=effect.amount.currency,
        minimum_spend=original.coupon.minimum_spend if original else 0,
        valid_from=original.coupon.valid_from if original else None,
        valid_until=extended(use.valid_until, expiry, used_at=use.used_at, refunded_at=now),
        reusable_after_refund=True,
    )
    await coupons.put(connection, refund.merchant_id, given)
    await coupons.give_again(connection, refund.merchant_id, coupon_id)
    worth = spoken(effect.amount)
    sentence = f"new coupon {coupon_id} worth {worth}, the share of {effect.coupon_id} on the goods returned"
    detail = {"coupon_id": coupon_id, "of": effect.coupon_id, "amount": effect.amount.minor_units}
    await journal.record(connection, refund.refund_id, journal.Note("coupon_residual", sentence, "makewhole", detail))


def _as_it_came_out(settlement: Settlement, reinstated: list[str]) -> Settlement:
    """Show which coupons came back with this refund, whatever other refunds of the order did meanwhile."""

    def outcome(effect: CouponEffect) -> CouponOutcome:
        if effect.outcome is CouponOutcome.RESIDUAL:
            return effect.outcome
        return CouponOutcome.REINSTATED if effect.coupon_id in reinstated else CouponOutcome.KEPT

    return replace(settlement, coupons=tuple(replace(each, outcome=outcome(each)) for each in settlement.coupons))


async def _due(connection: AsyncConnection, ref: RefundRef, order_id: str, settlement: Settlement) -> list[str]:
    """Judge by units, over every refund of the order whose payout succeeded."""
    stored = await orders.find(connection, ref.merchant_id, order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    if not position.only(ClaimState.PAID).is_fully_returned():
        return []
    in_parts = {coupon_id for refund in position.refunds for coupon_id, _ in refund.residuals}
    in_parts |= {each.coupon_id for each in settlement.coupons if each.outcome is CouponOutcome.RESIDUAL}
    used = await coupons.used_by(connection, ref.merchant_id, order_id)
    return [each.coupon_id for each in used if each.reusable_after_refund and each.coupon_id not in in_parts]


async def _reinstate(connection: AsyncConnection, refund: Row[Any], coupon_id: str, expiry: CouponExpiry) -> bool:
    use = await coupons.reinstate(connection, refund.merchant_id, refund.order_id, coupon_id, refund.refund_id)
    if use is None:
        return False
    until = extended(use.valid_until, expiry, used_at=use.used_at, refunded_at=datetime.now(UTC))
    if until is not None:
        await coupons.set_valid_until(connection, refund.merchant_id, coupon_id, until)
    return True
