"""The customer's tier, recalculated once the refund is paid (rule 28)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from db import policies, purchases
from db.codec import to_json
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.durations import span
from domain.entitlements.tiers import TierEffect, counts_since, tier_at
from domain.settlement.settlement import Settlement
from domain.steps import Step
from service.steps import RefundRef, step


class Tiers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: a tier is computed from the orders and their refunds, nothing is stored that could be taken back.
    @activity.defn
    async def recalculate_tier(self, ref: RefundRef) -> None:
        """Show the tier as it is after this refund, whatever else happened meanwhile."""
        async with step(self._engine, ref, Step.RECALCULATE_TIER) as tx:
            if not tx.is_first:
                return
            await tx.lock_customer()
            settlement = tx.settlement
            tier = await _now(tx.connection, tx.refund, settlement)
            if tier is None:
                return
            tx.store_settlement(replace(settlement, tier=tier))
            await tx.note(AuditAction.TIER_RECALCULATED, _sentence(tier), to_json(tier))


async def _now(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> TierEffect | None:
    policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
    if settlement.tier is None or not policy.tiers:
        return None
    assert refund.settled_at is not None
    now, currency = clock.now(), settlement.total.currency
    since = counts_since(policy, now)
    bought = await purchases.of_customer(connection, refund.merchant_id, refund.customer_id, since=since)
    after = tier_at(policy, bought, currency, now)
    falls_at = refund.settled_at + span(policy.tier_grace)
    becomes = tier_at(policy, bought, currency, max(falls_at, now))
    if becomes == after:
        return TierEffect(settlement.tier.before, after, None, None)
    return TierEffect(settlement.tier.before, after, becomes, falls_at)


def _sentence(tier: TierEffect) -> str:
    said = f"tier {tier.before or 'none'} → {tier.after or 'none'}"
    return said + (f", {tier.becomes or 'none'} from {tier.falls_at:%Y-%m-%d}" if tier.falls_at else "")
