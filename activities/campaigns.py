"""Campaigns: correct the spend, recalculate the standing, take back rewards no longer earned (rule 23)."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.elsewhere import Elsewhere, as_before, require_done, require_undone
from db import campaigns, coupons, holds, late_orders, points, policies, positions, rewards
from db.ledger import Account, EntryCause, post, reverse, transfer
from db.read_models import Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.campaigns.campaign_effects import no_longer_earned
from domain.campaigns.campaigns import RewardTakeBack
from domain.entitlements.elsewhere import LivesElsewhere
from domain.entitlements.held import TakenReward, owed_rewards, take_rewards
from domain.explain.messages import format_money
from domain.sale.orders import RewardKind
from domain.settlement.deductions import DeductionKind
from domain.settlement.settlement import Settlement
from domain.settlement.told_elsewhere import campaigns_moved
from domain.steps import Step
from service.steps import RefundRef, step, undo


class Campaigns:
    def __init__(self, engine: AsyncEngine, elsewhere: Elsewhere) -> None:
        self._engine = engine
        self._elsewhere = elsewhere

    @activity.defn
    async def recalculate_campaigns(self, ref: RefundRef) -> None:
        """Compute the customer's standing from all of their orders, and make their rewards agree with it."""
        await self._elsewhere.first(self._recalculate, ref)

    @activity.defn
    async def give_rewards_again(self, ref: RefundRef) -> None:
        """The payout failed later: rewards that were withdrawn are the customer's again, but held (rule 35)."""
        await self._elsewhere.first(self._give_again, ref)

    async def _recalculate(self, ref: RefundRef) -> None:
        async with step(self._engine, ref, Step.RECALCULATE_CAMPAIGNS) as tx:
            if not tx.is_first:
                return
            settlement = tx.settlement
            moved = await as_before(tx, Step.RECALCULATE_CAMPAIGNS, settlement, campaigns_moved(settlement))
            await require_done(tx, Step.RECALCULATE_CAMPAIGNS, settlement, moved)
            await tx.lock_customer()
            connection, refund = tx.connection, tx.refund
            settlement = await _withdraw_rewards(connection, refund, settlement)
            await rewards.recalculate(
                connection, ref.merchant_id, refund.customer_id, refund.currency, f"refund:{ref.refund_id}"
            )
            settlement = await _as_it_came_out(connection, refund, settlement)
            tx.store_settlement(settlement)
            names = {each.campaign_id: each.name for each in await campaigns.all_of(connection, ref.merchant_id)}
            await tx.note(AuditAction.CAMPAIGNS_RECALCULATED, _sentence(settlement, names), _detail(settlement))

    async def _give_again(self, ref: RefundRef) -> None:
        async with undo(self._engine, ref, Step.RECALCULATE_CAMPAIGNS) as tx:
            if tx.is_of_another_round:
                return
            settlement = tx.settlement
            await require_undone(tx, Step.RECALCULATE_CAMPAIGNS, settlement, LivesElsewhere.CAMPAIGNS)
            if not await tx.mark_undone():
                return
            await tx.lock_customer()
            connection = tx.connection
            for reward in await campaigns.restore(connection, ref.refund_id):
                entries = (
                    f"reward:{reward.reward_id}:withdrawn",
                    late_orders.owed_reward(ref.refund_id, reward.reward_id),
                )
                for entry in entries:
                    await reverse(connection, ref.merchant_id, entry, "the payout failed later")
                if reward.coupon_id:
                    await coupons.give_again(connection, ref.merchant_id, reward.coupon_id)
            await points.settle_lots(connection, ref.merchant_id, tx.refund.customer_id)
            await holds.hold_again(connection, ref.refund_id)
            tx.store_settlement(_as_settled(settlement))
            await tx.note(AuditAction.CAMPAIGNS_WITHDRAWN, "the standing waits for the payout again", {})


async def _withdraw_rewards(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> Settlement:
    """Take back what was held for it, as it is now; what is gone since the settlement is owed (rule 42).

    A reward that is earned again meanwhile stays, and its deduction comes back.
    """
    customer = await positions.of_customer(
        connection, refund.merchant_id, refund.customer_id, refund.currency, but_by=refund.refund_id
    )
    policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
    planned = {each.reward.reward_id: each for each in settlement.take_backs}
    withdrawn = no_longer_earned(customer, refund.currency)
    point_value = policy.point_value_in(refund.currency)
    taken = take_rewards(withdrawn, planned, customer.wallet, point_value)
    for each in taken:
        await _take(connection, refund, each.take_back)
        await _owe(connection, refund, each)
    for kept in set(planned) - {each.reward_id for each in withdrawn}:
        await _return_deduction(connection, refund, settlement, planned[kept])
    await holds.capture_rewards(connection, refund.refund_id)
    return replace(settlement, owed_later=(*settlement.owed_later, *owed_rewards(taken)))


async def _owe(connection: AsyncConnection, refund: Refund, taken: TakenReward) -> None:
    """What is gone after the payout can't be deducted any more: the customer owes it."""
    reward_id = taken.take_back.reward.reward_id
    cause = EntryCause(
        late_orders.owed_reward(refund.refund_id, reward_id),
        "reward gone after the payout",
        refund.order_id,
        refund.refund_id,
    )
    pockets = (Account.OWED, refund.customer_id), (Account.PROMOTIONS, refund.merchant_id)
    await post(connection, refund.merchant_id, cause, transfer(*pockets, refund.currency, taken.owed.minor_units))


def _as_settled(settlement: Settlement) -> Settlement:
    """Forget what turned out to be owed of rewards."""
    others = tuple(each for each in settlement.owed_later if each.kind is not DeductionKind.CAMPAIGN_REWARD)
    return replace(settlement, owed_later=others)


async def _take(connection: AsyncConnection, refund: Refund, plan: RewardTakeBack) -> None:
    reward = plan.reward
    cause = EntryCause(
        f"reward:{reward.reward_id}:withdrawn", "campaign reward withdrawn", refund.order_id, refund.refund_id
    )
    if reward.kind is RewardKind.POINTS:
        await points.adjust(connection, refund.merchant_id, refund.customer_id, -plan.taken_points, cause)
    elif reward.kind is RewardKind.STORE_CREDIT:
        pockets = (Account.STORE_CREDIT, refund.customer_id), (Account.PROMOTIONS, refund.merchant_id)
        lines = transfer(*pockets, refund.currency, plan.taken.minor_units)
        await post(connection, refund.merchant_id, cause, lines)
    elif reward.coupon_id and not reward.is_spent:
        await coupons.revoke(connection, refund.merchant_id, reward.coupon_id, clock.now())
    await campaigns.claw_back(connection, reward.reward_id, refund.refund_id)


async def _return_deduction(
    connection: AsyncConnection, refund: Refund, settlement: Settlement, kept: RewardTakeBack
) -> None:
    """The reward is earned after all: what was deducted comes back as store credit, and nothing is owed for it."""
    deduction = settlement.deduction_for(kept.reward)
    if deduction is None:
        return
    cause = EntryCause(
        f"{refund.refund_id}:deduction-returned:{kept.reward.reward_id}",
        "deduction returned, the reward is earned again",
        refund.order_id,
        refund.refund_id,
    )
    promotions, customer = (Account.PROMOTIONS, refund.merchant_id), refund.customer_id
    lines = transfer(promotions, (Account.STORE_CREDIT, customer), refund.currency, deduction.amount.minor_units)
    lines += transfer(promotions, (Account.OWED, customer), refund.currency, deduction.owed.minor_units)
    await post(connection, refund.merchant_id, cause, lines)


async def _as_it_came_out(connection: AsyncConnection, refund: Refund, settlement: Settlement) -> Settlement:
    """Show the standing as it is after this refund, whatever else happened meanwhile."""
    customer = await positions.of_customer(connection, refund.merchant_id, refund.customer_id, refund.currency)
    known = {each.campaign_id: each for each in customer.campaigns}
    is_restricted = customer.is_restricted(clock.now())
    effects_now = []
    for effect in settlement.campaigns:
        campaign = known[effect.campaign_id]
        now = customer.stands(campaign, refund.currency, is_restricted=is_restricted)
        effects_now.append(replace(effect, spend_after=now.spend, qualified_after=now.is_qualified))
    return replace(settlement, campaigns=tuple(effects_now))


def _sentence(settlement: Settlement, names: dict[str, str]) -> str:
    said = [
        f"‘{names[each.campaign_id]}’: spend {format_money(each.spend_before)} → {format_money(each.spend_after)}, "
        f"{'qualified' if each.qualified_after else 'not qualified'}"
        for each in settlement.campaigns
    ]
    return "; ".join(said)


def _detail(settlement: Settlement) -> dict[str, Any]:
    return {
        each.campaign_id: [each.spend_after.minor_units, each.qualified_after, each.reward_clawed_back]
        for each in settlement.campaigns
    }
