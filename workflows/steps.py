"""Steps with bounded patience: what is out of patience is put in front of a person, never dropped, never silent."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.notifications import Notifications, Notify
    from activities.refunds import AttentionGiven, AttentionNeeded, Refunds
    from domain.messages import Topic
    from domain.reasons import RefundStatus
    from workflows.desk import Desk
    from workflows.messages import CONFLICTING_STATE, Resolution, ResolveInput, StartRefund
    from workflows.policies import STEP, UNTIL_IT_WORKS, Patience, perform
    from workflows.visibility import NEEDS_ATTENTION, REFUND_STATUS, Story

Command = TypeVar("Command")
Result = TypeVar("Result")

_ASK_AGAIN_EVERY = timedelta(hours=24)


class Steps:
    """Runs the steps of one refund and asks people for help with those that fail."""

    def __init__(self, start: StartRefund, desk: Desk, story: Story) -> None:
        self.status = start.so_far.status if start.so_far else RefundStatus.IN_REVIEW
        self._refund = start.refund
        self._desk = desk
        self._story = story
        self._needed: AttentionNeeded | None = None
        self._resolution: ResolveInput | None = None
        self._occurrence = start.so_far.occurrence if start.so_far else 0
        self._told_before = Counter(start.so_far.told if start.so_far else ())
        self.calls_for_help = 0

    async def must(
        self, do: Callable[[Any, Command], Awaitable[Result]], command: Command, *, patience: Patience = STEP
    ) -> Result:
        """Run a step whose result the rest needs: people can only have it tried again."""
        while True:
            try:
                return await self._once(do, command, patience)
            except FailureError as failed:
                await self.ask_for_help(do.__name__, _reason(failed), (Resolution.RETRY,))

    async def take(self, do: Callable[[Any, Command], Awaitable[object]], command: Command) -> None:
        """Run a step that people may skip, or settle by hand, with a note."""
        while True:
            try:
                await self._once(do, command, STEP)
                return
            except FailureError as failed:
                actions = (Resolution.RETRY, Resolution.SKIP, Resolution.SETTLE)
                if (await self.ask_for_help(do.__name__, _reason(failed), actions)).action is not Resolution.RETRY:
                    return

    async def tell(self, *topics: Topic, note: str = "") -> None:
        """Tell people; the occurrence keeps a later message of the same topic from passing for a repeat."""
        self._occurrence += 1
        news = tuple(topic for topic in topics if not self._was_told(topic))
        if news:
            command = Notify(self._refund, news, note, str(self._occurrence))
            await perform(Notifications.notify, command, UNTIL_IT_WORKS, summary=", ".join(news))

    def _was_told(self, topic: Topic) -> bool:
        """Tell whether a workflow that was lost said this already; each message counts once."""
        if not self._told_before[topic]:
            return False
        self._told_before[topic] -= 1
        return True

    def enter(self, status: RefundStatus) -> None:
        """Make the Temporal UI find the refund by its new status; the step that follows writes it to the database.

        A workflow that takes over does not go back to statuses that the refund left behind.
        """
        order = list(RefundStatus)
        if order.index(status) >= order.index(self.status):
            self.status = status
            workflow.upsert_search_attributes([REFUND_STATUS.value_set(status)])

    async def ask_for_help(self, step: str, reason: str, actions: tuple[Resolution, ...]) -> ResolveInput:
        """Put the refund in front of people until one of them resolves it, and say so again every day."""
        await self.raise_hand(step, reason, tuple(actions))
        while self._resolution is None:
            try:
                await workflow.wait_condition(
                    lambda: self._resolution is not None or self._desk.cancel is not None,
                    timeout=_ASK_AGAIN_EVERY,
                    timeout_summary=f"say again that {step} needs attention",
                )
                self._desk.stop_if_cancelled()
            except TimeoutError:
                await self.tell(Topic.NEEDS_ATTENTION, note=f"{step}: {reason}")
        resolution = self._resolution
        await self.lower_hand(resolution.action, resolution.by, resolution.note)
        return resolution

    async def raise_hand(self, step: str, reason: str, actions: tuple[str, ...]) -> None:
        """Show that people are needed: in the database, in the Temporal UI, in the inbox of operations."""
        self._occurrence += 1
        self._resolution = None
        self._needed = AttentionNeeded(self._refund, step, reason, actions, self._occurrence)
        workflow.upsert_search_attributes(
            [NEEDS_ATTENTION.value_set(True), REFUND_STATUS.value_set(RefundStatus.NEEDS_ATTENTION)]
        )
        await perform(Refunds.ask_for_attention, self._needed, UNTIL_IT_WORKS, summary=f"{step}: {reason}")
        await self.tell(Topic.NEEDS_ATTENTION, note=f"{step}: {reason}")
        self.calls_for_help += 1
        self._story.happened(f"**needs attention** at `{step}`: {reason}")
        self._story.awaits(f"a person, at step `{step}`", None, f"one of: {', '.join(actions)}")

    async def lower_hand(self, action: str, by: str, note: str) -> None:
        assert self._needed is not None
        needed, self._needed = self._needed, None
        workflow.upsert_search_attributes([NEEDS_ATTENTION.value_set(False), REFUND_STATUS.value_set(self.status)])
        command = AttentionGiven(self._refund, needed.step, action, note, by, self.status, needed.occurrence)
        await perform(Refunds.note_resolution, command, UNTIL_IT_WORKS, summary=f"{needed.step}: {action}")
        self._story.happened(f"resolved `{needed.step}`: {action} by {by} {note}")

    @property
    def hand_is_up(self) -> bool:
        return self._needed is not None

    def check_resolution(self, resolution: ResolveInput) -> None:
        """Refuse what does not answer the question that is open."""
        if self._needed is None or self._resolution is not None:
            raise _refused("the refund needs no attention now")
        if resolution.step != self._needed.step:
            raise _refused(f"the step that needs attention is {self._needed.step!r}, not {resolution.step!r}")
        if resolution.action not in self._needed.actions:
            raise _refused(f"{resolution.action} is not possible here, only {', '.join(self._needed.actions)}")

    def resolve(self, resolution: ResolveInput) -> None:
        self._resolution = resolution

    async def _once(
        self, do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: Patience
    ) -> Result:
        try:
            return await perform(do, command, patience, summary=do.__name__.replace("_", " "))
        except FailureError as failed:
            if is_cancelled_exception(failed):
                raise asyncio.CancelledError from failed
            raise


def _reason(failed: FailureError) -> str:
    """Say in plain words why a step gave up."""
    cause: BaseException = failed
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause).splitlines()[0][:300] if str(cause) else type(cause).__name__


def _refused(message: str) -> ApplicationError:
    return ApplicationError(message, type=CONFLICTING_STATE, non_retryable=True)
