"""One refund, from request to the last message. Read `_refund` from top to bottom: it is the business process.

Each part has a room of its own: `reviewing.py`, `parcel.py`, `paying.py`, `restoring.py`, `closing.py`,
`reopening.py`, `resets.py`.
"""

import asyncio
import itertools
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.parcels import Inspection, Loss, Receipt, ReturnShipment
    from activities.recollection import Recollection
    from activities.review import Review
    from activities.settlement import HoldSettlement, Settlements, SettlementSummary
    from domain.explain.messages import Topic, format_money
    from domain.lifecycle import RefundStatus
    from domain.policy import DeclinedTender
    from domain.said import KnownWord, WordKind, said_by
    from workflows.closing import Closing
    from workflows.contract import (
        OVERTAKEN,
        WORKFLOW_TYPE,
        CancelInput,
        PayoutEvent,
        RefundOutcome,
        Resolution,
        ResolveSaid,
        ReviewSaid,
        StartRefund,
    )
    from workflows.intake import CancelledByRequest, Intake, Phase
    from workflows.merchant_time import MerchantTime
    from workflows.parcel import Parcel
    from workflows.paying import Paying
    from workflows.refusals import conflict, not_available, refuse_house_name
    from workflows.reopening import Reopening
    from workflows.resets import Resets
    from workflows.restoring import Restoring
    from workflows.reviewing import Reviewing
    from workflows.saga import RefundStopped, Saga, uncancelled
    from workflows.steps import Steps
    from workflows.visibility import Progress
    from workflows.waiting import Waiting
    from workflows.waking import Waking
    from workflows.words import Said, overruled


@workflow.defn(name=WORKFLOW_TYPE)
class RefundWorkflow:
    @workflow.init
    def __init__(self, start: StartRefund) -> None:
        self._start = start
        self._resets = Resets()
        self._intake = Intake(start)
        self._time = MerchantTime()
        self._progress = Progress(self._time)
        self._steps = Steps(start, self._intake, self._progress, self._resets, self._time)
        waiting = Waiting(self._intake, self._steps)
        self._reviewing = Reviewing(self._intake, self._steps, self._progress, waiting)
        self._waking = Waking(self._intake, self._steps, self._resets)
        self._parcel = Parcel(start, self._intake, self._steps, self._progress, waiting, self._waking)
        self._paying = Paying(self._intake, self._steps, self._progress)
        self._restoring = Restoring(self._steps)
        self._reopening = Reopening(start, self._intake, self._steps, self._progress, self._parcel)
        self._closing = Closing(self._intake, self._steps, self._progress)

    @workflow.run
    async def run(self, start: StartRefund) -> RefundOutcome:
        return await self._resets.unless_reset(start, self._refund())

    async def _refund(self) -> RefundOutcome:
        known = await uncancelled(self._reopening.load())
        if known.is_past_the_pivot:
            return await uncancelled(self._take_up(known))
        try:
            stop, why, steps = self._intake.begin_to_stop, self._closing.note_cancel, self._steps
            async with Saga(stop, why, steps.undo, steps.undo_after_all) as saga:
                await self._reopening.begin(saga, known)
                assessment = await self._reviewing.review(self._reopening.decided(known), known.assessment)
                inspection = await self._parcel.take_goods_back(assessment)
                while self._intake.asks_about_loss:
                    await self._reviewing.review(None)
                    inspection = await self._parcel.take_goods_back(assessment)
                settled = await self._settle(inspection)
                rule = assessment.terms.declined_tender
                await uncancelled(self._paying.pay_everyone(settled, rule))
        except RefundStopped as stopped:
            return await uncancelled(self._closing.stop(stopped))
        except asyncio.CancelledError:
            self._intake.cancel = self._intake.cancel or Said(CancelInput())
            return await uncancelled(self._closing.stop(CancelledByRequest("cancelled from Temporal")))
        return await uncancelled(self._make_whole(settled, rule))

    # Settlement: amounts fixed, value held (rule 37)

    async def _settle(self, inspection: Inspection | None) -> SettlementSummary:
        command = HoldSettlement(self._steps.refund, None)
        if inspection is not None:  # or nothing came, and what is lost is paid
            lesser = tuple((line.line_id, line.lesser) for line in inspection.lines if line.lesser)
            command = HoldSettlement(self._steps.refund, self._intake.to_be_settled(inspection), lesser)
        self._intake.stop_if_cancelled()
        settled = await self._steps.run_required(Settlements.hold_settlement, command)
        self._progress.log(f"settled at {format_money(settled.total)}")
        if settled.differs:
            self._steps.notify(Topic.AMOUNT_CHANGED)
        self._intake.stop_if_cancelled()
        return settled

    # From the pivot on: only forward (rules 11 and 35)

    async def _make_whole(self, settled: SettlementSummary, rule: DeclinedTender) -> RefundOutcome:
        """Give back what follows the money, and close; where money comes back even then, begin a new round."""
        while True:
            outcome = await self._complete(settled)
            if outcome is not None and not await self._paying.failed_later():
                return outcome
            await self._restoring.withdraw(settled)
            await self._pay_again(settled, rule)

    async def _complete(self, settled: SettlementSummary) -> RefundOutcome | None:
        """Give back what follows the money, and close; None where the money does not stay where it went."""
        try:
            await self._restoring.give_back(settled)
            if await self._paying.failed_later():
                return None
            return await self._closing.close(RefundStatus.COMPLETED, "the refund is complete")
        except RefundStopped:  # a late attempt of an earlier run, or people, found that a payout has failed
            if workflow.patched("what came back meanwhile is told"):
                self._steps.notify(Topic.PAYOUT_FAILED)
            return None

    async def _take_up(self, known: Recollection) -> RefundOutcome:
        """Go on in a refund of which money has gone back, and perhaps come back again."""
        refund = self._steps.refund
        settled = await self._steps.run_required(Settlements.recall_settlement, refund)
        rule = (await self._steps.run_required(Review.assess_refund, refund)).terms.declined_tender
        self._paying.begin_past_the_pivot()
        self._paying.is_paid_by(settled)
        if known.is_given_up:
            return await self._give_up(known, settled)
        if known.owes_word_of_failure and workflow.patched("what failed in the round before is told"):
            self._steps.notify(Topic.PAYOUT_FAILED)
        if await self._paying.failed_later():
            await self._restoring.withdraw(settled)
        elif known.was_taken_back:
            if workflow.patched("what came back before this run is told"):
                self._steps.notify(Topic.PAYOUT_FAILED)
            await self._restoring.withdraw(settled)
        elif known.status.is_final:
            self._steps.enter(known.status)
            await self._steps.catch_up()
            return RefundOutcome(known.status, "nothing has failed after all")
        await self._pay_again(settled, rule)
        return await self._make_whole(settled, rule)

    async def _give_up(self, known: Recollection, settled: SettlementSummary) -> RefundOutcome:
        """Give again what a lost dispute took: it was won after all, and nothing is paid (rule 52)."""
        if known.was_taken_back:
            await self._restoring.withdraw(settled)
        return await self._closing.close(RefundStatus.CANCELLED, "the dispute was won after all")

    async def _pay_again(self, settled: SettlementSummary, rule: DeclinedTender) -> None:
        """Pay to the end; where a late attempt finds that a payout has failed, once more in another round.

        What stops it again is no late attempt: a person looks at it first.
        """
        for attempt in itertools.count():
            try:
                await self._paying.pay_everyone(settled, rule)
                return
            except RefundStopped as stopped:
                if workflow.patched("what came back while it was paid again is told"):
                    self._steps.notify(Topic.PAYOUT_FAILED)
                if attempt:
                    await self._steps.ask_until_resolved("pay_out", str(stopped), (Resolution.RETRY,))
                await self._restoring.withdraw(settled)

    # What people may say. Validators refuse what comes too late; handlers answer when it has taken effect, and what was
    # said to an earlier run as it was before.

    @workflow.update
    async def review(self, said: ReviewSaid) -> str:
        if before := self._intake.words.before(said):
            return self._as_before(before)
        what = said.understood()
        if not said.key_id and workflow.patched("a review without a key came from Temporal"):
            what = await self._waking.admitted(what)
        decision = self._intake.decision = self._intake.words.note_event(WordKind.REVIEW, said, what)
        return await self._shown(lambda: self._reviewing.recorded is decision)

    @review.validator
    def _check_review(self, said: ReviewSaid) -> None:
        if not self._intake.words.before(said):
            self._intake.check_review(said.understood())
            refuse_house_name(said.by)

    @workflow.signal
    async def decide(self, said: ReviewSaid) -> None:
        """The same as `review`, for those who can only send signals: a wrong one is seen later, not refused at once."""
        await workflow.wait_condition(lambda: self._intake.phase is not Phase.OPENING)
        try:
            await self._waking.decide(said)
        except FailureError as refused:
            sentence = f"the signal `decide` had no effect: {refused.message} (the update `review` says so at once)"
            await self._steps.note_unheard(sentence, said_by(said.by))

    @workflow.signal
    def payout_event(self, event: PayoutEvent) -> None:
        """A provider says how a payout is; it wakes who waits for it (rule 35)."""
        self._intake.note_event(event)

    @workflow.signal
    def test_clock(self, ahead_s: float) -> None:
        """The merchant has put their test clock forward: each wait is until the same moment, by the clock as it is."""
        self._time.is_ahead_by(timedelta(seconds=ahead_s))

    @workflow.query
    def waits_until(self) -> str | None:
        """Until when it waits if nobody says anything, by the merchant's clock; None where it waits for no moment."""
        end = self._time.next_end
        return None if end is None else end.isoformat()

    @workflow.signal
    async def wake(self) -> None:
        """Something was said that this run may not know: look it up, and act upon it."""
        await self._waking.wake()

    @workflow.update
    async def cancel(self, request: CancelInput) -> str:
        before = self._intake.words.before(request)
        if before and before.overruled:
            raise overruled(before)
        if not before:
            what = request if request.key_id else request.from_temporal()
            self._intake.cancel = self._intake.words.note_event(WordKind.CANCEL, request, what)
        await workflow.wait_condition(lambda: self._is_over)
        if self._steps.status is RefundStatus.COMPLETED:
            raise conflict("the payout has begun: the refund can't be cancelled any more")
        return self._steps.status

    @cancel.validator
    def _check_cancel(self, request: CancelInput) -> None:
        if not self._intake.words.before(request):
            self._intake.check_cancel()
            refuse_house_name(request.by)

    @workflow.update
    async def shipment(self, shipment: ReturnShipment) -> str:
        if before := self._intake.words.before(shipment):
            return self._as_before(before)
        said = self._intake.words.note_event(WordKind.SHIPMENT, shipment, shipment)
        self._intake.shipments.append(said)
        return await self._effect_of_parcel(lambda: said not in self._intake.shipments)

    @shipment.validator
    def _check_shipment(self, shipment: ReturnShipment) -> None:
        if not self._intake.words.before(shipment):
            self._intake.check_shipment()

    @workflow.update
    async def receipt(self, receipt: Receipt) -> str:
        if before := self._intake.words.before(receipt):
            return self._as_before(before)
        said = self._intake.words.note_event(WordKind.RECEIPT, receipt, receipt)
        self._intake.receive(said)
        await workflow.wait_condition(lambda: self._is_taken(said) or self._is_over or bool(self._parcel.missing))
        if self._parcel.missing and not self._is_taken(said):
            raise not_available(f"the parcel is noted, and nothing can be refunded for it now: {self._parcel.missing}")
        return await self._effect_of_parcel(lambda: self._is_taken(said))

    @receipt.validator
    def _check_receipt(self, receipt: Receipt) -> None:
        if not self._intake.words.before(receipt):
            self._put_parcel_off()
            with self._intake.only_for_now():
                self._intake.check_receipt(receipt)

    @workflow.update
    async def loss(self, loss: Loss) -> str:
        """The parcel, or one of several, is lost on its way back; answered when a reviewer is asked."""
        if before := self._intake.words.before(loss):
            return self._as_before(before)
        said = self._intake.words.note_event(WordKind.LOSS, loss, loss)
        self._intake.lose(said)
        await workflow.wait_condition(lambda: self._is_noted(said) or self._is_over or bool(self._parcel.missing))
        if self._parcel.missing and not self._is_noted(said):
            raise not_available(f"the loss is noted, and nothing can be refunded for it now: {self._parcel.missing}")
        return await self._effect_of_parcel(lambda: self._is_noted(said))

    @loss.validator
    def _check_loss(self, loss: Loss) -> None:
        if not self._intake.words.before(loss):
            self._put_parcel_off()
            with self._intake.only_for_now():
                self._intake.check_loss(loss)

    @workflow.update
    async def inspection(self, inspection: Inspection) -> str:
        if before := self._intake.words.before(inspection):
            return self._as_before(before)
        found = self._intake.all_named(inspection)
        said = self._intake.inspection = self._intake.words.note_event(WordKind.INSPECTION, inspection, found)
        status = await self._shown(lambda: self._parcel.is_inspected)
        if self._intake.inspection is not said:
            raise conflict("the goods were inspected already: the refund is settled by that")
        return status

    @inspection.validator
    def _check_inspection(self, inspection: Inspection) -> None:
        if not self._intake.words.before(inspection):
            self._intake.check_inspection(inspection)

    @workflow.update
    async def resolve(self, said: ResolveSaid) -> str:
        if before := self._intake.words.before(said):
            return self._as_before(before)
        what = said.understood()
        if not said.key_id and workflow.patched("an answer without a key came from Temporal"):
            what = await self._waking.admitted_answer(said)
        resolution = self._intake.words.note_event(WordKind.RESOLVE, said, what)
        self._steps.resolve(resolution)
        await workflow.wait_condition(lambda: self._steps.resolution is not resolution)
        if self._steps.taken is not resolution:  # it may have been noted in a task that was lost
            raise ApplicationError("it was not needed any more", type=OVERTAKEN, non_retryable=True)
        return resolution.what.action

    @resolve.validator
    def _check_resolve(self, said: ResolveSaid) -> None:
        if not self._intake.words.before(said):
            with self._intake.only_for_now():
                self._steps.check_resolution(said)
            refuse_house_name(said.by)

    def _as_before(self, known: KnownWord) -> str:
        """Answer what was said to an earlier run: it took effect there, or came to nothing."""
        if known.overruled:
            raise overruled(known)
        return self._steps.status

    def _is_taken(self, receipt: Said[Receipt]) -> bool:
        return receipt not in self._intake.receipts

    def _is_noted(self, loss: Said[Loss]) -> bool:
        return self._intake.is_lost or self._intake.loss is not loss

    @property
    def _is_over(self) -> bool:
        """A refund that is opened again is not over, whatever its status was."""
        return self._intake.phase is Phase.OVER and self._steps.status.is_final

    def _put_parcel_off(self) -> None:
        """Where people are asked nobody knows how long the stop takes: that is a definite no."""
        if self._steps.needs is None:
            self._intake.put_parcel_off()

    async def _effect_of_parcel(self, has_happened: Callable[[], bool]) -> str:
        """The same for what has travelled: a stop that has overtaken it does not turn it away (rule 31).

        It may have been noted all the same, by an attempt that landed late: nobody knows until it is said again.
        """
        await workflow.wait_condition(lambda: has_happened() or self._is_over)
        if not has_happened() and self._steps.status is not RefundStatus.COMPLETED:
            message = f"the refund is {self._steps.status} since"
            raise ApplicationError(message, type=OVERTAKEN, non_retryable=True)
        return await self._effect(has_happened)

    async def _effect(self, has_happened: Callable[[], bool]) -> str:
        """Answer when what was said has taken effect; what a stop has overtaken is refused after all."""
        await workflow.wait_condition(lambda: has_happened() or self._is_over)
        if not has_happened():
            raise conflict(f"the refund is {self._steps.status}: it was stopped before this took effect")
        return self._steps.status

    async def _shown(self, has_happened: Callable[[], bool]) -> str:
        """Answer when, beyond that, it shows: in the status, in a call for help, or in that more is to be said."""
        status, calls, asked = self._steps.status, self._steps.calls_for_help, self._reviewing.asked_for_more
        await self._effect(has_happened)
        await workflow.wait_condition(
            lambda: (
                self._steps.status is not status
                or self._steps.calls_for_help > calls
                or self._reviewing.asked_for_more > asked
            )
        )
        return self._steps.status
