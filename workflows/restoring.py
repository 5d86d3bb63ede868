"""Making whole: what goes back beside the money, and its withdrawal where the money came back (rules 13 to 24, 35)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.entitlements import FOLLOWS
    from activities.late_failures import LateFailures
    from activities.notifications import Notifications
    from activities.settlement import SettlementSummary
    from domain.explain.messages import Topic
    from domain.lifecycle import RefundStatus
    from workflows.steps import Steps


class Restoring:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def give_back(self, settled: SettlementSummary) -> None:
        """Give back what follows the money; only after the payout (rules 17 and 37)."""
        self._steps.enter(RefundStatus.RESTORING)
        refund = self._steps.refund
        if any(each.amount for each in settled.payouts):
            self._steps.notify(Topic.PAID)
        if settled.lessened:
            self._steps.notify(Topic.OWES_LESS)
        for each in FOLLOWS:
            if each.do is not None and each.entitlement in settled.entitlements:
                await self._steps.run_skippable(each.do, refund)
        if settled.entitlements:
            self._steps.notify_of_entitlements()
        self._steps.notify(Topic.COMPLETED)
        await self._steps.tell()

    async def withdraw(self, settled: SettlementSummary) -> None:
        """A payout failed later: take back what was given back, newest first, and begin a new round (rule 35)."""
        refund = self._steps.refund
        await self._steps.tell()
        # While the settlement says what was given back.
        if settled.entitlements:
            await self._steps.run_skippable(Notifications.notify_withdrawals, refund)
        for each in reversed(FOLLOWS):
            if each.undo is not None and each.entitlement in settled.entitlements:
                await self._steps.run_skippable(each.undo, refund)
        self._steps.refund = refund.next_round
        await self._steps.run_required(LateFailures.begin_round, self._steps.refund)
