"""A workflow that somebody resets in Temporal goes on with what is known, instead of from where it was reset to.

A reset run would ask people again what they have answered, and decide by what the world was then. The database has
all of it, so the refund goes on in a new run that takes it over, as after a termination.
"""

import asyncio
import dataclasses
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.reopening import Opening
    from workflows.contract import StartRefund

Result = TypeVar("Result")


class Resets:
    """Notices a reset by its only trace that a workflow may act on: Temporal gives a reset run a new random seed.

    One that is reset to its very beginning has its new seed before it can ask to be told. Its run id is not the one it
    was started with, and it is not replaying: nothing that it did could be in its history yet.
    """

    def __init__(self) -> None:
        self._noticed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        workflow.register_random_seed_callback(self._notice)
        run = workflow.info()
        if run.run_id != run.original_execution_run_id and not workflow.unsafe.is_replaying():
            self._notice()

    @property
    def is_noticed(self) -> bool:
        """Whether this run is being left for another."""
        return self._noticed.done()

    def begin_again(self) -> None:
        """Leave this run where it is, and begin another that takes the refund over: it knows what this one does not."""
        self._notice()

    def _notice(self, _seed: int = 0) -> None:
        if not self._noticed.done():
            self._noticed.set_result(None)

    async def unless_reset(self, start: StartRefund, work: Coroutine[Any, Any, Result]) -> Result:
        """Await `work`, which hears of each cancellation; after a reset leave it where it is, and begin another run."""
        going_on = asyncio.create_task(work)
        either: list[asyncio.Future[Any]] = [going_on, self._noticed]
        while not (going_on.done() or self._noticed.done()):
            try:
                await workflow.wait(either, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                going_on.cancel()
        if self._noticed.done():
            workflow.continue_as_new(dataclasses.replace(start, opening=Opening.RESUMED))
        return going_on.result()
