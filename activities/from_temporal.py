"""What approves and comes from Temporal, by signal or update: marked, and let through up to what the policy says."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from db import by_rule, customers, journal, policies, refunds
from domain.audit_actions import AuditAction
from domain.money.amounts import Money
from domain.rights.from_temporal import why_not_by_signal
from service.steps import RefundRef


@dataclass(frozen=True, slots=True)
class SignalledApproval:
    """`by` is what the sender calls themselves: nobody has checked that. `how` is a signal, or an update.

    `answer` is what is said to a call for help, where it is no review.
    """

    refund: RefundRef
    by: str
    note: str
    how: str = "signal"
    answer: str = ""


class FromTemporal:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: that somebody has said it stays true.
    @activity.defn
    async def admit_signal(self, said: SignalledApproval) -> str | None:
        """Note in the audit trail that somebody at Temporal approves; or return why it may not, and note nothing.

        The policy in force decides, not the refund's: a door that is closed is closed at once. Refunds of one customer
        are judged in turn, so that what two signals of one order come to together counts.
        """
        ref = said.refund
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            await customers.lock(connection, ref.merchant_id, refund.customer_id)
            policy = (await policies.current(connection, ref.merchant_id)).policy
            asked = (refund.settlement or refund.quote).read().comes_to
            so_far = Money(asked.currency, await by_rule.by_signal_so_far(connection, refund))
            wrong = why_not_by_signal(policy, asked, so_far, refund.asked_by)
            if wrong is None:
                detail = {
                    "via": "temporal",
                    "how": said.how,
                    "minor_units": asked.minor_units,
                    "currency": asked.currency,
                }
                if said.answer:
                    detail["answer"] = said.answer
                what = f"{said.answer}, said" if said.answer else "approved"
                sentence = f"{what} by {said.how} at Temporal"
                detail["note"] = said.note
                note = journal.Note(AuditAction.APPROVAL_BY_SIGNAL, sentence, said.by, detail)
                await journal.record_request(connection, refund, note)
        return wrong
