"""Exclusive discounts that the order used become active again, with their time given back (rule 26)."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import effects, exclusive_discounts, journal, orders, policies, positions, refunds
from db.codec import from_json, to_json
from domain.claims import ClaimState
from domain.coupons import extended
from domain.exclusive_discounts import ExclusiveOutcome, exclusive_effects
from domain.policy import CouponExpiry
from domain.settlement import Settlement


class ExclusiveDiscounts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def reinstate_exclusive_discounts(self, ref: RefundRef) -> None:
        """Give back the discounts all of whose lines are returned and paid."""
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("reinstate_exclusive_discounts"))
            if is_repeat:
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
            reinstated = [
                discount_id
                for discount_id in await _due(connection, ref, refund.order_id)
                if await _reinstate(connection, ref, refund.order_id, discount_id, policy.coupon_expiry)
            ]
            settlement = _as_it_came_out(from_json(Settlement, refund.settlement), reinstated)
            await refunds.change(connection, ref.refund_id, settlement=to_json(settlement))
            for discount_id in reinstated:
                sentence, detail = f"exclusive discount {discount_id} is active again", {"id": discount_id}
                note = journal.Note("exclusive_discount_reinstated", sentence, "makewhole", detail)
                await journal.record(connection, ref.refund_id, note)

    @activity.defn
    async def withdraw_exclusive_discounts(self, ref: RefundRef) -> None:
        """The payout failed later: the order is not wholly paid back, its discounts count as used again (rule 35)."""
        async with self._engine.begin() as connection:
            if not await effects.bury(connection, ref.refund_id, ref.step("reinstate_exclusive_discounts")):
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            withdrawn = await exclusive_discounts.withdraw_all(connection, ref.merchant_id, refund.order_id)
            settlement = _as_it_came_out(from_json(Settlement, refund.settlement), [])
            await refunds.change(connection, ref.refund_id, settlement=to_json(settlement))
            for discount_id in withdrawn:
                sentence, detail = f"exclusive discount {discount_id} is withdrawn again", {"id": discount_id}
                note = journal.Note("exclusive_discount_withdrawn", sentence, "makewhole", detail)
                await journal.record(connection, ref.refund_id, note)


async def _due(connection: AsyncConnection, ref: RefundRef, order_id: str) -> list[str]:
    """Judge over every refund of the order whose payout succeeded."""
    stored = await orders.find(connection, ref.merchant_id, order_id, lock=True)
    assert stored is not None
    position = (await positions.of_order(connection, ref.merchant_id, stored)).only(ClaimState.PAID)
    used = await exclusive_discounts.used_by(connection, ref.merchant_id, order_id)
    effects_now = exclusive_effects(position, (), used)
    return [each.discount_id for each in effects_now if each.outcome is ExclusiveOutcome.REINSTATED]


async def _reinstate(
    connection: AsyncConnection, ref: RefundRef, order_id: str, discount_id: str, expiry: CouponExpiry
) -> bool:
    use = await exclusive_discounts.reinstate(connection, ref.merchant_id, order_id, discount_id, ref.refund_id)
    if use is None:
        return False
    until = extended(use.valid_until, expiry, used_at=use.used_at, refunded_at=datetime.now(UTC))
    if until is not None:
        await exclusive_discounts.set_valid_until(connection, ref.merchant_id, order_id, discount_id, until)
    return True


def _as_it_came_out(settlement: Settlement, reinstated: list[str]) -> Settlement:
    """Show which discounts came back with this refund, whatever other refunds of the order did meanwhile."""
    outcomes = tuple(
        replace(
            each,
            outcome=ExclusiveOutcome.REINSTATED if each.discount_id in reinstated else ExclusiveOutcome.KEPT,
        )
        for each in settlement.exclusive_discounts
    )
    return replace(settlement, exclusive_discounts=outcomes)
