"""Points spent come back with the expiry they had, points earned are clawed back, netted first (rules 18 to 20)."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, require_done, require_undone
from db import holds, points, policies, steps, stored_orders
from db.ledger import POINTS, Account, EntryCause, post, reverse, transfer
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.entitlements.elsewhere import LivesElsewhere
from domain.entitlements.points import PointsEffect, restore_lots
from domain.settlement.told_elsewhere import points_moved
from domain.steps import Step
from service.steps import RefundRef, step, undo


class Points:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    @activity.defn
    async def restore_points(self, ref: RefundRef) -> None:
        """Book what is restored and clawed back as one entry, and capture what was held for it."""
        await self._elsewhere.first(self._restore, ref)

    @activity.defn
    async def withdraw_points(self, ref: RefundRef) -> None:
        """The payout failed later: points move back to the lots that they were in, with the ends they had (rule 35).

        Those that are to be clawed back are held again.
        """
        await self._elsewhere.first(self._withdraw, ref)

    async def _restore(self, ref: RefundRef) -> None:
        async with step(self._engine, ref, Step.RESTORE_POINTS) as tx:
            if not tx.is_first:
                return
            settlement = tx.settlement
            await require_done(tx, Step.RESTORE_POINTS, settlement, points_moved(settlement))
            effect = settlement.points
            await tx.lock_customer()
            await tx.keep(await _book(tx.connection, tx.refund, effect))
            await holds.capture_points(tx.connection, ref.refund_id)
            detail = {name: points for name, points in asdict(effect).items() if name != "ran_out"}
            await tx.note(AuditAction.POINTS_SETTLED, _sentence(effect), detail)

    async def _withdraw(self, ref: RefundRef) -> None:
        async with undo(self._engine, ref, Step.RESTORE_POINTS) as tx:
            if tx.is_of_another_round:
                return
            settlement, connection = tx.settlement, tx.connection
            effect = settlement.points
            await require_undone(tx, Step.RESTORE_POINTS, settlement, LivesElsewhere.POINTS)
            if not await tx.mark_undone():
                return
            await tx.lock_customer()
            moved = await steps.result_of(connection, ref.refund_id, tx.key) or {}
            await points.move_back(connection, {int(lot_id): change for lot_id, change in moved.items()})
            await reverse(connection, ref.merchant_id, f"{ref.refund_id}:points", "the payout failed later")
            await points.take_back(connection, ref.merchant_id, tx.refund.order_id, effect.restored)
            await points.settle_lots(connection, ref.merchant_id, tx.refund.customer_id)
            await holds.hold_again(connection, ref.refund_id)
            detail = {"restored": -effect.restored, "clawed_back": -effect.clawed_back}
            await tx.note(AuditAction.POINTS_WITHDRAWN, "the refund's points are withdrawn again", detail)


def _sentence(effect: PointsEffect) -> str:
    short = f", {effect.deducted} of them off the payout" if effect.deducted else ""
    short += f", {effect.forgiven} of them forgiven" if effect.forgiven else ""
    return f"{effect.restored} points restored, {effect.clawed_back} clawed back{short}"


async def _book(connection: AsyncConnection, refund: Refund, effect: PointsEffect) -> dict[int, int]:
    """Book the points, and return how many that moved in each lot, so that they can be moved back."""
    await points.expire(connection, refund.merchant_id, refund.customer_id, clock.now())
    before = await points.lots_of(connection, refund.merchant_id, refund.customer_id)
    customer, promotions = (Account.POINTS, refund.customer_id), (Account.PROMOTIONS, refund.merchant_id)
    lines = transfer(promotions, customer, POINTS, effect.restored)
    lines += transfer(customer, promotions, POINTS, effect.from_balance)
    cause = EntryCause(f"{refund.refund_id}:points", "points of the refund, netted", refund.order_id, refund.refund_id)
    await post(connection, refund.merchant_id, cause, lines)
    await _give_back_lots(connection, refund, effect.restored)
    await points.level_lots(connection, refund.merchant_id, refund.customer_id)
    after = await points.lots_of(connection, refund.merchant_id, refund.customer_id)
    return {lot_id: left - before.get(lot_id, 0) for lot_id, left in after.items() if left != before.get(lot_id, 0)}


async def _give_back_lots(connection: AsyncConnection, refund: Refund, restored: int) -> None:
    stored = await stored_orders.find(connection, refund.merchant_id, refund.order_id, lock=True)
    policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
    assert stored is not None
    lots = restore_lots(
        await points.spent_lots(connection, refund.merchant_id, refund.order_id),
        restored,
        policy.coupon_expiry,
        spent_at=stored.order.sold_at,
        refunded_at=clock.now(),
    )
    await points.give_back(connection, refund.merchant_id, refund.customer_id, lots)
