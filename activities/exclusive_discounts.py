"""Exclusive discounts that the order used become active again, with their time given back (rule 26)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from db import exclusive_discounts, policies, positions
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.entitlements.exclusive_discounts import ExclusiveOutcome, lines_are_returned
from domain.entitlements.given_back import free_until, is_free
from domain.policy import CouponExpiry
from domain.settlement.settlement import Settlement
from domain.steps import Step
from service.steps import RefundRef, step, undo


class ExclusiveDiscounts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def reinstate_exclusive_discounts(self, ref: RefundRef) -> None:
        """Give back the discounts all of whose lines are returned and paid."""
        async with step(self._engine, ref, Step.REINSTATE_EXCLUSIVE_DISCOUNTS) as tx:
            if not tx.is_first:
                return
            connection, order_id = tx.connection, tx.refund.order_id
            policy = await policies.at_version(connection, ref.merchant_id, tx.refund.policy_version)
            reinstated = [
                discount_id
                for discount_id in await _due(connection, ref, order_id)
                if await _reinstate(connection, ref, order_id, discount_id, policy.coupon_expiry)
            ]
            tx.store_settlement(await _as_it_came_out(connection, tx.refund, tx.settlement))
            for discount_id in reinstated:
                sentence, detail = f"exclusive discount {discount_id} is active again", {"id": discount_id}
                await tx.note(AuditAction.EXCLUSIVE_DISCOUNT_REINSTATED, sentence, detail)

    @activity.defn
    async def withdraw_exclusive_discounts(self, ref: RefundRef) -> None:
        """The payout failed later: discounts whose lines are not all paid back any more count as used again (rule 35).

        Those whose lines other refunds returned stay as they are.
        """
        async with undo(self._engine, ref, Step.REINSTATE_EXCLUSIVE_DISCOUNTS) as tx:
            if tx.is_of_another_round:
                return  # a late attempt must not withdraw what the next round gives back
            await tx.mark_undone()
            withdrawn = await _withdraw_uses(tx.connection, ref, tx.refund.order_id)
            tx.store_settlement(await _as_it_came_out(tx.connection, tx.refund, tx.settlement))
            for discount_id in withdrawn:
                sentence, detail = f"exclusive discount {discount_id} is withdrawn again", {"id": discount_id}
                await tx.note(AuditAction.EXCLUSIVE_DISCOUNT_WITHDRAWN, sentence, detail)


async def _due(connection: AsyncConnection, ref: RefundRef, order_id: str) -> list[str]:
    """Judge over every refund of the order whose payout succeeded."""
    position = await positions.paid_back(connection, ref.merchant_id, order_id)
    used = await exclusive_discounts.used_by(connection, ref.merchant_id, order_id)
    return [each for each in used if lines_are_returned(position, (), each)]


async def _reinstate(
    connection: AsyncConnection, ref: RefundRef, order_id: str, discount_id: str, expiry: CouponExpiry
) -> bool:
    """Give back this order's use of a discount; tell whether no order uses it any more (rule 43)."""
    uses = await exclusive_discounts.give_back(connection, ref.merchant_id, order_id, discount_id, ref.refund_id)
    if is_free(uses):
        until = free_until(uses, expiry, clock.now())
        await exclusive_discounts.free(connection, ref.merchant_id, discount_id, ref.refund_id, uses, until)
    return is_free(uses)


async def _withdraw_uses(connection: AsyncConnection, ref: RefundRef, order_id: str) -> list[str]:
    position = await positions.paid_back(connection, ref.merchant_id, order_id)
    back = await exclusive_discounts.back_in(connection, ref.merchant_id, order_id)
    withdrawn = [each for each in back if not lines_are_returned(position, (), each)]
    for discount_id in withdrawn:
        await exclusive_discounts.withdraw(connection, ref.merchant_id, order_id, discount_id)
    return withdrawn


async def _as_it_came_out(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> Settlement:
    """Show which discounts came back with this refund, whatever other refunds of the order did meanwhile."""
    reinstated = await exclusive_discounts.freed_in(connection, refund.merchant_id, refund.order_id, refund.refund_id)
    outcomes = tuple(
        replace(
            each,
            outcome=ExclusiveOutcome.REINSTATED if each.discount_id in reinstated else ExclusiveOutcome.KEPT,
        )
        for each in settlement.exclusive_discounts
    )
    return replace(settlement, exclusive_discounts=outcomes)
