"""Waiting for people and parcels: every wait has an end, and a cancellation ends them all."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.explain.messages import Topic
    from workflows.alarm import Alarm
    from workflows.intake import Intake
    from workflows.steps import Steps


class Waiting:
    def __init__(self, intake: Intake, steps: Steps) -> None:
        self._intake = intake
        self._steps = steps
        self._alarm = Alarm()

    async def until(self, ready: Callable[[], bool], within: timedelta, what: str) -> bool:
        """Wait until `ready`; tell whether it came in time. Raises CancelledByRequest.

        What people say in the very instant in which time is up has been accepted, so it counts.
        """
        end = workflow.now() + within
        while not (ready() or self._intake.is_called_off or self._alarm.rang_for(end)):
            await self._steps.catch_up()
            self._steps.renew_if_long()
            await self._alarm.until(lambda: ready() or self._intake.is_called_off or self._steps.is_to_renew, end, what)
        self._intake.stop_if_cancelled()
        return ready()

    async def insist(
        self, ready: Callable[[], bool], every: timedelta, step: str, topic: Topic, reason: str = "the SLA is over"
    ) -> None:
        """Escalate a wait that took too long, and repeat it to operations until it ends."""
        await self._steps.request_attention(step, reason, (step,))
        while not await self.until(ready, every, f"{step} is overdue"):
            await self._steps.show_again()
            self._steps.notify(topic)
        await self._steps.clear_attention(step, "makewhole", "came in after all")
