"""Waiting for people and parcels: every wait has an end, and a cancellation ends them all."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.explain.messages import Topic
    from domain.said import HOUSE
    from workflows.alarm import Alarm
    from workflows.intake import Intake
    from workflows.steps import Steps


class Waiting:
    def __init__(self, intake: Intake, steps: Steps) -> None:
        self._intake = intake
        self._steps = steps
        self._alarm = Alarm(steps.time)
        self._is_told: Callable[[], bool] = lambda: False
        self._note: Callable[[], Awaitable[None]] | None = None

    def note_meanwhile(self, is_told: Callable[[], bool], note: Callable[[], Awaitable[None]]) -> None:
        """Have what is told while something else is waited for noted at once."""
        self._is_told, self._note = is_told, note

    async def until(self, ready: Callable[[], bool], within: timedelta, what: str) -> bool:
        """Wait until `ready`; tell whether it came in time. Raises CancelledByRequest.

        What people say in the very instant in which time is up has been accepted, so it counts.
        """
        end = self._steps.time.now() + within
        while not (ready() or self._intake.is_called_off or self._alarm.rang_for(end)):
            if self._note is not None and self._is_told():
                await self._note()
                continue
            await self._steps.catch_up()
            self._steps.renew_if_long()
            await self._alarm.until(lambda: self._is_woken(ready), end, what)
        self._intake.stop_if_cancelled()
        return ready()

    def _is_woken(self, ready: Callable[[], bool]) -> bool:
        return ready() or self._intake.is_called_off or self._steps.is_to_renew or self._is_told()

    async def insist(
        self, ready: Callable[[], bool], every: timedelta, step: str, topic: Topic, reason: str = "the SLA is over"
    ) -> None:
        """Escalate a wait that took too long, and repeat it to operations until it ends."""
        await self._steps.request_attention(step, reason, (step,))
        while not await self.until(ready, every, f"{step} is overdue"):
            await self._steps.show_again()
            self._steps.notify(topic)
        await self._steps.clear_attention(step, HOUSE, "came in after all")
