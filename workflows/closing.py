"""Closing a refund: what was stopped, and what is complete. Nothing is left unsaid, nobody's question unanswered."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.refunds import CloseRefund, RecordCancel, Refunds
    from domain.explain.endings import EndedBecause
    from domain.explain.messages import Topic
    from domain.lifecycle import RefundStatus
    from domain.said import HOUSE
    from workflows.contract import RefundOutcome
    from workflows.intake import CancelledByRequest, Intake, Phase
    from workflows.parcel import ReturnExpired
    from workflows.retries import UNTIL_SEEN, perform
    from workflows.saga import RefundStopped
    from workflows.steps import Steps
    from workflows.visibility import Progress, WaitsFor


class Closing:
    def __init__(self, intake: Intake, steps: Steps, progress: Progress) -> None:
        self._intake = intake
        self._steps = steps
        self._progress = progress

    async def note_cancel(self) -> None:
        """Note that somebody called the refund off before anything is undone: whoever goes on stops as well."""
        said = self._intake.cancel
        if said is None or said.word is None:
            return
        what, message_id = said.what, self._steps.message_id(said.what)
        command = RecordCancel(self._steps.refund, what.by, what.note, what.role, message_id, said.word, what.key_id)
        await self._steps.unless_behind(perform(Refunds.record_cancel, command, UNTIL_SEEN, summary="called off"))
        self._intake.words.noted(said)

    async def stop(self, stopped: RefundStopped) -> RefundOutcome:
        """Close a refund whose steps have been undone, and say why; one that was over before stays as it was."""
        if self._steps.status.is_final:
            self._intake.phase = Phase.OVER
            await workflow.wait_condition(workflow.all_handlers_finished)
            return RefundOutcome(self._steps.status, str(stopped))
        status, topic = RefundStatus.REJECTED, Topic.REJECTED
        if isinstance(stopped, CancelledByRequest):
            status, topic = RefundStatus.CANCELLED, Topic.CANCELLED
        elif isinstance(stopped, ReturnExpired):
            status, topic = RefundStatus.EXPIRED, Topic.EXPIRED
        self._steps.notify(topic, note=str(stopped), because=stopped.because)
        return await self.close(status, str(stopped), stopped.because)

    async def close(self, status: RefundStatus, why: str, because: EndedBecause | None = None) -> RefundOutcome:
        self._intake.phase = Phase.OVER
        await self._steps.notify_the_rest()
        is_called_off = self._intake.cancel is not None and status is not RefundStatus.COMPLETED
        actor = self._intake.cancel.what.by if self._intake.cancel and is_called_off else HOUSE
        if self._steps.needs is not None:
            await self._steps.clear_attention("closed", actor, why)
        message_id = self._steps.message_id((status, why))
        command = CloseRefund(self._steps.refund, status, why, actor, message_id, because)
        command = self._with_what_was_heard(command)
        await self._steps.run_required(Refunds.close_refund, command, anew=self._with_what_was_heard)
        self._steps.enter(status)
        self._progress.log(f"**{status}**: {why}")
        self._progress.waiting_for("nothing any more", None, "nothing", WaitsFor.NOTHING)
        self._progress.show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return RefundOutcome(status, why)

    def _with_what_was_heard(self, command: CloseRefund) -> CloseRefund:
        words = self._intake.words
        events = workflow.info().get_current_history_length()
        return replace(command, heard=words.heard, heard_just_now=words.heard_just_now, events=events)
