"""Coupons that the order used come back, whole or in part, once the payout succeeded (rules 13 to 15 and 17)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, require_done, require_given_back_undone, require_undone
from db import coupon_uses, coupons, grants, journal, policies, positions
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.entitlements.coupons import CouponEffect, CouponOutcome, extended
from domain.entitlements.elsewhere import LivesElsewhere
from domain.entitlements.given_back import free_until, is_free
from domain.explain.messages import format_money
from domain.policy import CouponExpiry
from domain.said import HOUSE
from domain.settlement.settlement import Settlement
from domain.settlement.told_elsewhere import coupons_given_back
from domain.steps import Step
from service.steps import RefundRef, StepTransaction, UndoTransaction, step, undo


class Coupons:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    @activity.defn
    async def reinstate_coupons(self, ref: RefundRef) -> tuple[str, ...]:
        """Give back the coupons this refund completes the return of, and residuals; returns the reinstated ones."""
        return await self._elsewhere.first(self._reinstate, ref)

    @activity.defn
    async def withdraw_coupons(self, ref: RefundRef) -> None:
        """The payout failed later: the parts of coupons that this refund gave are gone again (rule 35).

        The coupons of an order that is not wholly paid back any more count as used again. Where it still is, because
        this refund returned no goods, they stay.
        """
        await self._elsewhere.first(self._withdraw, ref)

    async def _reinstate(self, ref: RefundRef) -> tuple[str, ...]:
        async with step(self._engine, ref, Step.REINSTATE_COUPONS) as tx:
            if not tx.is_first:
                return tuple(tx.result)
            connection, refund = tx.connection, tx.refund
            expiry = (await policies.at_version(connection, ref.merchant_id, refund.policy_version)).coupon_expiry
            settlement = await _as_paid_for(tx)
            settlement = await _with_residuals(connection, refund, settlement, expiry)
            due = await _due(connection, ref, refund.order_id, settlement)
            reinstated = [each for each in due if await _reinstate(connection, refund, each, expiry)]
            moved = coupons_given_back(settlement, reinstated)
            await require_done(tx, Step.REINSTATE_COUPONS, settlement, moved)  # else none of it is done yet
            await tx.keep(reinstated)
            tx.store_settlement(await _as_it_came_out(connection, refund, settlement))
            for coupon_id in reinstated:
                sentence, detail = f"coupon {coupon_id} can be used again", {"coupon_id": coupon_id}
                await tx.note(AuditAction.COUPON_REINSTATED, sentence, detail)
        return tuple(reinstated)

    async def _withdraw(self, ref: RefundRef) -> None:
        async with undo(self._engine, ref, Step.REINSTATE_COUPONS) as tx:
            if tx.is_of_another_round:
                return  # a late attempt must not withdraw what the next round gives back
            settlement = tx.settlement
            await require_undone(tx, Step.REINSTATE_COUPONS, settlement, LivesElsewhere.COUPONS)
            if settlement.system_of(LivesElsewhere.COUPONS) is not None and not await _is_paid_back(tx):
                await require_given_back_undone(tx, Step.REINSTATE_COUPONS)
            await tx.mark_undone()
            withdrawn = await _withdraw_uses(tx.connection, ref, tx.refund.order_id)
            settlement = await _as_it_came_out(tx.connection, tx.refund, settlement)
            for issued_id in (each.issued_id for each in settlement.coupons if each.issued_id):
                withdrawn.append(issued_id)
                await coupons.revoke(tx.connection, ref.merchant_id, issued_id, clock.now())
            tx.store_settlement(settlement)
            for coupon_id in withdrawn:
                sentence, detail = f"coupon {coupon_id} is withdrawn again", {"coupon_id": coupon_id}
                await tx.note(AuditAction.COUPON_WITHDRAWN, sentence, detail)


async def _is_paid_back(tx: UndoTransaction) -> bool:
    position = await positions.paid_back(tx.connection, tx.ref.merchant_id, tx.refund.order_id)
    return position.is_fully_returned()


async def _as_paid_for(tx: StepTransaction) -> Settlement:
    """Give granted coupons back worth what was deducted for them by now, with the last refund paid (rule 44)."""
    connection, refund, settlement = tx.connection, tx.refund, tx.settlement
    coupon_ids = [each.coupon_id for each in settlement.coupons]
    if not await grants.is_any_granted(connection, refund.merchant_id, coupon_ids):
        return settlement
    await tx.lock_customer()  # a refund of the order that granted it may be about to be settled
    position = await positions.paid_back(connection, refund.merchant_id, refund.order_id)
    in_parts = {coupon_id for each in position.without(refund.refund_id).refunds for coupon_id, _ in each.residuals}
    used = await positions.used_coupons(connection, refund.merchant_id, refund.order_id)
    worth = {each.coupon_id: each.paid_for for each in used if each.reusable_after_refund and not each.used_elsewhere}

    def now(effect: CouponEffect) -> CouponEffect:
        paid_for = worth.get(effect.coupon_id)
        if paid_for is None or effect.coupon_id in in_parts:
            return effect
        if position.is_fully_returned():
            return replace(effect, outcome=CouponOutcome.RESIDUAL, amount=paid_for)
        is_too_early = settlement.completes_order and effect.outcome is CouponOutcome.RESIDUAL
        return replace(effect, outcome=CouponOutcome.KEPT, amount=paid_for.like(0)) if is_too_early else effect

    return replace(settlement, coupons=tuple(now(each) for each in settlement.coupons))


async def _with_residuals(
    connection: AsyncConnection, refund: Refund, settlement: Settlement, expiry: CouponExpiry
) -> Settlement:
    """Issue the parts of coupons that this refund gives, and note their ids; a later round gives the same again."""
    given = [
        await _give_residual(connection, refund, each, expiry) if each.outcome is CouponOutcome.RESIDUAL else each
        for each in settlement.coupons
    ]
    return replace(settlement, coupons=tuple(given))


async def _give_residual(
    connection: AsyncConnection, refund: Refund, effect: CouponEffect, expiry: CouponExpiry
) -> CouponEffect:
    """Issue a coupon worth the share that the returned units carried, under the same conditions (rule 15)."""
    now, coupon_id = clock.now(), effect.issued_id or coupons.new_id()
    original = await coupons.find(connection, refund.merchant_id, effect.coupon_id, now)
    use = await coupon_uses.use_of(connection, refund.merchant_id, refund.order_id, effect.coupon_id)
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
    worth = format_money(effect.amount)
    sentence = f"new coupon {coupon_id} worth {worth}, the share of {effect.coupon_id} on the goods returned"
    detail = {"coupon_id": coupon_id, "of": effect.coupon_id, "amount": effect.amount.minor_units}
    note = journal.Note(AuditAction.COUPON_RESIDUAL, sentence, HOUSE, detail)
    await journal.record(connection, refund.refund_id, note)
    return replace(effect, issued_id=coupon_id)


async def _as_it_came_out(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> Settlement:
    """Show which coupons came back with this refund, whatever other refunds of the order did meanwhile."""
    reinstated = await coupon_uses.freed_in(connection, refund.merchant_id, refund.order_id, refund.refund_id)

    def outcome(effect: CouponEffect) -> CouponOutcome:
        if effect.outcome is CouponOutcome.RESIDUAL:
            return effect.outcome
        return CouponOutcome.REINSTATED if effect.coupon_id in reinstated else CouponOutcome.KEPT

    return replace(settlement, coupons=tuple(replace(each, outcome=outcome(each)) for each in settlement.coupons))


async def _due(connection: AsyncConnection, ref: RefundRef, order_id: str, settlement: Settlement) -> list[str]:
    """Judge by units, over every refund of the order whose payout succeeded."""
    position = await positions.paid_back(connection, ref.merchant_id, order_id)
    if not position.is_fully_returned():
        return []
    in_parts = {coupon_id for refund in position.refunds for coupon_id, _ in refund.residuals}
    in_parts |= {each.coupon_id for each in settlement.coupons if each.outcome is CouponOutcome.RESIDUAL}
    used = await coupon_uses.used_by(connection, ref.merchant_id, order_id)
    return [each.coupon_id for each in used if each.reusable_after_refund and each.coupon_id not in in_parts]


async def _reinstate(connection: AsyncConnection, refund: Refund, coupon_id: str, expiry: CouponExpiry) -> bool:
    """Give back this order's use of a coupon; tell whether no order uses it any more (rule 43)."""
    merchant_id, refund_id, now = refund.merchant_id, refund.refund_id, clock.now()
    uses = await coupon_uses.give_back(connection, merchant_id, refund.order_id, coupon_id, refund_id)
    if is_free(uses):
        until = free_until(uses, expiry, now)
        await coupon_uses.free(connection, merchant_id, coupon_id, refund_id, uses, until, now)
    return is_free(uses)


async def _withdraw_uses(connection: AsyncConnection, ref: RefundRef, order_id: str) -> list[str]:
    position = await positions.paid_back(connection, ref.merchant_id, order_id)
    if position.is_fully_returned():
        return []
    withdrawn = await coupon_uses.back_in(connection, ref.merchant_id, order_id)
    for coupon_id in withdrawn:
        await coupon_uses.withdraw(connection, ref.merchant_id, order_id, coupon_id)
    return withdrawn
