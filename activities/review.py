"""Judging a refund: its risk, and whether the policy approves it by rule."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import kept_of, refuse_if_paid
from db import (
    by_rule,
    claims,
    customer_history,
    customers,
    instruments,
    policies,
    refund_runs,
    refunds,
    standings,
    steps,
    stored_orders,
)
from db.at_once import at_once
from db.codec import to_json
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain import clock
from domain.audit_actions import AuditAction
from domain.campaigns.tallies import ALL_ORDERS
from domain.claims.lost_parcels import is_asked_about
from domain.claims.returns import is_in_window
from domain.deadlines import ends_at, is_end_of_day
from domain.durations import span
from domain.explain.endings import EndedBecause, EvidenceWanted
from domain.lifecycle import RefundStatus
from domain.policy import DeclinedTender, Policy, ReviewTimeout
from domain.rights.approvals import Approval
from domain.rights.review import ByRule, Decision, Verdict, WaitsBecause, because_of_the_parcel, judge
from domain.rights.risk import Risk, RiskFacts, assess
from domain.said import Word, WordKind
from domain.sale.arrivals import as_known
from domain.settlement.settlement import Settlement
from domain.steps import Step
from service.closed_days import closed_days
from service.goods_return import lost_of, with_lost_decided
from service.steps import RefundRef, RunIsBehind, Saying, StepTransaction, is_overtaken, saying


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """What the policy version of this refund gives every party time for, and does with a declined payment."""

    review_sla: timedelta
    review_timeout: ReviewTimeout
    return_deadline: timedelta
    inspection_sla: timedelta
    declined_tender: DeclinedTender


@dataclass(frozen=True, slots=True)
class Assessment:
    """`rule` approves by itself; else a reviewer is asked, for the reasons in `waits_because`.

    `send_by` is the last moment to send the goods, once it is approved; None where the policy's deadline is an exact
    span from then on. Time zones are looked up here and frozen: a workflow must not depend on a later database.
    """

    rule: str | None
    waits_because: tuple[WaitsBecause, ...]
    risk_score: int
    goods_come_back: bool
    terms: ReviewTerms
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """`rule` is set where the policy decided by itself; `message_id` numbers the decisions of one refund.

    `sent_at` is the time of the task in which it is recorded, `heard` are the ids of the words that its run has noted.
    `is_of_lost_parcel` says that it is about the units alone that are lost: the refund of the others stands.
    Where several approvals are needed, `approvals` are those that its run knows of, `key_id` is the key of this one.
    """

    refund: RefundRef
    decision: Decision
    by: str
    rule: str | None
    note: str
    message_id: str
    sent_at: datetime
    reason_code: EndedBecause | None = None
    evidence_wanted: tuple[EvidenceWanted, ...] = ()
    word: Word | None = None
    heard: tuple[str, ...] = ()
    is_of_lost_parcel: bool = False
    key_id: str = ""
    approvals: tuple[Approval, ...] = ()
    approvals_needed: int = 1

    @property
    def leaves_the_rest(self) -> bool:
        """Whether what is lost is not paid, and the refund goes on without it."""
        return self.is_of_lost_parcel and self.decision is Decision.REJECT

    @property
    def approves(self) -> bool:
        return self.decision is Decision.APPROVE or self.leaves_the_rest

    @property
    def is_in_part(self) -> bool:
        """Whether it is an approval after which another one is needed."""
        return self.decision is Decision.APPROVE and len(self.approvals) + 1 < self.approvals_needed

    @property
    def with_those_before(self) -> tuple[Approval, ...]:
        """All approvals that there are with this one."""
        return (*self.approvals, Approval(self.key_id, self.by, self.note))


class Review:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: an assessment changes nothing but what is known.
    @activity.defn
    async def assess_refund(self, ref: RefundRef) -> Assessment:
        """Judge the risk, and whether a rule approves; refunds of one customer are judged in turn (rule 40)."""
        async with self._engine.begin() as connection:
            return await assessed(connection, ref, await refunds.get(connection, ref.refund_id, lock=True))

    # No undo: a decision is taken back by what follows it, not by forgetting it.
    @activity.defn
    async def record_decision(self, command: ReviewDecision) -> datetime | None:
        """Note a decision; returns the last moment to send the goods from then on, like `Assessment.send_by`."""
        body: dict[str, Any] = {"decision": command.decision, "by": command.by, "note": command.note}
        body |= {"reason_code": command.reason_code, "evidence_wanted": list(command.evidence_wanted)}
        if command.key_id:
            body["key_id"] = command.key_id
        said = Saying(command.message_id, command.word, body, key_id=command.key_id)
        async with saying(self._engine, command.refund, Step.DECISION, said) as tx:
            if tx.is_first:
                await _record(tx, command)
            policy = await policies.at_version(tx.connection, tx.ref.merchant_id, tx.refund.policy_version)
        return _send_by(policy, command.sent_at + clock.ahead())


async def assessed(connection: AsyncConnection, ref: RefundRef, refund: Refund) -> Assessment:
    """Assess a refund in a transaction that holds its lock."""
    await customers.lock(connection, ref.merchant_id, refund.customer_id)
    quote = refund.quote.read()
    async with at_once(connection) as reads:
        by_policy = reads.begin(_under_policy, refund)
        ordered = reads.begin(stored_orders.find, ref.merchant_id, refund.order_id)
        is_lost = reads.begin(steps.is_done, ref.refund_id, ref.step(Step.LOSS))
        risking = reads.begin(_risk, refund, quote)
    (policy, so_far), stored = by_policy.result(), ordered.result()
    assert stored is not None
    risk = risking.result()
    sold = await _sold_when_asked(connection, refund, stored)
    assert sold.sale is not None
    is_closed = closed_days(policy.country)
    in_window = is_in_window(sold.order, sold.sale, policy, refund.asked_at, is_closed, quote.claims)
    asked = policy, refund.given.in_effect, quote.comes_to, so_far, risk
    verdict = judge(
        *asked,
        in_window=in_window,
        refund_to=refund.refund_to,
        approvals_needed=refund.approvals_needed,
        kind=refund.kind,
    )
    if is_lost.result():
        verdict = because_of_the_parcel(WaitsBecause.PARCEL_LOST)
    await refund_runs.note_running(connection, ref.refund_id, risk=_shown(risk), **_verdict(refund, verdict))
    return Assessment(
        rule=verdict.rule,
        waits_because=verdict.waits_because,
        risk_score=risk.score,
        goods_come_back=refund.goods_come_back,
        terms=_terms(policy),
        send_by=_send_by(policy, clock.now()) if _is_approved(refund) else None,
    )


async def _sold_when_asked(connection: AsyncConnection, refund: Refund, now: StoredOrder) -> StoredOrder:
    """Find the order with what was asked for in the parcels in which it was then (rules 49 and 57)."""
    if refund.order_version == now.version or not now.order.shipments:
        return now
    then = await stored_orders.at_version(connection, refund.merchant_id, now, refund.order_version)
    if then is None or not then.order.shipments:
        return now
    return replace(then, order=as_known(then.order, now.order))


async def _record(tx: StepTransaction, command: ReviewDecision) -> None:
    if await is_overtaken(tx.connection, command.refund.refund_id, Step.DECISION, command.sent_at):
        await tx.unclaim()
        return
    if command.approvals_needed > 1:
        _refuse_if_others_approved(tx, command)
    if tx.refund.settled_at is not None:
        await refuse_if_paid(tx.connection, command.refund)
    if tx.refund.goods_return is not None:
        await _refuse_if_approved(tx)
        _refuse_if_decided_about_the_lost(tx)
    if tx.refund.review is not None:
        await tx.supersede(WordKind.REVIEW, command.heard)
    if command.is_in_part:
        await _record_approval(tx, command)
        return
    decided = _decided(tx, command)
    if command.approvals_needed > 1 and command.decision is not Decision.REQUEST_EVIDENCE:
        tx.change(approvals=[])
    tx.change(review=decided, approved_by_rule=command.approves and command.rule is not None)
    if command.decision is not Decision.REQUEST_EVIDENCE and is_asked_about(lost_of(tx.refund.goods_return)):
        is_paid = command.decision is Decision.APPROVE
        tx.change(goods_return=with_lost_decided(tx.refund.goods_return, is_paid=is_paid))
    await _move_on(tx, command)
    event = AuditAction.APPROVED if command.approves else _EVENT[command.decision]
    await tx.note(event, _sentence(command), _figures(command, decided), by=command.by)


def _decided(tx: StepTransaction, command: ReviewDecision) -> dict[str, Any]:
    """What the refund keeps of a decision."""
    decided: dict[str, Any] = {
        "decision": Decision.APPROVE if command.approves else command.decision,
        "by": command.by,
        "rule": command.rule,
        "note": command.note,
        "policy_version": tx.refund.quoted_policy_version,
    }
    if command.reason_code and not command.leaves_the_rest:
        decided["reason_code"] = command.reason_code
    if command.evidence_wanted:
        decided["evidence_wanted"] = list(command.evidence_wanted)
    if command.approvals_needed > 1 and command.decision is Decision.APPROVE:
        decided["approvals"] = to_json(command.with_those_before)
    return decided


async def _move_on(tx: StepTransaction, command: ReviewDecision) -> None:
    """An approved refund goes on from where its parcels are."""
    rows = (await claims.rows_of(tx.connection, [tx.ref.refund_id]))[tx.ref.refund_id]
    if tx.refund.status.is_final or not command.approves:
        return
    if any(row.received for row in rows):
        tx.move(RefundStatus.INSPECTING)  # a late parcel is here
    elif command.is_of_lost_parcel:  # others are still to come
        is_opened_by_one = tx.ref.round > 1  # its label is void
        has_shipped = bool((tx.refund.goods_return or {}).get("tracking_number"))
        is_under_way = has_shipped or is_opened_by_one
        tx.move(RefundStatus.IN_TRANSIT if is_under_way else RefundStatus.AWAITING_RETURN)


def _figures(command: ReviewDecision, decided: dict[str, Any]) -> dict[str, Any]:
    """What the trail keeps for good: what those before have written stands beside it already, with their approvals."""
    if "approvals" not in decided:
        return decided
    who = [{"key_id": each.key_id, "by": each.by} for each in command.with_those_before]
    return {**decided, "approvals": who}


async def _record_approval(tx: StepTransaction, command: ReviewDecision) -> None:
    """Note the approval of one reviewer, after which that of another is needed (rule 54)."""
    approvals = command.with_those_before
    tx.change(approvals=to_json(approvals))
    so_far = f"{len(approvals)} of {command.approvals_needed} approvals"
    sentence = f"approved by {command.by}, {so_far}" + (f": {command.note}" if command.note else "")
    detail = {"key_id": command.key_id, "approvals": len(approvals), "needed": command.approvals_needed}
    await tx.note(AuditAction.APPROVED_IN_PART, sentence, {**detail, "note": command.note}, by=command.by)


def _refuse_if_others_approved(tx: StepTransaction, command: ReviewDecision) -> None:
    """Raise RunIsBehind where a lost task has noted approvals that this run does not know, or has ended their count."""
    if approvals_of(tx.refund) != command.approvals:
        raise RunIsBehind(f"{tx.ref.refund_id} has other approvals than the run knows")


def approvals_of(refund: Refund) -> tuple[Approval, ...]:
    """The approvals that there are so far, where more are needed."""
    return tuple(Approval(**each) for each in refund.approvals)


async def _refuse_if_approved(tx: StepTransaction) -> None:
    """Raise RunIsBehind where a lost task has approved the refund and its label is made, unless the parcel is lost."""
    stands = (tx.refund.review or {}).get("decision")
    if stands == Decision.APPROVE and await tx.is_done(Step.ISSUE_RETURN) and not await tx.is_done(Step.LOSS):
        raise RunIsBehind(f"{tx.ref.refund_id} was approved, and its label is made")


def _refuse_if_decided_about_the_lost(tx: StepTransaction) -> None:
    """Raise RunIsBehind where a lost task has noted what becomes of the parcels that are lost: one decision stands."""
    lost = lost_of(tx.refund.goods_return)
    if lost and not is_asked_about(lost):
        raise RunIsBehind(f"{tx.ref.refund_id} has nobody asked about what is lost, it is decided")


_EVENT = {
    Decision.APPROVE: AuditAction.APPROVED,
    Decision.REJECT: AuditAction.REVIEW_REJECTED,
    Decision.REQUEST_EVIDENCE: AuditAction.EVIDENCE_REQUESTED,
}


def _sentence(command: ReviewDecision) -> str:
    verb = {"approve": "approved", "reject": "rejected", "request_evidence": "more evidence requested"}
    by = f"by rule {command.rule}" if command.rule else f"by {command.by}"
    if command.leaves_the_rest:
        return f"approved without what is lost {by}" + (f": {command.note}" if command.note else "")
    return f"{verb[command.decision]} {by}" + (f": {command.note}" if command.note else "")


def _terms(policy: Policy) -> ReviewTerms:
    return ReviewTerms(
        review_sla=span(policy.review_sla),
        review_timeout=policy.review_timeout,
        return_deadline=span(policy.return_deadline),
        inspection_sla=span(policy.inspection_sla),
        declined_tender=policy.declined_tender,
    )


def _send_by(policy: Policy, approved_at: datetime) -> datetime | None:
    """The end of the day by which goods of a refund that was approved then are to be sent (rules 31 and 41)."""
    end = ends_at(approved_at, policy.return_deadline, policy.time_zone, closed_days(policy.country))
    return end if is_end_of_day(end) else None


def _is_approved(refund: Refund) -> bool:
    return refund.review is not None and refund.review["decision"] == Decision.APPROVE


def _verdict(refund: Refund, verdict: Verdict) -> dict[str, Any]:
    """What to keep of a verdict; one on a refund that was decided, or opened again for a reviewer, decides nothing.

    Nor does one on money that has moved (rule 51).
    """
    if _is_approved(refund) or refund.round > 1 or refund.external is not None:
        return {}
    return kept_of(verdict)


async def _under_policy(connection: AsyncConnection, refund: Refund) -> tuple[Policy, ByRule]:
    policy = await policies.at_version(connection, refund.merchant_id, refund.policy_version)
    return policy, await by_rule.so_far(connection, refund, span(policy.auto_approve_per_customer.window))


async def _risk(connection: AsyncConnection, refund: Refund, quote: Settlement) -> Risk:
    """A run that takes over judges by what was known when the refund was asked for."""
    return refund.risk.read() if refund.risk else assess(await _risk_facts(connection, refund, quote))


async def _risk_facts(connection: AsyncConnection, refund: Refund, quote: Settlement) -> RiskFacts:
    merchant_id, customer_id = refund.merchant_id, refund.receiver
    async with at_once(connection) as reads:
        asking = reads.begin(customer_history.before, merchant_id, customer_id, refund.refund_id)
        knowing = reads.begin(customers.find, merchant_id, customer_id)
        counting = reads.begin(standings.of_customer, merchant_id, customer_id)
        sharing = reads.begin(instruments.other_accounts, merchant_id, refund.order_id)
    before, customer = asking.result(), knowing.result()
    bought = [each for each in counting.result().others if each.campaign_id == ALL_ORDERS]
    paid = [(each.paid.minor_units, each.orders) for each in bought if each.paid.currency == refund.currency]
    registered_at = customer.registered_at if customer else None
    return RiskFacts(
        refunds_7d=before.refunds_7d,
        refunds_90d=before.refunds_90d,
        orders=sum(each.orders for each in bought),
        orders_refunded=before.orders_refunded,
        amount=quote.comes_to.minor_units,
        usual_amount=sum(amount // count for amount, count in paid),
        rejected_inspections=before.rejected_inspections,
        account_age=clock.now() - registered_at if registered_at else None,
        other_accounts=sharing.result(),
        given_before=before.given,
        same_picture_in=before.same_picture_in,
    )


def _shown(risk: Risk) -> Any:
    return to_json(risk)
