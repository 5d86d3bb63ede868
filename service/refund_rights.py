"""Suspending the right to ask for refunds and giving it back, told and journalled in the same transaction (rule 34).

No steps of their own: they happen within the transaction of a request, of an inspection, or of a call by operations,
which holds the customer's lock.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, journal, policies, refunds, rights
from db.at_once import at_once
from db.read_models import Refund, SuspensionRow
from db.rights import Imposed
from domain import clock
from domain.audit_actions import AuditAction
from domain.deadlines import format_time
from domain.durations import span
from domain.explain.locales import can_stand_in
from domain.explain.messages import Because, Catalogue, Topic
from domain.lifecycle import RefundStatus
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.rights.suspensions import AskedRefund, Suspension, SuspensionRule, after_malicious_returns, going_over
from domain.said import HOUSE
from domain.sale.guests import is_guest
from service.notifying import About, locale_of, notify

_BECAUSE = {
    SuspensionRule.REFUND_LIMIT: Because.BECAUSE_REFUND_LIMIT,
    SuspensionRule.MALICIOUS_RETURNS: Because.BECAUSE_MALICIOUS_RETURNS,
    SuspensionRule.OPERATIONS: Because.BECAUSE_OPERATIONS,
}


@dataclass(frozen=True, slots=True)
class Appeal:
    """What somebody says against a suspension."""

    by: str
    note: str
    evidence: tuple[str, ...] = ()


class Rights:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    # By rule

    async def judge_request(self, connection: AsyncConnection, refund: Refund, policy: Policy) -> None:
        """Suspend the customer whose refund, just accepted by this policy, is one order too many."""
        status, is_merchants_fault = RefundStatus(refund.status), refund.given.is_merchants_fault
        asked = AskedRefund(refund.order_id, refund.asked_at, status, is_merchants_fault)
        async with at_once(connection) as reads:
            since = refund.asked_at - span(policy.refund_limit.window)
            others = reads.begin(rights.other_refunds, refund, since)
            reinstated_at = reads.begin(rights.reinstated_at, refund.merchant_id, refund.receiver)
        await self._by_rule(connection, refund, going_over(asked, others.result(), policy, reinstated_at.result()))

    async def judge_inspection(self, connection: AsyncConnection, refund_id: str) -> None:
        """Suspend the customer whose return, just inspected, is one malicious return too many."""
        refund = await refunds.get(connection, refund_id, lock=True)
        whose = refund.merchant_id, refund.receiver
        await customers.lock(connection, *whose)
        count = await rights.malicious_returns(connection, *whose, await rights.reinstated_at(connection, *whose))
        policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
        await self._by_rule(connection, refund, after_malicious_returns(count, policy, clock.now()))

    async def _by_rule(self, connection: AsyncConnection, refund: Refund, suspension: Suspension | None) -> None:
        """Suspend because of a refund; a longer suspension that is in force already is not cut short."""
        if suspension is None or suspension.until <= clock.now():
            return
        known = await rights.restricted_until(connection, refund.merchant_id, refund.receiver)
        suspension = replace(suspension, until=max(suspension.until, known or suspension.until))
        imposed = Imposed(refund.merchant_id, refund.receiver, HOUSE, refund.refund_id)
        await self._impose(connection, imposed, suspension)
        await journal.record(connection, refund.refund_id, _note(suspension, HOUSE))

    # By operations

    async def suspend(self, connection: AsyncConnection, imposed: Imposed, suspension: Suspension) -> None:
        """Suspend, whatever was in force before: the newest word counts."""
        await self._impose(connection, imposed, suspension)
        note = _note(suspension, imposed.by)
        note = replace(note, message=_until(suspension), detail={**note.detail, "why": suspension.reason})
        await journal.record_of_customer(connection, imposed.merchant_id, imposed.customer_id, note)

    async def reinstate(self, connection: AsyncConnection, suspended: SuspensionRow, by: str) -> None:
        """Lift a suspension; from here on everything is counted anew."""
        await rights.lift(connection, suspended.suspension_id, by)
        await self._tell(connection, suspended, Topic.REINSTATED)
        note = journal.Note(
            AuditAction.REINSTATED, "the right to ask for refunds is given back", by, {"rule": suspended.rule}
        )
        await journal.record_of_customer(connection, suspended.merchant_id, suspended.customer_id, note)

    # By the customer

    async def appeal(self, connection: AsyncConnection, suspended: SuspensionRow, appeal: Appeal) -> None:
        """Put the customer's word against a suspension in front of operations."""
        said: dict[str, Any] = {"by": appeal.by, "note": appeal.note, "at": clock.now().isoformat()}
        shown = {"evidence": list(appeal.evidence)} if appeal.evidence else {}
        await rights.note_appeal(connection, suspended.suspension_id, said | shown)
        await self._tell(connection, suspended, Topic.APPEALED, appeal.note)
        detail = {"rule": suspended.rule, "note": appeal.note, **shown}
        entry = journal.Note(AuditAction.APPEALED, f"appeal by {appeal.by}", appeal.by, detail)
        await journal.record_of_customer(connection, suspended.merchant_id, suspended.customer_id, entry)

    async def _impose(self, connection: AsyncConnection, imposed: Imposed, suspension: Suspension) -> None:
        suspension_id = await rights.impose(connection, imposed, suspension)
        about = About(imposed.merchant_id, imposed.customer_id, imposed.refund_id)
        counts = {"counted": str(suspension.counted), "allowed": str(suspension.allowed)}
        locale = await locale_of(connection, self._catalogue, about)
        because = self._catalogue.text(locale, _BECAUSE[suspension.rule], counts)
        if can_stand_in(locale, suspension.own_words):
            because = suspension.own_words
        policy = (await policies.current(connection, imposed.merchant_id)).policy
        until = self._catalogue.moment(locale, suspension.until, policy.time_zone)
        facts = {"until": until, "reason": because}
        await notify(connection, self._catalogue, about, Topic.SUSPENDED, str(suspension_id), facts)

    async def _tell(self, connection: AsyncConnection, suspended: SuspensionRow, topic: Topic, note: str = "") -> None:
        about = About(suspended.merchant_id, suspended.customer_id)
        facts = {"customer": suspended.customer_id, "until": format_time(suspended.until)}
        facts |= {"reason": suspended.reason, "note": note}
        await notify(connection, self._catalogue, about, topic, str(suspended.suspension_id), facts)


def refuse_suspended(suspended: SuspensionRow | None) -> None:
    """Refuse a request while the order's customer is suspended; raises RefundRejected (`refund_right_suspended`)."""
    if suspended:
        raise RefundRejected(Refusal.REFUND_RIGHT_SUSPENDED, _suspended(suspended))


def _suspended(suspended: SuspensionRow) -> str:
    until = f"until {format_time(suspended.until)}: {suspended.reason}"
    if is_guest(suspended.customer_id):
        return (
            f"this guest may not ask for refunds {until}; a guest appeals with an account: give it their orders by "
            "PUT /v1/customers/{customer_id} with guest_of"
        )
    return (
        f"customer {suspended.customer_id!r} may not ask for refunds {until}; "
        f"to appeal, POST /v1/customers/{suspended.customer_id}/appeal"
    )


def _note(suspension: Suspension, by: str) -> journal.Note:
    sentence = f"{_until(suspension)}: {suspension.reason}"
    return journal.Note(
        AuditAction.SUSPENDED, sentence, by, {"rule": suspension.rule, "until": suspension.until.isoformat()}
    )


def _until(suspension: Suspension) -> str:
    return f"no more refunds may be asked for until {format_time(suspension.until)}"
