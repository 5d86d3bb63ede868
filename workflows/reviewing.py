"""The review: by rule, or by a reviewer with an SLA, reminders and escalation (rules 30 and 33)."""

from dataclasses import replace
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.recollection import Decided
    from activities.review import Assessment, Review, ReviewDecision
    from domain.explain.attention import REVIEW
    from domain.explain.attention import to_do as possible_answers
    from domain.explain.endings import HouseReason
    from domain.explain.messages import Topic
    from domain.policy import ReviewTimeout
    from domain.rights.review import Decision
    from domain.said import BY_RULE, TIMED_OUT
    from workflows.contract import ReviewInput
    from workflows.intake import Intake, Phase, decided_before
    from workflows.saga import RefundStopped
    from workflows.steps import Steps
    from workflows.visibility import Progress, WaitsFor
    from workflows.waiting import Waiting
    from workflows.words import Said


class RefundRefused(RefundStopped):
    """A reviewer, the inspection or the payment's state says no."""


class Reviewing:
    def __init__(self, intake: Intake, steps: Steps, progress: Progress, waiting: Waiting) -> None:
        self._intake = intake
        self._steps = steps
        self._progress = progress
        self._waiting = waiting
        self.asked_for_more = 0
        self.recorded: Said[ReviewInput] | None = None

    async def review(self, known: Decided | None, assessment: Assessment | None = None) -> Assessment:
        """Judge the risk; approve by rule, or wait for a reviewer. What was decided in an earlier run stays decided."""
        if assessment is None:
            assessment = await self._steps.run_required(Review.assess_refund, self._steps.refund)
        self._progress.judge(assessment.risk_score)
        self._progress.log(f"received, risk {assessment.risk_score} of 100")
        if known is not None:
            self._go_on(decided_before(known), assessment)
            return assessment
        is_for_a_reviewer = self._is_for_a_reviewer(assessment)
        if is_for_a_reviewer and not self._intake.needs_a_person:
            self._steps.notify(Topic.RECEIVED)
        decision, rule = await self._decide(assessment)
        is_of_lost_parcel = self._intake.asks_about_lost_parcel and self._intake.others_stand
        send_by = await self._record(decision, rule, is_of_lost_parcel=is_of_lost_parcel)
        self._intake.decide_about_lost(decision.what.decision)
        self._go_on(decision.what, assessment, is_of_lost_parcel=is_of_lost_parcel)
        self._steps.notify(*([] if is_for_a_reviewer else [Topic.RECEIVED]), self._told_of(decision.what.decision))
        return replace(assessment, send_by=send_by)

    def _told_of(self, decision: Decision) -> Topic:
        if not self._intake.lost:
            return Topic.APPROVED
        return Topic.LOST_GOODS_PAID if decision is Decision.APPROVE else Topic.LOST_GOODS_NOT_PAID

    def _go_on(self, decision: ReviewInput, assessment: Assessment, *, is_of_lost_parcel: bool = False) -> None:
        """Go on as was decided; where what is lost is not paid, the other parcels of the refund stand."""
        self._intake.stop_if_cancelled()
        if decision.decision is Decision.REJECT and not is_of_lost_parcel:
            raise RefundRefused(decision.note or "rejected at review", decision.reason_code)
        is_expected = assessment.goods_come_back or self._intake.is_reopened
        if self._intake.inspection is not None or self._intake.is_lost or not is_expected:
            self._intake.reach(Phase.SETTLEMENT)
        else:
            self._intake.reach(Phase.INSPECTION if self._intake.has_arrived else Phase.RETURN)

    def _is_for_a_reviewer(self, assessment: Assessment) -> bool:
        """A person's word counts even where a rule would have decided, and a late or lost parcel needs one."""
        return assessment.rule is None or self._intake.decision is not None or self._intake.needs_a_person

    async def _decide(self, assessment: Assessment) -> tuple[Said[ReviewInput], str | None]:
        if not self._is_for_a_reviewer(assessment):
            self._intake.decision = Said(ReviewInput(Decision.APPROVE, BY_RULE, ""))
            return self._intake.decision, assessment.rule
        while True:
            decision = await self._reviewers_decision(assessment)
            is_in_part = self._intake.approvals.is_in_part(decision.what)
            if decision.what.decision is not Decision.REQUEST_EVIDENCE and not is_in_part:
                return decision, None if decision.what.by != TIMED_OUT else "review_timeout"
            await self._record(decision, None)
            self.asked_for_more += 1
            if is_in_part:
                continue
            wanted = decision.what.evidence_wanted
            self._steps.notify(Topic.EVIDENCE_REQUESTED, note=decision.what.note, wanted=wanted)

    async def _reviewers_decision(self, assessment: Assessment) -> Said[ReviewInput]:
        """Wait for a reviewer: reminded at half of the SLA, then whatever the policy's `review_timeout` says."""
        sla = assessment.terms.review_sla
        why = "a parcel came late" if self._intake.is_reopened else ", ".join(assessment.waits_because)
        why = "the parcel is lost" if self._intake.is_lost else why
        why = "a parcel is lost: are its goods paid?" if self._intake.asks_about_lost_parcel else why
        why = str(self._intake.approvals) if self._intake.approvals.given else why
        to_do = possible_answers(self._steps.stuck, REVIEW, (REVIEW,))
        self._progress.waiting_for(f"a reviewer ({why})", self._steps.time.now() + sla, to_do, WaitsFor.REVIEWER)
        if not await self._waiting.until(self._is_decided, sla / 2, "remind of the review"):
            self._steps.notify(Topic.REVIEW_DUE)
            if not await self._waiting.until(self._is_decided, sla / 2, "review SLA"):
                await self._timed_out(assessment)
        return self._intake.take_decision()

    async def _timed_out(self, assessment: Assessment) -> None:
        if self._decides_by_itself(assessment.terms.review_timeout):
            decision = Decision(assessment.terms.review_timeout)
            because = HouseReason.REVIEW_TIMED_OUT if decision is Decision.REJECT else None
            self._intake.decision = Said(ReviewInput(decision, TIMED_OUT, "nobody decided in time", because))
            return
        await self._waiting.insist(self._is_decided, assessment.terms.review_sla, "review", Topic.REVIEW_OVERDUE)

    def _decides_by_itself(self, timeout: ReviewTimeout) -> bool:
        """Nobody's silence counts as an approval where several have to approve: people are asked again then."""
        if timeout is ReviewTimeout.APPROVE and self._intake.approvals.needed > 1:
            return False
        return timeout is not ReviewTimeout.ESCALATE and not self._intake.needs_a_person

    def _is_decided(self) -> bool:
        return self._intake.decision is not None

    async def _record(
        self, said: Said[ReviewInput], rule: str | None, *, is_of_lost_parcel: bool = False
    ) -> datetime | None:
        decision, intake = said.what, self._intake
        is_in_part = intake.approvals.is_in_part(decision)
        command = ReviewDecision(
            self._steps.refund,
            decision.decision,
            decision.by,
            rule,
            decision.note,
            message_id=self._steps.message_id(decision),
            sent_at=workflow.now(),
            reason_code=decision.reason_code,
            evidence_wanted=decision.evidence_wanted,
            word=said.word,
            heard=intake.words.heard,
            is_of_lost_parcel=is_of_lost_parcel,
            key_id=decision.key_id,
            approvals=intake.approvals.given,
            approvals_needed=intake.approvals.needed,
        )
        send_by = await self._steps.run_required(Review.record_decision, command)
        intake.words.noted(said)
        if is_in_part:
            intake.approvals.count(decision)
            intake.decision = None  # from here on others may say their word
        self.recorded = said
        self._progress.log(f"{decision.decision} by {rule or decision.by} {decision.note}")
        return send_by
