"""Steps with bounded patience: what is out of patience is put in front of a person, never dropped, never silent."""

import contextlib
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.attention import Attention, AttentionGiven, AttentionNeeded, NotUnderstood
    from activities.notifications import Notifications, Notify, Told
    from activities.recollection import Recollection
    from activities.reopening import Opening
    from domain.explain.attention import Stuck, answers, for_the_inbox, to_do
    from domain.explain.endings import EndedBecause, EvidenceWanted
    from domain.explain.messages import Topic
    from domain.lifecycle import RefundStatus
    from domain.said import HOUSE
    from service.steps import Begun
    from workflows.contract import (
        ALREADY_UNDONE,
        Resolution,
        ResolveInput,
        ResolveSaid,
        StartRefund,
        shortened,
    )
    from workflows.failures import knows_too_little, reason_of, type_of
    from workflows.intake import Intake
    from workflows.merchant_time import MerchantTime
    from workflows.refusals import conflict
    from workflows.resets import Resets
    from workflows.retries import NOTIFY, STEP, UNDO, UNTIL_SEEN, DidNotWork, RetryBudget, at_once, perform
    from workflows.saga import RefundStopped, Undo, cancel_afterwards
    from workflows.telling import Telling
    from workflows.visibility import Progress, WaitsFor
    from workflows.words import Said

Command = TypeVar("Command")
Result = TypeVar("Result")

_ASK_AGAIN_EVERY = timedelta(hours=24)
_ANY = (Resolution.RETRY, Resolution.SKIP, Resolution.DONE_BY_HAND)


class Steps:
    """Runs the steps of one refund and asks people for help with those that fail."""

    def __init__(
        self, start: StartRefund, intake: Intake, progress: Progress, resets: Resets, time: MerchantTime
    ) -> None:
        self.time = time
        self.refund = start.refund
        self.run = workflow.info().run_id
        self.begun: Begun | None = None
        self.status = RefundStatus.IN_REVIEW
        self.calls_for_help = 0
        self.taken: Said[ResolveInput] | None = None
        self._start = start
        self._intake = intake
        self._progress = progress
        self._resets = resets
        self._needed: AttentionNeeded | None = None
        self._resolution: Said[ResolveInput] | None = None
        self._messages = 0
        self._telling = Telling(self.message_id)
        self._stuck = Stuck(start.refund.refund_id, start.order_id, start.total)

    def recall(self, known: Recollection) -> None:
        """Go on from where an earlier run was, without telling again what it told."""
        self.time.is_ahead_by(timedelta(seconds=known.ahead_s))
        if known.is_first:
            return
        self.refund, self.status = known.refund, known.status
        self._telling.recall(known.told, known.refund.round)

    def message_id(self, what: object) -> str:
        """Name one of several things of a kind; a run that was reset or picked up counts by itself.

        Its id is whole: those of two runs within a minute begin alike.
        What it is belongs to its name: where a task is lost that had done something, something else may come instead.
        """
        self._messages += 1
        return f"{self.run}.{self._messages}.{zlib.crc32(repr(what).encode()):08x}"

    async def run_required(
        self,
        do: Callable[[Any, Command], Awaitable[Result]],
        command: Command,
        *,
        patience: RetryBudget = STEP,
        anew: Callable[[Command], Command] = lambda command: command,
    ) -> Result:
        """Run a step whose result the rest needs: people can only have it tried again.

        `anew` tells what to run after their answer, where the answer is a part of it.
        """
        while True:
            try:
                return await self.attempt(do, command, patience)
            except FailureError as failed:
                await self.ask_until_retry(do.__name__, reason_of(failed), (Resolution.RETRY,))
                command = anew(command)

    async def run_skippable(
        self, do: Callable[[Any, Command], Awaitable[object]], command: Command, *, patience: RetryBudget = STEP
    ) -> None:
        """Run a step that people may skip, or settle by hand, with a note."""
        while True:
            try:
                await self.attempt(do, command, patience)
                return
            except FailureError as failed:
                if (await self.ask_until_retry(do.__name__, reason_of(failed), _ANY)).action is not Resolution.RETRY:
                    return

    async def undo(self, undo: Undo) -> None:
        """Undo a step, because the refund stops; where it is paid already, another run goes on with it."""
        await self._perform(undo.run, undo.command, UNDO, "undo, because the refund stops")

    async def undo_after_all(self, undo: Undo, failed: FailureError) -> None:
        """An undo that did not work: people have it tried again, skip it, or do it by hand."""
        if (await self.ask_until_retry(undo.run.__name__, reason_of(failed), _ANY)).action is Resolution.RETRY:
            await self.run_skippable(undo.run, undo.command, patience=UNDO)

    def notify(
        self,
        *topics: Topic,
        note: str = "",
        because: EndedBecause | None = None,
        wanted: tuple[EvidenceWanted, ...] = (),
    ) -> None:
        """Tell people, before the refund waits next; what does not get through is told again before it closes."""
        self._telling.note(self.refund, Told(topics, note, because=because, wanted=wanted))

    def notify_of_entitlements(self) -> None:
        """Tell the customer of all that follows the money."""
        self._telling.note_entitlements(self.refund)

    async def notify_the_rest(self) -> None:
        """Tell what is not told yet; where it does not get through, people may skip it."""
        await self._telling.tell()
        while (command := self._telling.take_undelivered()) is not None:
            if any(told.of_entitlements for told in command.told):
                await self.run_skippable(Notifications.notify_entitlements, command.refund)
            told = tuple(told for told in command.told if not told.of_entitlements)
            await self.run_skippable(Notifications.notify, Notify(command.refund, told))

    async def tell(self) -> None:
        """Tell what is not told yet."""
        await self._telling.tell()

    async def catch_up(self) -> None:
        """Show and tell what has happened: whoever looks at a refund that waits sees how it is."""
        self._progress.show()
        await self._telling.tell()

    async def _before_waiting(self) -> None:
        """The same for a wait that nobody has chosen: what does not get through at once either is told later."""
        self._progress.show()
        await self._telling.tell_at_once()

    @property
    def goes_on_as(self) -> RefundStatus:
        """Where its refund stands once nobody is asked any more: one that was complete, and goes on, is paid again.

        A lost task may have taken its payout back already, and asked people before this run knows of it.
        """
        return RefundStatus.PAYING_OUT if self.status is RefundStatus.COMPLETED else self.status

    def enter(self, status: RefundStatus) -> None:
        """Make the Temporal UI find the refund by its new status; the step that follows writes it to the database."""
        self.status = status
        self._progress.enter(status, needs_attention=self._needed is not None)

    async def ask_until_retry(
        self, step: str, reason: str, actions: tuple[Resolution, ...], *, payment_id: str | None = None
    ) -> ResolveInput:
        """Ask people about a step that failed; what nobody has looked at for a day is tried again by itself."""
        await self.request_attention(step, reason, actions, payment_id=payment_id)
        self._intake.stop_if_cancelled()
        await self.catch_up()
        self.renew_if_long()
        with contextlib.suppress(TimeoutError):
            await self.time.wait(
                lambda: self._resolution is not None or self._intake.is_called_off,
                _ASK_AGAIN_EVERY,
                shortened(f"try {step} again by itself"),
            )
        if self._resolution is not None:
            return await self.take_resolution()
        self._intake.stop_if_cancelled()
        await self.clear_attention(Resolution.RETRY, HOUSE, "tried again by itself")
        return ResolveInput(step, Resolution.RETRY, HOUSE)

    async def ask_until_resolved(
        self, step: str, reason: str, actions: tuple[Resolution, ...], *, payment_id: str | None = None
    ) -> ResolveInput:
        """Put the refund in front of people until one of them resolves it, and say so again every day."""
        await self.request_attention(step, reason, actions, payment_id=payment_id)
        while self._resolution is None:
            self._intake.stop_if_cancelled()
            await self.catch_up()
            self.renew_if_long()
            try:
                await self.time.wait(
                    lambda: self._resolution is not None or self._intake.is_called_off,
                    _ASK_AGAIN_EVERY,
                    shortened(f"say again that {step} needs attention"),
                )
            except TimeoutError:
                if self._resolution is None:
                    await self.show_again()
                    self._call_operations()
        return await self.take_resolution()

    def renew_if_long(self) -> None:
        """Go on in a new run where Temporal finds the history long, if nobody and nothing waits for this one."""
        if self._is_long_and_quiet:
            workflow.continue_as_new(replace(self._start, opening=Opening.RENEWED))

    @property
    def is_to_renew(self) -> bool:
        """Whether a wait is to be left for a new run: between two words, however many people say."""
        return self._is_long_and_quiet and workflow.patched("renew between two words")

    @property
    def _is_long_and_quiet(self) -> bool:
        if not workflow.info().is_continue_as_new_suggested():
            return False
        is_quiet = self._telling.is_done and self._resolution is None and self._intake.is_quiet
        return is_quiet and workflow.all_handlers_finished()

    async def request_attention(
        self, step: str, reason: str, actions: tuple[str, ...], *, payment_id: str | None = None
    ) -> None:
        """Show that people are needed: in the database, in the Temporal UI, in the inbox of operations."""
        self._resolution = None
        message_id = self.message_id((step, reason))
        await self._show(AttentionNeeded(self.refund, step, reason, tuple(actions), message_id, payment_id, self.begun))
        self._call_operations()
        self.calls_for_help += 1
        self._progress.log(f"**needs attention** at `{step}`: {reason}")
        self._progress.waiting_for_help(step, to_do(self._stuck, step, tuple(actions)))

    async def show_again(self) -> None:
        """Show what people are needed for once more: an answer may have been noted in a task that was lost."""
        assert self._needed is not None
        message_id = self.message_id((self._needed.step, self._needed.reason))
        await self._show(replace(self._needed, message_id=message_id))

    async def _show(self, needed: AttentionNeeded) -> None:
        self._needed = needed
        # Lists are not encrypted: what somebody outside has said, behind the name of its error, may name a person.
        waits_for = f"{WaitsFor.OPERATIONS}: {needed.step}: {needed.reason.partition(': ')[0]}"
        self._progress.enter(RefundStatus.NEEDS_ATTENTION, needs_attention=True, waits_for=waits_for)
        self._progress.show()
        shown = self._perform(Attention.ask_for_attention, needed, UNTIL_SEEN, f"{needed.step}: {needed.reason}")
        stuck: Stuck | None = await cancel_afterwards(shown)
        self._stuck = stuck or replace(self._stuck, payment_id=needed.payment_id)

    def _call_operations(self) -> None:
        """Tell operations what waits, how much to whom, and what to answer."""
        assert self._needed is not None
        needed = self._needed
        note = for_the_inbox(self._stuck, needed.step, needed.reason, needed.actions)
        self.notify(Topic.NEEDS_ATTENTION, note=note)

    async def take_resolution(self) -> ResolveInput:
        """Act on what a person has answered."""
        assert self._resolution is not None
        resolution, said = self._resolution, self._resolution.what
        await self.clear_attention(said.action, said.by, said.note, taken=resolution)
        return said

    async def clear_attention(
        self, action: str, by: str, note: str, *, taken: Said[ResolveInput] | None = None
    ) -> None:
        """Show that nobody is needed any more; a cancellation meanwhile waits until that is noted and known."""
        await cancel_afterwards(self._clear_attention(action, by, note, taken))

    async def _clear_attention(self, action: str, by: str, note: str, taken: Said[ResolveInput] | None) -> None:
        assert self._needed is not None
        needed = self._needed
        said = self.message_id((needed.step, action, by, note))
        settled = needed.payment_id if action == Resolution.DONE_BY_HAND else None
        failed = needed.payment_id if action == Resolution.FAILED else None
        command = AttentionGiven(
            self.refund,
            needed.step,
            action,
            note,
            actor=by,
            status=self.goes_on_as,
            message_id=needed.message_id,
            said=said,
            settled=settled,
            word=taken.word if taken else None,
            reference=taken.what.reference if taken else "",
            failed=failed,
            key_id=taken.what.key_id if taken else "",
        )
        summary = f"{needed.step}: {action}"
        await self.unless_behind(perform(Attention.note_resolution, command, UNTIL_SEEN, summary=summary))
        if taken is not None:
            self._intake.words.noted(taken)
        if self._resolution is not None and self._resolution is not taken:  # said while the house took another answer
            self._intake.words.forget(self._resolution)
        self._needed, self._resolution = None, None
        self.taken = taken or self.taken
        self._progress.enter(self.status, needs_attention=False)
        self._progress.log(f"resolved `{needed.step}`: {action} by {by} {note}")

    @property
    def stuck(self) -> Stuck:
        """What a call for help would be about."""
        return self._stuck

    @property
    def needs(self) -> AttentionNeeded | None:
        """What people are asked for now."""
        return self._needed

    @property
    def resolution(self) -> Said[ResolveInput] | None:
        """What a person has answered and nobody has acted on yet."""
        return self._resolution

    def check_resolution(self, said: ResolveSaid) -> None:
        """Refuse what does not answer the question that is open, and say what would."""
        needed = self._needed
        if needed is None or self._resolution is not None:
            raise conflict("the refund needs no attention now")
        possible = answers(self.refund.refund_id, needed.step, needed.actions)
        right = " or ".join(each.said for each in possible if each.update == "resolve")
        right = f"say {right}" if right else f"say it by the update {possible[0].update!r} with {possible[0].said}"
        if said.step != needed.step:
            wrong = repr(said.step) if said.step else "none"
            raise conflict(f"the step that needs attention is {needed.step!r}, not {wrong}: {right}")
        if said.payment_id not in ("", needed.payment_id):
            raise conflict(
                f"the share that needs attention is of {needed.payment_id!r}, not {said.payment_id!r}: {right}"
            )
        if said.action not in needed.actions:
            raise conflict(f"{said.action or 'no action'} is not possible here: {right}")

    def resolve(self, resolution: Said[ResolveInput]) -> None:
        self._resolution = resolution

    async def note_unheard(self, sentence: str, by: str) -> None:
        """Let people see that something they said had no effect, whatever becomes of telling them."""
        self._progress.remark(f"**{sentence}**")
        command = NotUnderstood(self.refund, sentence, by, self.message_id(sentence))
        with contextlib.suppress(FailureError):
            await perform(Attention.note_unheard, command, NOTIFY, summary=sentence)

    async def attempt(
        self, do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: RetryBudget
    ) -> Result:
        """Run a step; one that was undone before, in a run that was reset, stops the refund for good."""
        try:
            return await self._perform(do, command, patience, do.__name__.replace("_", " "))
        except FailureError as failed:
            if type_of(failed) == ALREADY_UNDONE:
                raise RefundStopped(f"{do.__name__} was undone before") from failed
            raise

    async def try_at_once(self, do: Callable[[Any, Command], Awaitable[Result]], command: Command) -> Result | None:
        """Run two steps as one; None where that does not work at once, and each is to be run by itself."""
        try:
            return await at_once(do, command, STEP, summary=do.__name__.replace("_", " "))
        except DidNotWork:
            return None

    async def _perform(
        self, do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: RetryBudget, summary: str
    ) -> Result:
        running = perform(do, command, patience, summary=summary, before_waiting=self._before_waiting)
        return await self.unless_behind(running)

    async def unless_behind(self, activity: Awaitable[Result]) -> Result:
        """Await an activity; where this run does not know how the refund stands, begin another, which knows."""
        try:
            return await activity
        except FailureError as failed:
            if knows_too_little(type_of(failed)):
                self._resets.begin_again()
                await workflow.wait_condition(lambda: False)
            raise
