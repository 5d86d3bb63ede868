"""Waking up to what was said and is in no history: a worker died with the task in which it was heard."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.from_temporal import FromTemporal, SignalledApproval
    from activities.listening import Listening, Unheard
    from activities.parcels import Inspection, Loss, Receipt, ReturnShipment
    from db.codec import from_json
    from domain.said import Word, WordKind, said_by
    from workflows.contract import CancelInput, Resolution, ResolveInput, ResolveSaid, ReviewInput, ReviewSaid
    from workflows.intake import Intake, Phase
    from workflows.refusals import conflict
    from workflows.resets import Resets
    from workflows.retries import NOTIFY, perform
    from workflows.steps import Steps
    from workflows.words import Said


class Waking:
    def __init__(self, intake: Intake, steps: Steps, resets: Resets) -> None:
        self._intake = intake
        self._steps = steps
        self._resets = resets
        self._is_waking = False
        self._signalled = asyncio.Lock()
        self._loss_heard: Said[Loss] | None = None

    async def wake(self) -> None:
        """Say what is unheard once more, as its caller would; whoever is far behind begins another run.

        What can't be looked up now is looked up the next time: whoever woke this run comes again. That holds too where
        the refund is cancelled while it looks.
        """
        if self._is_waking or self._intake.phase is Phase.OPENING:
            return
        self._is_waking = True
        try:
            with contextlib.suppress(FailureError):
                await self._listen()
        finally:
            self._is_waking = False

    async def listen_before_it_is_over(self) -> None:
        """Wake before something ends because nobody has said anything: it may have been said in a task that was lost.

        A run that is far behind does not come back from here: another begins.
        """
        if workflow.patched("listen before a return expires"):
            await workflow.wait_condition(lambda: not self._is_waking)
            await self.wake()
            await workflow.wait_condition(lambda: not self._resets.is_noticed)

    async def _listen(self) -> None:
        command = self._intake.words.listen(
            self._steps.refund, self._steps.goes_on_as, asks=self._steps.needs is not None
        )
        heard = await perform(Listening.listen, command, NOTIFY, summary="look for what was said and not heard")
        if heard.is_behind:
            self._resets.begin_again()
            return
        self._loss_heard = None
        unfit = [each.word for each in heard.words if not self._hear(each)]
        if unfit and len(heard.words) > 1:  # one may need the other
            self._resets.begin_again()
            return
        for word in unfit:
            self._intake.words.come_to_nothing(word)
        if self._steps.needs is not None and self._steps.resolution is None and not heard.is_shown:
            await self._steps.show_again()

    def _hear(self, unheard: Unheard) -> bool:
        """Hear a word as its caller would say it now; tell whether it may be said."""
        try:
            _HEAR[unheard.word.kind](self, unheard.word, unheard.body)
        except ApplicationError:  # something else was done meanwhile
            return False
        return True

    async def decide(self, said: ReviewSaid) -> None:
        """Take a decision that came as a signal; raises FailureError where it can't be taken now, or nobody knows.

        One after the other, as they came: while it is asked whether one may approve, the next does not overtake it.
        """
        async with self._signalled:
            await self._admit(said)
            self._decide(said)

    async def admitted(self, decision: ReviewInput) -> ReviewInput:
        """Return a decision that came as an update of somebody at Temporal, marked as such; our API names a key.

        Raises ApplicationError where the policy lets nobody approve this at Temporal, or it was decided meanwhile.
        """
        async with self._signalled:
            if decision.approves:
                await self._ask_whether(decision.by, decision.note, "update")
            self._intake.check_review(decision)
            return replace(decision, by=said_by(decision.by))

    async def admitted_answer(self, said: ResolveSaid) -> ResolveInput:
        """Return an answer to a call for help that somebody at Temporal gives, marked as such; our API names a key.

        What lets a step be tried again is free. What says that it was done, or need not be, is as good as an approval:
        raises ApplicationError where the policy lets nobody approve this at Temporal, or it was answered meanwhile.
        """
        answer = said.understood()
        async with self._signalled:
            if answer.action is not Resolution.RETRY:
                await self._ask_whether(answer.by, answer.note, "update", f"{answer.step}: {answer.action}")
            self._steps.check_resolution(said)
        return replace(answer, by=said_by(answer.by))

    async def _ask_whether(self, by: str, note: str, how: str, answer: str = "") -> None:
        command = SignalledApproval(self._steps.refund, said_by(by), note, how, answer)
        wrong = await perform(FromTemporal.admit_signal, command, NOTIFY, summary=f"may a {how} approve this?")
        if wrong:
            raise conflict(wrong)

    async def _admit(self, said: ReviewSaid) -> None:
        """Raise ApplicationError where the policy lets no signal approve this, or where a decision can't be taken."""
        decision = said.understood()
        self._intake.check_review(replace(decision, key_id=""))
        if decision.approves and workflow.patched("approvals by signal have a limit"):
            await self._ask_whether(decision.by, decision.note, "signal")

    def _decide(self, said: ReviewSaid) -> None:
        decision = replace(said.understood(), key_id="")  # anybody may write one into a signal
        self._intake.check_review(decision)
        by = replace(decision, by=said_by(decision.by))
        self._intake.decision = self._intake.words.hear_signal(WordKind.REVIEW, said, by)

    def _review(self, word: Word, body: Any) -> None:
        decision = ReviewSaid(**body).understood()
        self._intake.check_review(decision)
        self._intake.decision = self._intake.words.hear_again(word, decision)

    def _cancel(self, word: Word, body: Any) -> None:
        self._intake.check_cancel()
        self._intake.cancel = self._intake.words.hear_again(word, CancelInput(**body))

    def _shipment(self, word: Word, body: Any) -> None:
        self._intake.check_shipment()
        self._intake.shipments.append(self._intake.words.hear_again(word, from_json(ReturnShipment, body)))

    def _receipt(self, word: Word, body: Any) -> None:
        receipt = from_json(Receipt, body)
        self._intake.check_arrival()  # its units are counted already
        self._intake.receive(self._intake.words.hear_again(word, receipt))
        heard = self._loss_heard
        if heard is not None and heard is self._intake.loss and not heard.what.lines:  # it came after all
            self._intake.words.noted(heard)
            self._intake.loss = None

    def _loss(self, word: Word, body: Any) -> None:
        loss = from_json(Loss, body)
        if loss.lines:
            self._intake.check_parcel_lost(loss.lines)
        else:
            self._intake.check_all_lost()
        self._loss_heard = self._intake.loss = self._intake.words.hear_again(word, loss)

    def _inspection(self, word: Word, body: Any) -> None:
        inspection = from_json(Inspection, body)
        self._intake.check_inspection(inspection)
        self._intake.inspection = self._intake.words.hear_again(word, inspection)

    def _resolve(self, word: Word, body: Any) -> None:
        said = ResolveSaid(**body)
        self._steps.check_resolution(said)
        self._steps.resolve(self._intake.words.hear_again(word, said.understood()))


_HEAR = {
    WordKind.REVIEW: Waking._review,
    WordKind.CANCEL: Waking._cancel,
    WordKind.SHIPMENT: Waking._shipment,
    WordKind.RECEIPT: Waking._receipt,
    WordKind.LOSS: Waking._loss,
    WordKind.INSPECTION: Waking._inspection,
    WordKind.RESOLVE: Waking._resolve,
}
