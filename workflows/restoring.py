"""Making whole: what goes back beside the money, and its withdrawal where the money came back (rules 13 to 24, 35)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.campaigns import Campaigns
    from activities.coupons import Coupons
    from activities.exclusive_discounts import ExclusiveDiscounts
    from activities.grants import Grants
    from activities.late_failures import LateFailures
    from activities.notifications import Notifications
    from activities.points import Points
    from activities.settlement import Settled
    from activities.tiers import Tiers
    from domain.messages import Topic
    from domain.reasons import RefundStatus
    from workflows.steps import Steps


class Restoring:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def give_back(self, settled: Settled) -> None:
        """Give back what follows the money; only after the payout (rules 17 and 37)."""
        self._steps.enter(RefundStatus.RESTORING)
        refund = self._steps.refund
        news = [Topic.PAID] if settled.total else []
        if news and settled.has_entitlements:
            await self._steps.tell(*news)
            news = []
        if settled.has_coupons:
            await self._steps.take(Coupons.reinstate_coupons, refund)
        if settled.has_points:
            await self._steps.take(Points.restore_points, refund)
        if settled.has_campaigns:
            await self._steps.take(Campaigns.recalculate_campaigns, refund)
        if settled.has_grants:
            await self._steps.take(Grants.withdraw_grants, refund)
        if settled.has_exclusive_discounts:
            await self._steps.take(ExclusiveDiscounts.reinstate_exclusive_discounts, refund)
        if settled.has_tier:
            await self._steps.take(Tiers.recalculate_tier, refund)
        if settled.has_entitlements:
            await self._steps.take(Notifications.notify_entitlements, refund)
        await self._steps.tell(*news, Topic.COMPLETED)

    async def withdraw(self, settled: Settled) -> None:
        """A payout failed later: take back what was given back, newest first, and begin a new round (rule 35)."""
        refund = self._steps.refund
        # While the settlement says what was given back.
        if settled.has_entitlements and workflow.patched("withdrawals-are-told"):
            await self._steps.take(Notifications.notify_withdrawals, refund)
        if settled.has_exclusive_discounts:
            await self._steps.take(ExclusiveDiscounts.withdraw_exclusive_discounts, refund)
        if settled.has_grants:
            await self._steps.take(Grants.grant_again, refund)
        if settled.has_campaigns:
            await self._steps.take(Campaigns.give_rewards_again, refund)
        if settled.has_points:
            await self._steps.take(Points.withdraw_points, refund)
        if settled.has_coupons:
            await self._steps.take(Coupons.withdraw_coupons, refund)
        self._steps.refund = refund.next_round
        await self._steps.must(LateFailures.begin_round, self._steps.refund)
