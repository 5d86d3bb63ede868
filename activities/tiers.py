"""The customer's tier, recalculated once the refund is paid (rule 28)."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef
from db import campaigns, customers, effects, journal, policies, refunds
from db.codec import from_json, to_json
from domain.durations import span
from domain.settlement import Settlement
from domain.tiers import TierEffect, tier_at


class Tiers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: a tier is computed from the orders and their refunds, nothing is stored that could be taken back.
    @activity.defn
    async def recalculate_tier(self, ref: RefundRef) -> None:
        """Show the tier as it is after this refund, whatever else happened meanwhile."""
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("recalculate_tier"))
            if is_repeat:
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            settlement = from_json(Settlement, refund.settlement)
            tier = await _now(connection, ref, refund.customer_id, settlement)
            if tier is None:
                return
            await refunds.change(connection, ref.refund_id, settlement=to_json(replace(settlement, tier=tier)))
            note = journal.Note("tier_recalculated", _sentence(tier), "makewhole", to_json(tier))
            await journal.record(connection, ref.refund_id, note)


async def _now(
    connection: AsyncConnection, ref: RefundRef, customer_id: str, settlement: Settlement
) -> TierEffect | None:
    refund = await refunds.get(connection, ref.refund_id)
    policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
    if settlement.tier is None or not policy.tiers:
        return None
    bought = await campaigns.purchases(connection, ref.merchant_id, customer_id)
    now, currency = datetime.now(UTC), settlement.total.currency
    after = tier_at(policy, bought, currency, now)
    falls_at = refund.settled_at + span(policy.tier_grace)
    becomes = tier_at(policy, bought, currency, max(falls_at, now))
    if becomes == after:
        return TierEffect(settlement.tier.before, after, None, None)
    return TierEffect(settlement.tier.before, after, becomes, falls_at)


def _sentence(tier: TierEffect) -> str:
    said = f"tier {tier.before or 'none'} → {tier.after or 'none'}"
    return said + (f", {tier.becomes or 'none'} from {tier.falls_at:%Y-%m-%d}" if tier.falls_at else "")
