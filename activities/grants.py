"""What the order itself granted is taken back: coupons are revoked, store credit is debited (rule 16)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, require_done, require_undone
from db import credit, grants, holds, journal, late_orders, policies, positions, steps
from db.ledger import Account, EntryCause, post, reverse, transfer
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.entitlements.elsewhere import LivesElsewhere
from domain.entitlements.grants import GrantEffect, as_coupon, owed_grants
from domain.entitlements.held import take_grant
from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.payout.keys import joined
from domain.said import HOUSE
from domain.settlement.deductions import DeductionKind
from domain.settlement.settlement import Settlement
from domain.settlement.told_elsewhere import coupons_revoked
from domain.steps import Step
from service.steps import RefundRef, StepTransaction, step, undo


class Grants:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    @activity.defn
    async def withdraw_grants(self, ref: RefundRef) -> None:
        """Capture what was held of the order's own coupons and store credit.

        Where a person skipped giving them again after a failed payout, they are taken back already: once is enough.
        """
        await self._elsewhere.first(self._withdraw, ref)

    @activity.defn
    async def grant_again(self, ref: RefundRef) -> None:
        """The payout failed later: what was taken back is the customer's again, but held (rule 35)."""
        await self._elsewhere.first(self._give_again, ref)

    async def _withdraw(self, ref: RefundRef) -> None:
        async with step(self._engine, ref, Step.WITHDRAW_GRANTS) as tx:
            if not tx.is_first:
                return
            if await _stand_taken(tx):
                return
            planned = tx.settlement
            await require_done(tx, Step.WITHDRAW_GRANTS, planned, coupons_revoked(planned))
            await tx.lock_customer(planned.others)
            settlement, unspent = await _withdraw_all(tx.connection, tx.refund, planned)
            tx.store_settlement(settlement)
            if unspent:
                await tx.keep(unspent)
            await holds.capture_grants(tx.connection, ref.refund_id)

    async def _give_again(self, ref: RefundRef) -> None:
        async with undo(self._engine, ref, Step.WITHDRAW_GRANTS) as tx:
            if tx.is_of_another_round:
                return
            settlement, connection = tx.settlement, tx.connection
            await require_undone(tx, Step.WITHDRAW_GRANTS, settlement, LivesElsewhere.COUPONS)
            if not await tx.mark_undone():
                return
            await tx.lock_customer(settlement.others)
            await grants.restore(connection, ref.refund_id)
            if any(each.grant.expires_at for each in settlement.grants):
                unspent = await steps.result_of(connection, ref.refund_id, tx.key) or {}
                await credit.give_again(connection, ref.merchant_id, tx.refund.order_id, unspent)
            for effect in settlement.grants:
                for entry in (_entry(ref.refund_id, effect), _owed(ref.refund_id, effect)):
                    await reverse(connection, ref.merchant_id, entry, "the payout failed later")
            tx.store_settlement(_as_settled(settlement))
            await holds.hold_again(connection, ref.refund_id)
            await tx.note(AuditAction.GRANTS_WITHDRAWN, "what the order granted waits for the payout again", {})


async def _stand_taken(tx: StepTransaction) -> bool:
    """Whether the round before took them back and nobody gave them again; what it left is kept for whoever does."""
    before = tx.ref.round_before.step(Step.WITHDRAW_GRANTS)
    if tx.ref.round == 1 or not await steps.is_done(tx.connection, tx.ref.refund_id, before):
        return False
    await tx.keep(await steps.result_of(tx.connection, tx.ref.refund_id, before))
    await holds.capture_grants(tx.connection, tx.ref.refund_id)
    return True


async def _withdraw_all(
    connection: AsyncConnection, refund: Refund, settlement: Settlement
) -> tuple[Settlement, dict[str, int]]:
    """Take the grants back as they are now; what was spent of them while it was held is owed (rule 42).

    Return the settlement as it is now, and what was still unspent of credit that ends, by the grant's name.
    """
    merchant_id, order_id = refund.merchant_id, refund.order_id
    policy = await policies.at_version(connection, merchant_id, refund.policy_version)
    known = await grants.of_order(connection, merchant_id, order_id, refund.customer_id)
    taken: list[GrantEffect] = []
    unspent: dict[str, int] = {}
    for plan in settlement.grants:
        owner, is_ending = plan.grant.customer_id or refund.customer_id, plan.grant.expires_at is not None
        if is_ending:
            await credit.expire(connection, merchant_id, owner, clock.now())
        there = await positions.credit_of(connection, merchant_id, owner, refund.currency, but_by=refund.refund_id)
        effect = take_grant(plan, known, there, policy.granted_coupon_used)
        taken.append(effect)
        if is_ending:
            amount = effect.taken_back.minor_units
            unspent |= await credit.take_grant(connection, merchant_id, order_id, plan.grant.name, amount)
        if plan.does_something:
            await _withdraw(connection, refund, effect)
    owed = (*settlement.owed_later, *owed_grants(taken))
    return replace(settlement, grants=tuple(taken), owed_later=owed), unspent


def _as_settled(settlement: Settlement) -> Settlement:
    """Forget how the grants were taken back."""
    owed = tuple(each for each in settlement.owed_later if each.kind is DeductionKind.CAMPAIGN_REWARD)
    grants = tuple(replace(each, spent_since=None) for each in settlement.grants)
    return replace(settlement, grants=grants, owed_later=owed)


async def _withdraw(connection: AsyncConnection, refund: Refund, effect: GrantEffect) -> None:
    """A coupon whose value was deducted stays the customer's; everything else that is withdrawn is gone (rule 44)."""
    name, nothing = effect.grant.name, effect.taken.like(0)
    owed = (effect.spent_since or nothing) + (effect.owed_by_another or nothing)
    if effect.is_withdrawn and not effect.stays_the_customers:
        await grants.claw_back(connection, refund.merchant_id, refund.order_id, effect.grant, refund.refund_id)
    cause = EntryCause(
        _entry(refund.refund_id, effect), "granted by the order, taken back", refund.order_id, refund.refund_id
    )
    customer = effect.grant.customer_id or refund.customer_id
    promotions = (Account.PROMOTIONS, refund.merchant_id)
    lines = transfer((Account.STORE_CREDIT, customer), promotions, refund.currency, effect.taken_back.minor_units)
    await post(connection, refund.merchant_id, cause, lines)
    cause = EntryCause(
        _owed(refund.refund_id, effect), "granted by the order, spent while held", refund.order_id, refund.refund_id
    )
    lines = transfer((Account.OWED, customer), promotions, refund.currency, owed.minor_units)
    await post(connection, refund.merchant_id, cause, lines)
    detail = {"name": name, "taken": effect.taken_back.minor_units, "missing": effect.missing.minor_units}
    detail |= {"owed": owed.minor_units}
    event = AuditAction.GRANT_OF_ANOTHER_WITHDRAWN if effect.grant.customer_id else AuditAction.GRANT_WITHDRAWN
    note = journal.Note(event, _sentence(effect, owed), HOUSE, detail)
    await journal.record(connection, refund.refund_id, note)


def _entry(refund_id: str, effect: GrantEffect) -> str:
    return joined(refund_id, "grant", effect.grant.name)


def _owed(refund_id: str, effect: GrantEffect) -> str:
    return late_orders.owed_grant(refund_id, effect.grant.kind, effect.grant.name)


def _sentence(effect: GrantEffect, owed: Money) -> str:
    grant = effect.grant
    meanwhile = "" if effect.owed_by_another else " meanwhile"
    spent = f", {format_money(owed)} of it was spent{meanwhile} and is owed" if owed else ""
    whom = f" to customer {grant.customer_id}" if grant.customer_id else ""
    if grant.is_coupon:
        return f"coupon {grant.name}, granted by the order{whom}: {as_coupon(effect).outcome}{spent}"
    return f"{format_money(effect.taken_back)} of the store credit granted by the order{whom} taken back{spent}"
