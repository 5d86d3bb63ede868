"""A bulk of refunds on its way: previewed, then, once people have confirmed it and its grace is over, begun bit by bit.

The database is the bulk, as it is the refund: every round begins by looking where it stands. While it waits for a
person nothing runs; whoever confirms it starts another run.
"""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from domain.settlement.bulk import BulkStatus
from service.bulk import BulkRef

CARRY_ON = "carry_on_bulk"
NOTE_TROUBLE = "note_bulk_trouble"
"""The names of the activities (`upkeep/bulk_refunds.py`)."""

_ATTEMPT = timedelta(minutes=2)
_SIGN_OF_LIFE = timedelta(seconds=15)
"""A worker that says nothing for so long is dead: another goes on."""

_PATIENCE = timedelta(minutes=10)
"""So long it stands still before operations are told; it is tried on and on."""

_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ROUNDS = 200
"""After so many another run goes on, with a history of its own."""


@dataclass(frozen=True, slots=True)
class BulkStands:
    """Where a bulk stands after a round; `pause_s` is when to look again, `said` is for people at the Temporal UI."""

    status: BulkStatus
    pause_s: float = 0.0
    said: str = ""


def bulk_workflow_id(bulk_id: str) -> str:
    return f"bulk-{bulk_id}"


@workflow.defn(name="BulkRefunds")
class BulkWorkflow:
    """Carries a bulk on until it waits for a person or is over."""

    def __init__(self) -> None:
        self._is_woken = False

    @workflow.signal
    def wake(self) -> None:
        """Say that somebody confirmed or stopped it."""
        self._is_woken = True

    @workflow.run
    async def run(self, bulk: BulkRef) -> None:
        for _ in range(_ROUNDS):
            self._is_woken = False
            stands = await self._carry_on(bulk)
            workflow.set_current_details(stands.said)
            if stands.status.moves_by_itself:
                await self._pause(stands.pause_s)
            elif not self._is_woken:
                return
        workflow.continue_as_new(bulk)

    async def _pause(self, pause_s: float) -> None:
        """Wait, unless somebody says something meanwhile."""
        if pause_s:
            try:
                await workflow.wait_condition(lambda: self._is_woken, timeout=pause_s)
            except TimeoutError:
                return

    async def _carry_on(self, bulk: BulkRef) -> BulkStands:
        while True:
            try:
                stands: BulkStands = await workflow.execute_activity(
                    CARRY_ON,
                    bulk,
                    result_type=BulkStands,
                    start_to_close_timeout=_ATTEMPT,
                    heartbeat_timeout=_SIGN_OF_LIFE,
                    schedule_to_close_timeout=_PATIENCE,
                    retry_policy=_RETRIES,
                )
            except ActivityError as stuck:
                await self._tell(bulk, stuck)
            else:
                return stands

    async def _tell(self, bulk: BulkRef, stuck: ActivityError) -> None:
        """Tell operations; where that can't be written down either, the next round says it."""
        trouble = str(stuck.cause or stuck)
        workflow.set_current_details(f"stands still: {trouble}")
        try:
            await workflow.execute_activity(
                NOTE_TROUBLE,
                args=[bulk, trouble[:1_000]],
                start_to_close_timeout=_ATTEMPT,
                schedule_to_close_timeout=_PATIENCE,
                retry_policy=_RETRIES,
            )
        except ActivityError:
            workflow.logger.warning("bulk %s stands still, and nobody can be told: %s", bulk.bulk_id, trouble)
