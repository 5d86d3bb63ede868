"""Goods on their way back: authorization, parcel, inspection (rules 12, 31 and 32)."""

from collections import Counter
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.parcels import Inspection
    from activities.refunds import Refunds
    from activities.reopening import Reopenings
    from activities.returns import (
        IssueReturn,
        LateParcel,
        RecordInspection,
        RecordLoss,
        RecordReceipt,
        RecordShipment,
        Returns,
    )
    from activities.review import Assessment
    from domain.claims.returns import reminder_after
    from domain.explain.attention import INSPECTION, RECEIPT
    from domain.explain.attention import to_do as possible_answers
    from domain.explain.endings import HouseReason
    from domain.explain.messages import Topic
    from domain.lifecycle import RefundStatus
    from domain.said import HOUSE
    from workflows.contract import Resolution, StartRefund
    from workflows.intake import Intake, Phase
    from workflows.retries import OUTSIDE, TRANSIT_PATIENCE
    from workflows.reviewing import RefundRefused
    from workflows.saga import RefundStopped, Saga
    from workflows.steps import Steps
    from workflows.visibility import Progress, WaitsFor
    from workflows.waiting import Waiting
    from workflows.waking import Waking
    from workflows.words import Said


_AT_LEAST = timedelta(seconds=1)


class ReturnExpired(RefundStopped):
    """Nothing was sent in time (rule 31)."""

    because = HouseReason.NO_PARCEL_SENT


class Parcel:
    def __init__(
        self, start: StartRefund, intake: Intake, steps: Steps, progress: Progress, waiting: Waiting, waking: Waking
    ) -> None:
        self._start = start
        self._intake = intake
        self._steps = steps
        self._progress = progress
        self._waiting = waiting
        self._waking = waking
        self.is_inspected = False
        self.missing: str | None = None
        self._authorization: IssueReturn | None = None
        waiting.note_meanwhile(self._is_told_in_review, self._note_in_review)

    async def take_goods_back(self, assessment: Assessment) -> Inspection | None:
        """Authorize the return, wait for the parcel, have it inspected; nothing where no goods come back."""
        is_expected = assessment.goods_come_back or self._intake.is_reopened
        if not self._start.lines or not is_expected or self._intake.is_lost:
            return None
        if self._intake.nothing_is_to_come:
            return self._only_what_is_lost()
        if not self._intake.is_reopened:
            await self._authorize(assessment)
            if not self._intake.has_shipped and not await self._under_way():
                return self._only_what_is_lost()
        elif not self._intake.has_arrived:  # an earlier run was told of it, and whoever has it says again what it is
            self._steps.enter(RefundStatus.IN_TRANSIT)
        inspection = await self._inspect(assessment) if await self._arrived() else None
        if inspection is None:
            await self._note_loss()
        return inspection

    async def _authorize(self, assessment: Assessment) -> None:
        """Have the label made, once a run: when another parcel is lost it is known."""
        if self._authorization is None:
            send_by = assessment.send_by or self._steps.time.now() + assessment.terms.return_deadline
            deliver_by = self._intake.deliver_by or send_by
            self._authorization = IssueReturn(self._steps.refund, deliver_by)
            rma = await self._steps.run_required(Returns.issue_return, self._authorization, patience=OUTSIDE)
            self._progress.log(f"return {rma} authorized")
            self._steps.notify(Topic.LABEL_READY)
        self._steps.enter(RefundStatus.IN_TRANSIT if self._intake.has_shipped else RefundStatus.AWAITING_RETURN)

    def _only_what_is_lost(self) -> Inspection:
        """Nothing comes any more: what a reviewer has paid although it is lost is all there is to settle."""
        self._intake.reach(Phase.SETTLEMENT)
        return Inspection((), HOUSE)

    async def claim_again(self, saga: Saga, ended_as: type[RefundStopped]) -> None:
        """A parcel came, or was lost, after the end: claim its units again, if nobody else has them (rule 31).

        Where operations skip that, the refund ends as it had ended.
        """
        self._steps.refund = self._steps.refund.next_round
        self._steps.enter(RefundStatus.IN_REVIEW)
        saga.undo_with(Refunds.release_claims, self._steps.refund)
        while missing := await self._steps.run_required(Reopenings.claim_again, self._steps.refund):
            await self._note_late(missing)
            actions = (Resolution.RETRY, Resolution.SKIP)
            if (await self._steps.ask_until_resolved("claim_again", missing, actions)).action is Resolution.SKIP:
                raise ended_as(f"the parcel came late: {missing}", HouseReason.PARCEL_TOO_LATE)
        self.missing = None
        if self._intake.loss is not None:
            await self._note_loss()
            return
        await self._record_receipts(RefundStatus.IN_REVIEW)
        self._steps.notify(Topic.REOPENED)

    async def _note_loss(self) -> None:
        """The parcel is lost, or one of several: note it, and let a reviewer decide."""
        assert self._intake.loss is not None
        loss, word = self._intake.loss.what, self._intake.loss.word
        command = RecordLoss(self._steps.refund, loss, self._steps.message_id(loss), word)
        await self._steps.run_required(Returns.record_loss, command)
        self._intake.words.noted(self._intake.loss)
        self._intake.look_again(loss)
        self._steps.enter(RefundStatus.IN_REVIEW)
        self._progress.log(f"parcel lost {loss.note}")
        self._steps.notify(Topic.ONE_PARCEL_LOST if loss.lines else Topic.PARCEL_LOST)

    async def _note_late(self, missing: str) -> None:
        """Note the parcel although nobody can be refunded for it now; whoever brought it is told so at once."""
        if self.missing is not None:
            return
        received: Counter[str] = Counter()
        for receipt in self._intake.receipts:
            received.update(dict(receipt.what.received))
        said: list[Said[Any]] = [*self._intake.receipts, *([self._intake.loss] if self._intake.loss else [])]
        if not said:  # an earlier run has noted it
            self.missing = missing
            return
        actor = said[0].what.actor
        words = tuple(each.word for each in said if each.word is not None)
        message_id = self._steps.message_id(missing)
        parcel = LateParcel(self._steps.refund, tuple(received.items()), actor, missing, message_id, words)
        await self._steps.run_required(Returns.note_late_parcel, parcel)
        for each in said:  # that word has its answer; whatever becomes of the goods is no part of it
            each.word = None
        self.missing = missing

    async def _under_way(self) -> bool:
        """Wait for the first sign of a parcel; remind once, then the return expires.

        False where nothing comes and another parcel is lost and paid: that remains.
        """
        assert self._authorization is not None
        until = self._authorization.deliver_by
        deadline = max(until - self._steps.time.now(), _AT_LEAST)
        remind_after = reminder_after(deadline)
        to_do = "nothing, or HTTP `shipment` or `receipt` on the customer's behalf"
        self._progress.waiting_for("the parcel", until, to_do, WaitsFor.PARCEL)
        if not await self._waiting.until(self._has_news, remind_after, "remind of the return"):
            self._steps.notify(Topic.RETURN_REMINDER)
            if not await self._waiting.until(self._has_news, deadline - remind_after, "return deadline"):
                await self._waking.listen_before_it_is_over()
                self._intake.stop_if_cancelled()
                if not self._has_news() and not self._intake.paid_though_lost:
                    raise ReturnExpired("no parcel was sent in time")
        return self._has_news()

    async def _arrived(self) -> bool:
        """Follow the parcel until the warehouse has it; False where it is lost."""
        while not self._intake.has_arrived and self._intake.loss is None:
            await self._record_shipments()
            what = "the warehouse to receive the parcel"
            self._progress.waiting_for(what, None, possible_answers(self._steps.stuck, RECEIPT, ()), WaitsFor.WAREHOUSE)
            if not await self._waiting.until(self._has_news, TRANSIT_PATIENCE, "parcel overdue"):
                await self._waiting.insist(
                    self._has_news, TRANSIT_PATIENCE, "receipt", Topic.NEEDS_ATTENTION, "the parcel is overdue"
                )
        await self._record_shipments()
        if self._intake.loss is not None:
            return False
        self._intake.reach(Phase.INSPECTION)
        await self._record_receipts()
        self._steps.enter(RefundStatus.INSPECTING)
        self._steps.notify(Topic.PARCEL_RECEIVED)
        return True

    async def _inspect(self, assessment: Assessment) -> Inspection | None:
        """Wait for the inspection; only what it accepts counts from here on. None where another parcel is lost."""
        sla = assessment.terms.inspection_sla
        to_do = possible_answers(self._steps.stuck, INSPECTION, ())
        self._progress.waiting_for("the inspection", self._steps.time.now() + sla, to_do, WaitsFor.INSPECTION)
        while self._intake.inspection is None and self._intake.loss is None:
            if not await self._waiting.until(self._has_inspection_news, sla, "inspection SLA"):
                await self._waiting.insist(self._has_inspection_news, sla, "inspection", Topic.INSPECTION_OVERDUE)
            await self._record_shipments(RefundStatus.INSPECTING)
            await self._record_receipts()
        if self._intake.inspection is None or self._intake.loss is not None:
            return None
        said, inspection = self._intake.inspection, self._intake.inspection.what
        if not self._intake.was_inspected:
            message_id = self._steps.message_id(inspection)
            command = RecordInspection(self._steps.refund, inspection, message_id, workflow.now(), said.word)
            standing = await self._steps.run_required(Returns.record_inspection, command)
            if standing is None:
                self._intake.words.noted(said)
            else:
                self._intake.inspection, inspection = Said(standing), standing
        self.is_inspected = True
        self._intake.stop_if_cancelled()
        self._intake.reach(Phase.SETTLEMENT)
        accepted = sum(line.accepted for line in inspection.lines)
        self._progress.log(f"inspected, {accepted} unit(s) accepted")
        self._steps.notify(Topic.INSPECTED)
        is_settled = self._start.has_adjustment or any(count for _, count in self._intake.to_be_settled(inspection))
        if not is_settled:
            raise RefundRefused("nothing was accepted at the inspection", HouseReason.NOTHING_ACCEPTED)
        return inspection

    async def _record_shipments(self, status: RefundStatus = RefundStatus.IN_TRANSIT) -> None:
        while self._intake.shipments:
            said, shipment = self._intake.shipments[0], self._intake.shipments[0].what
            command = RecordShipment(self._steps.refund, shipment, self._steps.message_id(shipment), said.word, status)
            await self._steps.run_required(Returns.record_shipment, command)
            self._intake.words.noted(self._intake.shipments.popleft())
            self._steps.enter(status)
            self._progress.log(f"parcel {shipment.tracking_number} sent by {shipment.carrier}")

    async def _record_receipts(self, status: RefundStatus = RefundStatus.INSPECTING) -> None:
        while self._intake.receipts:
            said, receipt = self._intake.receipts[0], self._intake.receipts[0].what
            command = RecordReceipt(self._steps.refund, receipt, self._steps.message_id(receipt), status, said.word)
            received = await self._steps.run_required(Returns.record_receipt, command)
            self._intake.words.noted(self._intake.receipts.popleft())
            self._intake.count(received)
            self._progress.log("parcel received")

    def _is_told_in_review(self) -> bool:
        """Whether anything is said of other parcels while a reviewer is asked about one that is lost."""
        return self._intake.asks_about_lost_parcel and bool(self._intake.receipts or self._intake.shipments)

    async def _note_in_review(self) -> None:
        await self._record_shipments(RefundStatus.IN_REVIEW)
        await self._record_receipts(RefundStatus.IN_REVIEW)

    def _has_news(self) -> bool:
        return bool(self._intake.shipments) or self._intake.has_arrived or self._intake.loss is not None

    def _has_inspection_news(self) -> bool:
        is_told = self._intake.inspection is not None or self._intake.loss is not None
        return is_told or bool(self._intake.receipts or self._intake.shipments)
