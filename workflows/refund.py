"""One refund, from request to the last message. Read `run` from top to bottom: it is the business process."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.campaigns import Campaigns
    from activities.coupons import Coupons
    from activities.notifications import Notifications
    from activities.payouts import PayOut, PayoutResult, Payouts, SettledByHand
    from activities.points import Points
    from activities.refunds import CloseRefund, Refunds
    from activities.returns import (
        Inspection,
        IssueReturn,
        Receipt,
        RecordInspection,
        RecordReceipt,
        RecordShipment,
        Returns,
        Shipment,
    )
    from activities.review import Assessment, Review, ReviewDecision
    from activities.settlement import HoldSettlement, Settled, Settlements
    from db.payouts import PayoutStatus
    from domain.messages import Topic, spoken
    from domain.policy import DeclinedTender, ReviewTimeout
    from domain.reasons import RefundStatus
    from domain.returns import reminder_after
    from domain.review import Decision
    from gateways.ports import DISPUTED
    from workflows.desk import CancelledByRequest, Desk, Phase
    from workflows.messages import (
        WORKFLOW_TYPE,
        CancelInput,
        DecideSignal,
        RefundOutcome,
        Resolution,
        ResolveInput,
        ReviewInput,
        StartRefund,
    )
    from workflows.policies import (
        FIRST_LOOK,
        LONGEST_BETWEEN_LOOKS,
        OUTSIDE,
        PAYOUT,
        PENDING_PATIENCE,
        TRANSIT_PATIENCE,
        UNTIL_IT_WORKS,
        perform,
    )
    from workflows.saga import RefundStopped, Saga, see_through
    from workflows.steps import Steps
    from workflows.visibility import RISK_SCORE, Story


_AT_LEAST = timedelta(seconds=1)


class RefundRefused(RefundStopped):
    """A reviewer, the inspection or the payment's state says no."""


class ReturnExpired(RefundStopped):
    """Nothing was sent in time (rule 31)."""


@workflow.defn(name=WORKFLOW_TYPE)
class RefundWorkflow:
    @workflow.init
    def __init__(self, start: StartRefund) -> None:
        self._start = start
        self._refund = start.refund
        self._desk = Desk(start)
        self._story = Story()
        self._steps = Steps(start, self._desk, self._story)
        self._settled: Settled | None = None
        self._evidence_requests = start.so_far.evidence_requests if start.so_far else 0
        self._decisions = self._evidence_requests
        self._shipments = 0
        self._receipts = 0
        self._payout_news = 0

    @workflow.run
    async def run(self, start: StartRefund) -> RefundOutcome:
        try:
            async with Saga() as saga:
                saga.undo_with(Refunds.release_claims, self._refund)
                if start.so_far and start.so_far.stopped:
                    self._stop_again(saga, start.so_far.stopped)
                way = self._until_paid(saga)
                settled = await (see_through(way) if self._desk.phase is Phase.PAYOUT else way)
        except RefundStopped as stopped:
            outcome = await see_through(self._stop(stopped))
        except asyncio.CancelledError:
            outcome = await see_through(self._stop(CancelledByRequest("cancelled from Temporal")))
        else:
            outcome = await see_through(self._make_whole(settled))
        await see_through(workflow.wait_condition(workflow.all_handlers_finished))
        return outcome

    async def _until_paid(self, saga: Saga) -> Settled:
        assessment = await self._review()
        inspection = await self._take_goods_back(saga, assessment)
        settled = await self._settle(saga, inspection)
        await self._pay_out(settled, assessment)
        return settled

    def _stop_again(self, saga: Saga, status: RefundStatus) -> None:
        """The refund was being undone when its workflow was lost: all of it is undone, whatever was left of it."""
        self._desk.phase = Phase.OVER
        saga.undo_with(Returns.void_return, IssueReturn(self._refund, workflow.now()))
        saga.undo_with(Settlements.release_settlement, HoldSettlement(self._refund, None))
        why = "stopped before its workflow was lost"
        if status is RefundStatus.REJECTED:
            raise RefundRefused(why)
        raise ReturnExpired(why) if status is RefundStatus.EXPIRED else CancelledByRequest(why)

    # Review (rules 30 and 33)

    async def _review(self) -> Assessment:
        """Judge the risk; approve by rule, or wait for a reviewer."""
        assessment = await self._steps.must(Review.assess_refund, self._refund)
        workflow.upsert_search_attributes([RISK_SCORE.value_set(assessment.risk_score)])
        self._story.happened(f"received, risk {assessment.risk_score} of 100")
        is_for_a_reviewer = assessment.rule is None or self._desk.decision is not None
        if is_for_a_reviewer:
            await self._steps.tell(Topic.RECEIVED)
        decision, rule = await self._decide(assessment)
        await self._record(decision, rule)
        self._desk.stop_if_cancelled()
        if decision.decision is Decision.REJECT:
            raise RefundRefused(decision.note or "rejected at review")
        self._desk.phase = Phase.RETURN
        await self._steps.tell(*([] if is_for_a_reviewer else [Topic.RECEIVED]), Topic.APPROVED)
        return assessment

    async def _decide(self, assessment: Assessment) -> tuple[ReviewInput, str | None]:
        """A person's word counts even where a rule would have decided."""
        if assessment.rule is not None and self._desk.decision is None:
            self._desk.decision = ReviewInput(Decision.APPROVE, "auto", "")
            return self._desk.decision, assessment.rule
        while True:
            decision = await self._reviewers_decision(assessment)
            if decision.decision is not Decision.REQUEST_EVIDENCE:
                return decision, None if decision.by != "timeout" else "review_timeout"
            await self._record(decision, None)
            self._evidence_requests += 1
            await self._steps.tell(Topic.EVIDENCE_REQUESTED, note=decision.note)

    async def _reviewers_decision(self, assessment: Assessment) -> ReviewInput:
        """Wait for a reviewer: reminded at half of the SLA, then whatever the policy's `review_timeout` says."""
        sla, why = assessment.terms.review_sla, ", ".join(assessment.waits_because)
        self._story.awaits(f"a reviewer ({why})", workflow.now() + sla, "approve or reject: signal `decide`, or HTTP")
        if not await self._wait(lambda: self._desk.decision is not None, sla / 2, "remind of the review"):
            await self._steps.tell(Topic.REVIEW_DUE)
            if not await self._wait(lambda: self._desk.decision is not None, sla / 2, "review SLA"):
                await self._review_timed_out(assessment)
        return self._desk.take_decision()

    async def _review_timed_out(self, assessment: Assessment) -> None:
        if assessment.terms.review_timeout is not ReviewTimeout.ESCALATE:
            decision = Decision(assessment.terms.review_timeout)
            self._desk.decision = self._desk.decision or ReviewInput(decision, "timeout", "nobody decided in time")
            return
        await self._insist(
            lambda: self._desk.decision is not None, assessment.terms.review_sla, "review", Topic.REVIEW_OVERDUE
        )

    async def _record(self, decision: ReviewInput, rule: str | None) -> None:
        self._decisions += 1
        command = ReviewDecision(
            self._refund, decision.decision, decision.by, rule, decision.note, occurrence=self._decisions
        )
        await self._steps.must(Review.record_decision, command)
        self._story.happened(f"{decision.decision} by {rule or decision.by} {decision.note}")

    # Return and inspection (rules 12, 31 and 32)

    async def _take_goods_back(self, saga: Saga, assessment: Assessment) -> Inspection | None:
        """Authorize the return, wait for the parcel, have it inspected; nothing where no goods come back."""
        if not assessment.goods_come_back or not self._start.lines:
            return None
        authorization = IssueReturn(self._refund, self._deliver_by(assessment))
        saga.undo_with(Returns.void_return, authorization)
        rma = await self._steps.must(Returns.issue_return, authorization, patience=OUTSIDE)
        self._steps.enter(RefundStatus.AWAITING_RETURN)
        self._story.happened(f"return {rma} authorized")
        await self._steps.tell(Topic.LABEL_READY)
        await self._parcel_under_way(authorization)
        await self._parcel_received()
        return await self._inspect(assessment)

    def _deliver_by(self, assessment: Assessment) -> datetime:
        """The day that the customer was told counts, also if that was by a workflow that was lost."""
        told = self._start.so_far.deliver_by if self._start.so_far else None
        return told or workflow.now() + assessment.terms.return_deadline

    async def _parcel_under_way(self, authorization: IssueReturn) -> None:
        """Wait for the first sign of a parcel; remind once, then the return expires."""
        until = authorization.deliver_by
        deadline = max(until - workflow.now(), _AT_LEAST)
        remind_after = reminder_after(deadline)
        self._story.awaits("the parcel", until, "nothing, or HTTP `shipment` or `receipt` on the customer's behalf")
        if not await self._wait(self._has_parcel_news, remind_after, "remind of the return"):
            await self._steps.tell(Topic.RETURN_REMINDER)
            if not await self._wait(self._has_parcel_news, deadline - remind_after, "return deadline"):
                raise ReturnExpired("no parcel was sent in time")

    async def _parcel_received(self) -> None:
        """Follow the parcel until the warehouse has it."""
        while not self._desk.receipts:
            await self._record_shipments()
            self._story.awaits("the warehouse to receive the parcel", None, "HTTP `receipt` when it is there")
            if not await self._wait(self._has_parcel_news, TRANSIT_PATIENCE, "parcel overdue"):
                await self._insist(
                    self._has_parcel_news, TRANSIT_PATIENCE, "receipt", Topic.NEEDS_ATTENTION, "the parcel is overdue"
                )
        self._desk.phase = Phase.INSPECTION
        await self._record_receipts()
        self._steps.enter(RefundStatus.INSPECTING)
        await self._steps.tell(Topic.PARCEL_RECEIVED)

    async def _inspect(self, assessment: Assessment) -> Inspection:
        """Wait for the inspection; only what it accepts counts from here on."""
        sla = assessment.terms.inspection_sla
        self._story.awaits("the inspection", workflow.now() + sla, "HTTP `inspection` by the warehouse")
        while self._desk.inspection is None:
            if not await self._wait(self._has_inspection_news, sla, "inspection SLA"):
                await self._insist(self._has_inspection_news, sla, "inspection", Topic.INSPECTION_OVERDUE)
            await self._record_receipts()
        inspection = self._desk.inspection
        await self._steps.must(Returns.record_inspection, RecordInspection(self._refund, inspection))
        self._desk.phase = Phase.SETTLEMENT
        accepted = sum(line.accepted for line in inspection.lines)
        self._story.happened(f"inspected, {accepted} unit(s) accepted")
        await self._steps.tell(Topic.INSPECTED)
        if accepted == 0 and not self._start.has_adjustment:
            raise RefundRefused("nothing was accepted at the inspection")
        return inspection

    async def _record_shipments(self) -> None:
        while self._desk.shipments:
            self._shipments += 1
            shipment = self._desk.shipments[0]
            await self._steps.must(Returns.record_shipment, RecordShipment(self._refund, shipment, self._shipments))
            self._desk.shipments.popleft()
            self._steps.enter(RefundStatus.IN_TRANSIT)
            self._story.happened(f"parcel {shipment.tracking_number} sent by {shipment.carrier}")

    async def _record_receipts(self) -> None:
        while self._desk.receipts:
            self._receipts += 1
            receipt = self._desk.receipts[0]
            await self._steps.must(Returns.record_receipt, RecordReceipt(self._refund, receipt, self._receipts))
            self._desk.receipts.popleft()
            self._story.happened("parcel received")

    def _has_parcel_news(self) -> bool:
        return bool(self._desk.shipments or self._desk.receipts)

    def _has_inspection_news(self) -> bool:
        return self._desk.inspection is not None or bool(self._desk.receipts)

    # Settlement: amounts fixed, value held (rule 37)

    async def _settle(self, saga: Saga, inspection: Inspection | None) -> Settled:
        accepted = None
        if inspection is not None:
            accepted = tuple((line.line_id, line.accepted) for line in inspection.lines)
        command = HoldSettlement(self._refund, accepted)
        self._desk.stop_if_cancelled()
        saga.undo_with(Settlements.release_settlement, command)
        settled = await self._steps.must(Settlements.hold_settlement, command)
        self._settled = settled
        self._story.happened(f"settled at {spoken(settled.total)}")
        self._desk.stop_if_cancelled()
        return settled

    # Payout: the pivot, seen through to a definite yes or no (rules 11, 35 and 36)

    async def _pay_out(self, settled: Settled, assessment: Assessment) -> None:
        self._desk.phase = Phase.PAYOUT
        self._steps.enter(RefundStatus.PAYING_OUT)
        await see_through(self._pay_everyone(settled, assessment.terms.declined_tender))

    async def _pay_everyone(self, settled: Settled, declined_tender: DeclinedTender) -> None:
        for place, payout in enumerate(settled.payouts):
            command = PayOut(self._refund, payout.payment_id)
            result = await self._definite(command, await self._steps.must(Payouts.pay_out, command, patience=PAYOUT))
            while result.status is not PayoutStatus.SUCCEEDED:
                if result.decline_code == DISPUTED and place == 0:
                    raise RefundRefused("the payment was charged back: the customer has the money already")
                result = await self._declined(command, result, declined_tender)
            self._story.happened(f"{spoken(payout.amount)} paid to {payout.payment_id}")

    async def _definite(self, command: PayOut, result: PayoutResult) -> PayoutResult:
        """Look a pending payout up until it is a yes or a no; only a success is paid."""
        pause, started, asked_for_help = FIRST_LOOK, workflow.now(), False
        while result.status is PayoutStatus.PENDING:
            self._story.awaits(f"the provider's word on {command.payment_id}", None, "nothing: it is looked up")
            await self._payout_news_within(pause, f"look up the payout to {command.payment_id}")
            pause = min(pause * 2, LONGEST_BETWEEN_LOOKS)
            if workflow.now() - started > PENDING_PATIENCE and not asked_for_help:
                asked_for_help = True
                actions = (Resolution.RETRY, Resolution.SETTLE)
                help_ = await self._steps.ask_for_help("pay_out", f"{command.payment_id} is pending for days", actions)
                if help_.action is Resolution.SETTLE:
                    return await self._by_hand(command, help_)
            result = await self._steps.must(Payouts.look_up_payout, command, patience=PAYOUT)
        return result

    async def _payout_news_within(self, pause: timedelta, what: str) -> None:
        """Wait for the provider's webhook, or until it is time to ask without one."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._payout_news > 0, timeout=pause, timeout_summary=what)
        self._payout_news = 0

    async def _declined(self, command: PayOut, result: PayoutResult, rule: DeclinedTender) -> PayoutResult:
        """Forward from a decline: store credit, or a person (rule 11); never a chargeback paid twice."""
        if rule is DeclinedTender.STORE_CREDIT and result.decline_code != DISPUTED:
            return await self._steps.must(Payouts.credit_instead, command)
        reason = f"{command.payment_id} was declined: {result.decline_code}"
        resolution = await self._steps.ask_for_help("pay_out", reason, (Resolution.RETRY, Resolution.SETTLE))
        if resolution.action is Resolution.SETTLE:
            return await self._by_hand(command, resolution)
        return await self._definite(command, await self._steps.must(Payouts.ask_again, command, patience=PAYOUT))

    async def _by_hand(self, command: PayOut, resolution: ResolveInput) -> PayoutResult:
        return await self._steps.must(Payouts.settle_by_hand, SettledByHand(command, resolution.by, resolution.note))

    # Making whole: only forward from here (rules 13 to 24)

    async def _make_whole(self, settled: Settled) -> RefundOutcome:
        await self._steps.must(Payouts.confirm_payouts, self._refund)
        self._steps.enter(RefundStatus.RESTORING)
        has_entitlements = settled.has_coupons or settled.has_points or settled.has_campaigns
        news = [Topic.PAID] if settled.total else []
        if news and has_entitlements:
            await self._steps.tell(*news)
            news = []
        if settled.has_coupons:
            await self._steps.take(Coupons.reinstate_coupons, self._refund)
        if settled.has_points:
            await self._steps.take(Points.restore_points, self._refund)
        if settled.has_campaigns:
            await self._steps.take(Campaigns.recalculate_campaigns, self._refund)
        if has_entitlements:
            await self._steps.take(Notifications.notify_entitlements, self._refund)
        await self._steps.tell(*news, Topic.COMPLETED)
        return await self._close(RefundStatus.COMPLETED, "the refund is complete")

    async def _stop(self, stopped: RefundStopped) -> RefundOutcome:
        """Close a refund whose steps have been undone, and say why."""
        status, topic = RefundStatus.REJECTED, Topic.REJECTED
        if isinstance(stopped, CancelledByRequest):
            status, topic = RefundStatus.CANCELLED, Topic.CANCELLED
        elif isinstance(stopped, ReturnExpired):
            status, topic = RefundStatus.EXPIRED, Topic.EXPIRED
        await self._steps.tell(topic, note=str(stopped))
        return await self._close(status, str(stopped))

    async def _close(self, status: RefundStatus, why: str) -> RefundOutcome:
        self._desk.phase = Phase.OVER
        actor = self._desk.cancel.by if self._desk.cancel else "makewhole"
        if self._steps.hand_is_up:
            await self._steps.lower_hand("closed", actor, why)
        await perform(
            Refunds.close_refund, CloseRefund(self._refund, status, why, actor), UNTIL_IT_WORKS, summary=status
        )
        self._steps.enter(status)
        self._story.happened(f"**{status}**: {why}")
        self._story.awaits("nothing any more", None, "nothing")
        return RefundOutcome(status, why)

    # Waiting

    async def _wait(self, ready: Callable[[], bool], within: timedelta, what: str) -> bool:
        """Wait until `ready`; tell whether it came in time. Raises CancelledByRequest."""
        try:
            await workflow.wait_condition(
                lambda: ready() or self._desk.cancel is not None, timeout=within, timeout_summary=what
            )
        except TimeoutError:
            return False
        self._desk.stop_if_cancelled()
        return True

    async def _insist(
        self, ready: Callable[[], bool], every: timedelta, step: str, topic: Topic, reason: str = "the SLA is over"
    ) -> None:
        """Escalate a wait that took too long, and repeat it to operations until it ends."""
        await self._steps.raise_hand(step, reason, (step,))
        while not await self._wait(ready, every, f"{step} is overdue"):
            await self._steps.tell(topic)
        await self._steps.lower_hand(step, "makewhole", "came in after all")

    # What people may say. Validators refuse what comes too late; handlers answer when it has taken effect.

    @workflow.update
    async def review(self, decision: ReviewInput) -> str:
        evidence_requests = self._evidence_requests
        self._desk.decision = decision
        await self._moved_on(lambda: self._evidence_requests > evidence_requests)
        return self._steps.status

    @review.validator
    def _check_review(self, decision: ReviewInput) -> None:
        self._desk.check_review()

    @workflow.signal
    def decide(self, signal: DecideSignal) -> None:
        """The same as `review`, for people who work from the Temporal UI or the CLI."""
        try:
            decision = Decision(signal.decision)
            self._desk.check_review()
        except Exception as refused:
            self._story.happened(f"ignored the signal `decide` with {signal.decision!r}: {refused}")
            return
        self._desk.decision = ReviewInput(decision, signal.by, signal.note)

    @workflow.update
    async def cancel(self, request: CancelInput) -> str:
        self._desk.cancel = request
        await workflow.wait_condition(lambda: self._steps.status.is_final)
        return self._steps.status

    @cancel.validator
    def _check_cancel(self, request: CancelInput) -> None:
        self._desk.check_cancel()

    @workflow.update
    async def shipment(self, shipment: Shipment) -> str:
        self._desk.shipments.append(shipment)
        await self._moved_on(lambda: shipment not in self._desk.shipments)
        return self._steps.status

    @shipment.validator
    def _check_shipment(self, shipment: Shipment) -> None:
        self._desk.check_shipment()

    @workflow.update
    async def receipt(self, receipt: Receipt) -> str:
        if not receipt.received:
            receipt = Receipt(self._desk.still_expected, receipt.actor)
        self._desk.receive(receipt)
        await self._moved_on(lambda: receipt not in self._desk.receipts)
        return self._steps.status

    @receipt.validator
    def _check_receipt(self, receipt: Receipt) -> None:
        self._desk.check_receipt(receipt)

    @workflow.update
    async def inspection(self, inspection: Inspection) -> str:
        if not inspection.lines:
            inspection = Inspection(self._desk.everything_received_accepted.lines, inspection.actor)
        self._desk.inspection = inspection
        await self._moved_on(lambda: False)
        return self._steps.status

    @inspection.validator
    def _check_inspection(self, inspection: Inspection) -> None:
        self._desk.check_inspection(inspection)

    @workflow.signal
    def payout_news(self, payment_id: str) -> None:
        """A provider told something by webhook; what it is, the look-up says."""
        self._payout_news += 1

    async def _moved_on(self, done: Callable[[], bool]) -> None:
        """Let a handler answer when what was said shows: in the status, in a call for help, or as `done` says."""
        status, calls = self._steps.status, self._steps.calls_for_help
        await workflow.wait_condition(
            lambda: done() or self._steps.status is not status or self._steps.calls_for_help > calls
        )

    @workflow.update
    def resolve(self, resolution: ResolveInput) -> str:
        self._steps.resolve(resolution)
        return resolution.action

    @resolve.validator
    def _check_resolve(self, resolution: ResolveInput) -> None:
        self._steps.check_resolution(resolution)
