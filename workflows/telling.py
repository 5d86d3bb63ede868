"""Telling people: what is to be told gathers while a task does its steps, and is told at once before the refund waits.

What does not get through is told again before the refund closes; a message must not hold up the money.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.notifications import Notifications, Notify, Told
from domain.explain.messages import Topic
from service.steps import RefundRef
from workflows.retries import NOTIFY, DidNotWork, at_once, perform

_ENTITLEMENTS = Told((), of_entitlements=True)


class Telling:
    """`name` names each of several messages of a kind, so that none is told twice."""

    def __init__(self, name: Callable[[object], str]) -> None:
        self._name = name
        self._untold: deque[tuple[RefundRef, Told]] = deque()
        self._undelivered: deque[Notify] = deque()
        self._told_before: Counter[Topic] = Counter()
        self._recalled_round: int | None = None

    def recall(self, told: tuple[Topic, ...], in_round: int) -> None:
        """Know what an earlier run told in this round; what a reviewer asks for now is another question than before."""
        self._told_before.update(told)
        if self._told_before[Topic.EVIDENCE_REQUESTED] and workflow.patched("each question is told"):
            del self._told_before[Topic.EVIDENCE_REQUESTED]
        self._recalled_round = in_round

    @property
    def is_done(self) -> bool:
        return not self._untold and not self._undelivered

    def note(self, refund: RefundRef, told: Told) -> None:
        """Note what is to be told; what an earlier run told is not told again."""
        topics = tuple(topic for topic in told.topics if not self._was_told(refund, topic))
        if topics:
            what = (topics, told.note, told.wanted) if told.wanted else (topics, told.note)
            subject = self._name(what)
            self._untold.append((refund, replace(told, topics=topics, subject=subject)))

    def note_entitlements(self, refund: RefundRef) -> None:
        self._untold.append((refund, _ENTITLEMENTS))

    def _was_told(self, refund: RefundRef, topic: Topic) -> bool:
        """Tell whether an earlier run told this already in this round; each of its messages counts once."""
        if not self._told_before[topic] or refund.round != self._recalled_round:
            return False
        self._told_before[topic] -= 1
        return True

    async def tell(self) -> None:
        """Tell what is noted; what does not get through is kept."""
        while self._untold:
            command = self._take()
            try:
                await perform(Notifications.notify, command, NOTIFY, summary=_summary(command))
            except FailureError:
                self._keep(command)

    async def tell_at_once(self) -> None:
        """Tell what gets through at once, and the rest the next time."""
        while self._untold:
            command = self._take()
            try:
                await at_once(Notifications.notify, command, NOTIFY, summary=_summary(command))
            except DidNotWork:
                self._untold.extendleft((command.refund, told) for told in reversed(command.told))
                return

    def take_undelivered(self) -> Notify | None:
        """Take what did not get through."""
        return self._undelivered.popleft() if self._undelivered else None

    def _take(self) -> Notify:
        """Take all that can be told together: what is of one round."""
        refund, told = self._untold[0][0], list[Told]()
        while self._untold and self._untold[0][0] == refund:
            told.append(self._untold.popleft()[1])
        return Notify(refund, tuple(told))

    def _keep(self, command: Notify) -> None:
        kept = tuple(each for each in command.told if not _is_for_operations(each))
        if kept:
            self._undelivered.append(Notify(command.refund, kept))


def _is_for_operations(told: Told) -> bool:
    return bool(told.topics) and all(topic.is_for_operations for topic in told.topics)


def _summary(command: Notify) -> str:
    return ", ".join(
        "what follows the money" if told.of_entitlements else ", ".join(told.topics) for told in command.told
    )
