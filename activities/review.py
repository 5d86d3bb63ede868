"""Judging a refund: its risk, and whether the policy approves it by rule."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RefundRef, is_of_an_ended_run, is_overtaken
from db import campaigns, claims, customers, effects, instruments, journal, orders, policies, refunds
from db.codec import from_json, to_json
from domain.durations import span
from domain.policy import DeclinedTender, Policy, ReviewTimeout
from domain.reasons import Reason, RefundStatus
from domain.returns import is_in_window
from domain.review import Decision, ReviewRule, WaitsBecause, judge
from domain.risk import Risk, RiskFacts, assess
from domain.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy version of this refund gives every party time for, and does with a declined payment."""

    review_sla: timedelta
    review_timeout: ReviewTimeout
    return_deadline: timedelta
    inspection_sla: timedelta
    declined_tender: DeclinedTender


@dataclass(frozen=True, slots=True)
class Assessment:
    """`rule` approves by itself; else a reviewer is asked, for the reasons in `waits_because`."""

    rule: ReviewRule | None
    waits_because: tuple[WaitsBecause, ...]
    risk_score: int
    goods_come_back: bool
    terms: Terms


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """`rule` is set where the policy decided by itself; `occurrence` numbers the decisions of one refund.

    `said_at` is the time of the task in which it is recorded.
    """

    refund: RefundRef
    decision: Decision
    by: str
    rule: str | None
    note: str
    occurrence: str
    said_at: datetime


class Review:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: an assessment changes nothing but what is known.
    @activity.defn
    async def assess_refund(self, ref: RefundRef) -> Assessment:
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id)
            policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
            stored = await orders.find(connection, ref.merchant_id, refund.order_id)
            assert stored is not None
            quote = from_json(Settlement, refund.quote)
            risk = assess(await _risk_facts(connection, refund, quote))
            in_window = is_in_window(stored.order, policy, refund.asked_at)
            verdict = judge(policy, Reason(refund.reason), quote.total, risk, in_window=in_window)
            await refunds.change(connection, ref.refund_id, risk=_shown(risk))
        return Assessment(
            rule=verdict.rule,
            waits_because=verdict.waits_because,
            risk_score=risk.score,
            goods_come_back=refund.goods_come_back,
            terms=_terms(policy),
        )

    # No undo: a decision is taken back by what follows it, not by forgetting it.
    @activity.defn
    async def record_decision(self, command: ReviewDecision) -> None:
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, refund_id, f"decision:{command.occurrence}")
            refund = await refunds.get(connection, refund_id, lock=True)  # nobody takes it over meanwhile
            if is_repeat or await is_of_an_ended_run(connection, refund_id, command.occurrence):
                return
            if await is_overtaken(connection, refund_id, "decision", command.said_at):
                return
            decided = {"decision": command.decision, "by": command.by, "rule": command.rule, "note": command.note}
            decided["policy_version"] = refund.quoted_policy_version
            await refunds.change(connection, refund_id, review=decided)
            rows = (await claims.rows_of(connection, [refund_id]))[refund_id]
            is_open = await refunds.is_open(connection, refund_id)
            if is_open and command.decision is Decision.APPROVE and any(row.received for row in rows):
                await refunds.set_status(connection, refund_id, RefundStatus.INSPECTING)  # a late parcel is here
            note = journal.Note(_EVENT[command.decision], _sentence(command), command.by, decided)
            await journal.record(connection, refund_id, note)


_EVENT = {
    Decision.APPROVE: "approved",
    Decision.REJECT: "review_rejected",
    Decision.REQUEST_EVIDENCE: "evidence_requested",
}


def _sentence(command: ReviewDecision) -> str:
    verb = {"approve": "approved", "reject": "rejected", "request_evidence": "more evidence requested"}
    by = f"by rule {command.rule}" if command.rule else f"by {command.by}"
    return f"{verb[command.decision]} {by}" + (f": {command.note}" if command.note else "")


def _terms(policy: Policy) -> Terms:
    return Terms(
        review_sla=span(policy.review_sla),
        review_timeout=policy.review_timeout,
        return_deadline=span(policy.return_deadline),
        inspection_sla=span(policy.inspection_sla),
        declined_tender=policy.declined_tender,
    )


async def _risk_facts(connection: AsyncConnection, refund: Row[Any], quote: Settlement) -> RiskFacts:
    merchant_id, customer_id = refund.merchant_id, refund.customer_id
    before = await refunds.history(connection, merchant_id, customer_id, refund.refund_id)
    customer = await customers.find(connection, merchant_id, customer_id)
    bought = await campaigns.purchases(connection, merchant_id, customer_id)
    paid = [each.goods_paid.minor_units for each in bought if each.goods_paid.currency == refund.currency]
    registered_at = customer.registered_at if customer else None
    return RiskFacts(
        refunds_7d=before.refunds_7d,
        refunds_90d=before.refunds_90d,
        orders=len(bought),
        orders_refunded=before.orders_refunded,
        amount=quote.total.minor_units,
        usual_amount=sum(paid) // len(paid) if paid else 0,
        rejected_inspections=before.rejected_inspections,
        account_age=datetime.now(UTC) - registered_at if registered_at else None,
        other_accounts=await instruments.other_accounts(connection, merchant_id, refund.order_id),
    )


def _shown(risk: Risk) -> Any:
    return to_json(risk)
