"""The same refund on DBOS: the activities of makewhole, each a durable step of a DBOS workflow, in the same order.

Straight on, as a refund goes that a rule approves: no words of people, no undo, no patience. Whatever DBOS is spared
by that is to its advantage.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from dbos import DBOS

from activities.entitlements import FOLLOWS
from activities.notifications import Notifications, Notify, Told
from activities.payout_books import PayOut
from activities.payouts import Payouts
from activities.refunds import CloseRefund, Refunds
from activities.reopening import Load, Reopenings
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements, SettlementSummary
from domain import clock
from domain.explain.messages import Topic
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.rights.review import Decision
from workflows.contract import StartRefund

Command = TypeVar("Command")
Result = TypeVar("Result")


class DbosRefund:
    """`deeds` are the activities by name, as the worker puts them together (`worker.py`)."""

    def __init__(self, deeds: Mapping[str, Callable[..., Any]]) -> None:
        self._deeds = deeds

    async def run(self, start: StartRefund) -> str:
        """A refund from its assessment to its end; raises RuntimeError where it does not go straight on."""
        refund, run = start.refund, str(DBOS.workflow_id)
        load = Load(refund, start.opening, run, clock.now(), assesses=True)
        assessment = (await self._do(Reopenings.load, load)).assessment
        if assessment is None or assessment.rule is None:
            raise RuntimeError(f"{refund.refund_id} is not approved by a rule")
        decision = ReviewDecision(
            refund, Decision.APPROVE, "auto", assessment.rule, "", f"{run}.1.decided", clock.now()
        )
        await self._do(Review.record_decision, decision)
        settled = await self._do(Settlements.hold_settlement, HoldSettlement(refund, None))
        for share in settled.payouts:
            paid = await self._do(Payouts.pay_out, PayOut(refund, share.payment_id))
            if paid.status is not PayoutStatus.SUCCEEDED:
                raise RuntimeError(f"the payout of {refund.refund_id} is {paid.status}")
        await self._do(Payouts.confirm_payouts, refund)
        for each in FOLLOWS:
            if each.do is not None and each.entitlement in settled.entitlements:
                await self._do(each.do, refund)
        await self._do(Notifications.notify, Notify(refund, _told(run, settled)))
        end = CloseRefund(refund, RefundStatus.COMPLETED, "the refund is complete", "makewhole", f"{run}.2.closed")
        await self._do(Refunds.close_refund, end)
        return str(RefundStatus.COMPLETED)

    async def _do(self, do: Callable[[Any, Command], Awaitable[Result]], command: Command) -> Result:
        done: Result = await DBOS.run_step_async({"name": do.__name__}, self._deeds[do.__name__], command)
        return done


def _told(run: str, settled: SettlementSummary) -> tuple[Told, ...]:
    """What the customer is told, as the workflow gathers it."""
    approved = Told((Topic.RECEIVED, Topic.APPROVED), subject=f"{run}.approved")
    paid, completed = Told((Topic.PAID,), subject=f"{run}.paid"), Told((Topic.COMPLETED,), subject=f"{run}.completed")
    follows = [Told((), of_entitlements=True)] if settled.entitlements else []
    return approved, paid, *follows, completed
