"""Points spent come back with the expiry they had, points earned are clawed back, netted first (rules 18 to 20)."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import customers, effects, holds, journal, orders, points, policies, refunds
from db.codec import from_json
from db.ledger import POINTS, Account, Cause, post, reverse, transfer
from domain.points import PointsEffect, restore_lots
from domain.settlement import Settlement


class Points:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def restore_points(self, ref: RefundRef) -> None:
        """Book what is restored and clawed back as one entry, and capture what was held for it."""
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("restore_points"))
            if is_repeat:
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            effect = from_json(Settlement, refund.settlement).points
            moved = await _book(connection, refund, effect)
            await effects.keep_result(connection, ref.refund_id, ref.step("restore_points"), moved)
            await holds.capture_points(connection, ref.refund_id)
            note = journal.Note("points_settled", _sentence(effect), "makewhole", asdict(effect))
            await journal.record(connection, ref.refund_id, note)

    @activity.defn
    async def withdraw_points(self, ref: RefundRef) -> None:
        """The payout failed later: points move back to the lots that they were in, with the ends they had (rule 35).

        Those that are to be clawed back are held again.
        """
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            if refund.round != ref.round or not await effects.bury(
                connection, ref.refund_id, ref.step("restore_points")
            ):
                return
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            effect = from_json(Settlement, refund.settlement).points
            moved = await effects.result_of(connection, ref.refund_id, ref.step("restore_points")) or {}
            await points.move_back(connection, {int(lot_id): change for lot_id, change in moved.items()})
            await reverse(connection, ref.merchant_id, f"{ref.refund_id}:points", "the payout failed later")
            await points.take_back(connection, ref.merchant_id, refund.order_id, effect.restored)
            await points.settle_lots(connection, ref.merchant_id, refund.customer_id)
            await holds.hold_again(connection, ref.refund_id)
            detail = {"restored": -effect.restored, "clawed_back": -effect.clawed_back}
            note = journal.Note("points_withdrawn", "the refund's points are withdrawn again", "makewhole", detail)
            await journal.record(connection, ref.refund_id, note)


def _sentence(effect: PointsEffect) -> str:
    short = f", {effect.deducted} of them off the payout" if effect.deducted else ""
    short += f", {effect.forgiven} of them forgiven" if effect.forgiven else ""
    return f"{effect.restored} points restored, {effect.clawed_back} clawed back{short}"


async def _book(connection: AsyncConnection, refund: Row[Any], effect: PointsEffect) -> dict[int, int]:
    """Book the points, and return how many that moved in each lot, so that they can be moved back."""
    await points.expire(connection, refund.merchant_id, refund.customer_id, datetime.now(UTC))
    before = await points.lots_of(connection, refund.merchant_id, refund.customer_id)
    customer, promotions = (Account.POINTS, refund.customer_id), (Account.PROMOTIONS, refund.merchant_id)
    lines = transfer(promotions, customer, POINTS, effect.restored)
    lines += transfer(customer, promotions, POINTS, effect.from_balance)
    cause = Cause(f"{refund.refund_id}:points", "points of the refund, netted", refund.order_id, refund.refund_id)
    await post(connection, refund.merchant_id, cause, lines)
    await _give_back_lots(connection, refund, effect.restored)
    await points.level_lots(connection, refund.merchant_id, refund.customer_id)
    after = await points.lots_of(connection, refund.merchant_id, refund.customer_id)
    return {lot_id: left - before.get(lot_id, 0) for lot_id, left in after.items() if left != before.get(lot_id, 0)}


async def _give_back_lots(connection: AsyncConnection, refund: Row[Any], restored: int) -> None:
    stored = await orders.find(connection, refund.merchant_id, refund.order_id, lock=True)
    policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
    assert stored is not None and stored.order.paid_at is not None
    lots = restore_lots(
        await points.spent_lots(connection, refund.merchant_id, refund.order_id),
        restored,
        policy.coupon_expiry,
        spent_at=stored.order.paid_at,
        refunded_at=datetime.now(UTC),
    )
    await points.give_back(connection, refund.merchant_id, refund.customer_id, lots)
