"""Fixing what a refund comes to, and holding what must come back, before the payout (rule 37)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.refunds import RefundRef, refuse_if_released
from db import (
    campaigns,
    claims,
    coupons,
    customers,
    effects,
    holds,
    journal,
    orders,
    payouts,
    policies,
    positions,
    refunds,
)
from db.codec import from_json, to_json
from db.ledger import POINTS
from domain.claims import Claim, ClaimState
from domain.messages import spoken
from domain.money import Money
from domain.orders import RewardKind
from domain.positions import OrderPosition
from domain.reasons import Reason, RefundStatus
from domain.settlement import Settlement, Terms, settle


@dataclass(frozen=True, slots=True)
class HoldSettlement:
    """`accepted` says how many units of each line passed inspection; None where nothing was inspected (rule 12)."""

    refund: RefundRef
    accepted: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True, slots=True)
class PlannedPayout:
    payment_id: str
    method: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Settled:
    """What the workflow needs to know of a settlement: who is paid what, and what else is to be restored."""

    total: Money
    payouts: tuple[PlannedPayout, ...]
    has_coupons: bool
    has_points: bool
    has_campaigns: bool


class Settlements:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def hold_settlement(self, command: HoldSettlement) -> Settled:
        """Settle under lock of customer and order, plan the payouts, and hold what will be taken back."""
        ref = command.refund
        async with self._engine.begin() as connection:
            try:
                is_repeat, known = await effects.earlier(connection, ref.refund_id, ref.step("hold"))
            except effects.AlreadyUndone as late:
                raise ApplicationError(str(late), type="AlreadyUndone", non_retryable=True) from late
            if is_repeat:
                return from_json(Settled, known)
            await refuse_if_released(connection, ref)
            settlement = await _settle(connection, command)
            settled = _summary(settlement)
            await effects.keep_result(connection, ref.refund_id, ref.step("hold"), to_json(settled))
            await journal.record(connection, ref.refund_id, _note(settlement))
        return settled

    @activity.defn
    async def release_settlement(self, command: HoldSettlement) -> None:
        """Let go of what was held, forget the planned payouts, and correct the customer's standing."""
        ref = command.refund
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            if await payouts.is_under_way(connection, ref.refund_id):
                return  # a late attempt of a run that was ended: another has taken the refund over and pays
            if not await effects.bury(connection, ref.refund_id, ref.step("hold")):
                return
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            await holds.end(connection, ref.refund_id, holds.HoldState.RELEASED)
            await payouts.abandon(connection, ref.refund_id)
            await claims.set_state(connection, ref.refund_id, ClaimState.RELEASED)
            await refunds.change(connection, ref.refund_id, settlement=None)
            await campaigns.recalculate(
                connection, ref.merchant_id, refund.customer_id, refund.currency, f"release:{ref.refund_id}"
            )
            note = journal.Note("released", "everything that was held is released", "makewhole", {})
            await journal.record(connection, ref.refund_id, note)

    # No undo: it only reads.
    @activity.defn
    async def recall_settlement(self, ref: RefundRef) -> Settled:
        """Say again what a refund that is opened again was settled at."""
        async with self._engine.connect() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            return _summary(from_json(Settlement, refund.settlement))


async def _settle(connection: AsyncConnection, command: HoldSettlement) -> Settlement:
    ref = command.refund
    refund = await refunds.get(connection, ref.refund_id, lock=True)
    await customers.lock(connection, ref.merchant_id, refund.customer_id)
    stored = await orders.find(connection, ref.merchant_id, refund.order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    own = tuple(claim for each in position.refunds if each.refund_id == ref.refund_id for claim in each.claims)
    position = position.without(ref.refund_id)
    customer = await positions.of_customer(
        connection, ref.merchant_id, refund.customer_id, refund.currency, but_by=ref.refund_id
    )
    settlement = settle(
        position,
        _accepted(position, own, command.accepted),
        Terms(Reason(refund.reason), refund.include_shipping),
        await policies.at_version(connection, ref.merchant_id, refund.policy_version),
        customer,
        await coupons.used_by(connection, ref.merchant_id, refund.order_id),
    )
    await claims.replace(connection, ref.refund_id, settlement.claims)
    await claims.set_state(connection, ref.refund_id, ClaimState.SETTLED)
    await payouts.plan(connection, ref.merchant_id, refund.order_id, ref.refund_id, settlement.payouts)
    await holds.place(connection, ref.merchant_id, refund.customer_id, ref.refund_id, _to_hold(settlement))
    await refunds.change(connection, ref.refund_id, settlement=to_json(settlement), status=RefundStatus.PAYING_OUT)
    return settlement


def _accepted(
    position: OrderPosition, own: tuple[Claim, ...], accepted: tuple[tuple[str, int], ...] | None
) -> tuple[Claim, ...]:
    """Claim again what was accepted, at what it is worth now; nothing inspected means all of it."""
    by_line = dict(accepted or ())
    return tuple(
        position.line(claim.line_id).claim_again(
            claim, claim.units.count if accepted is None else by_line.get(claim.line_id, 0)
        )
        for claim in own
    )


def _to_hold(settlement: Settlement) -> list[holds.Hold]:
    """Hold the points that go back on balance, and every reward that is withdrawn."""
    held: list[holds.Hold] = []
    if settlement.points.net < 0:
        held.append(holds.Hold(holds.HoldKind.POINTS, holds.NO_REWARD, POINTS, -settlement.points.net))
    for each in settlement.take_backs:
        reward, currency = each.reward, each.taken.currency
        if reward.kind is RewardKind.POINTS:
            held.append(holds.Hold(holds.HoldKind.POINTS, reward.reward_id, POINTS, each.taken_points))
        elif reward.kind is RewardKind.COUPON:
            held.append(holds.Hold(holds.HoldKind.COUPON, reward.reward_id, currency, each.taken.minor_units))
        else:
            held.append(holds.Hold(holds.HoldKind.STORE_CREDIT, reward.reward_id, currency, each.taken.minor_units))
    return held


def _summary(settlement: Settlement) -> Settled:
    return Settled(
        total=settlement.total,
        payouts=tuple(
            PlannedPayout(each.payment.payment_id, each.payment.method, each.amount) for each in settlement.payouts
        ),
        has_coupons=bool(settlement.coupons),
        has_points=bool(settlement.points.restored or settlement.points.clawed_back),
        has_campaigns=bool(settlement.campaigns),
    )


def _note(settlement: Settlement) -> journal.Note:
    total = settlement.total
    figures = {
        "goods": settlement.goods.minor_units,
        "shipping": settlement.shipping.minor_units,
        "deductions": [each.amount.minor_units for each in settlement.deductions],
        "total": total.minor_units,
    }
    sentence = f"{spoken(total)} to be paid out"
    return journal.Note("settled", sentence, "makewhole", figures)
