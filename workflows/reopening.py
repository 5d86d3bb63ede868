"""Another run of a refund: its workflow was ended in Temporal, a parcel came late, a payout failed later."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.recollection import Decided, Recollection
    from activities.refunds import Refunds
    from activities.reopening import Load, Opening, Reopenings
    from activities.returns import Returns, VoidReturn
    from activities.settlement import ReleaseSettlement, Settlements
    from domain.lifecycle import RefundStatus
    from workflows.contract import StartRefund
    from workflows.intake import CancelledByRequest, Intake, Phase
    from workflows.parcel import Parcel, ReturnExpired
    from workflows.reviewing import RefundRefused
    from workflows.saga import RefundStopped, Saga
    from workflows.steps import Steps
    from workflows.visibility import Progress


_STOPS = {
    RefundStatus.REJECTED: RefundRefused,
    RefundStatus.EXPIRED: ReturnExpired,
    RefundStatus.CANCELLED: CancelledByRequest,
}


class Reopening:
    def __init__(self, start: StartRefund, intake: Intake, steps: Steps, progress: Progress, parcel: Parcel) -> None:
        self._start = start
        self._intake = intake
        self._steps = steps
        self._progress = progress
        self._parcel = parcel

    async def load(self) -> Recollection:
        """Find out what earlier runs left behind; the first finds nothing."""
        known = await self._found()
        self._steps.begun = None
        self._steps.recall(known)
        self._intake.recall(known)
        if known.is_past_the_pivot:
            self._intake.phase = Phase.PAYOUT
        if not known.is_first:
            self._progress.log(f"another run goes on: {self._start.opening}")
        return known

    async def _found(self) -> Recollection:
        """Load; the first run has its refund assessed with it, if that works at once."""
        command = Load(self._start.refund, self._start.opening, self._steps.run, workflow.now())
        self._steps.begun = command.begun
        if self._start.opening is Opening.REQUESTED:
            known = await self._steps.try_at_once(Reopenings.load, replace(command, assesses=True))
            if known is not None:
                return known
        return await self._steps.run_required(Reopenings.load, command)

    def decided(self, known: Recollection) -> Decided | None:
        """What was decided in an earlier run stays decided; a late parcel is looked at anew (rule 31)."""
        return None if self._intake.opens_for_a_parcel else known.decided

    async def begin(self, saga: Saga, known: Recollection) -> None:
        """Register all undos, and stop where an earlier run was stopping.

        All of them before the first step: where a task is lost, what it did stays done, and what it registered is gone.
        """
        refund = self._steps.refund
        if self._intake.opens_for_a_parcel:
            if self._steps.status not in _STOPS:
                raise RefundStopped(f"the refund is {self._steps.status}: it is not opened for a parcel")
            await self._parcel.claim_again(saga, _STOPS[self._steps.status])
            saga.undo_with(Settlements.release_settlement, ReleaseSettlement(self._steps.refund, self._steps.run))
            return
        saga.undo_with(Refunds.release_claims, refund)
        saga.undo_with(Returns.void_return, VoidReturn(refund))
        saga.undo_with(Settlements.release_settlement, ReleaseSettlement(refund, self._steps.run))
        if known.was_stopping:
            why = "it was being stopped when its workflow was ended in Temporal"
            raise _STOPS[known.stops_as](why, known.stops_because)
        self._intake.stop_if_cancelled()
        if workflow.cancellation_reason() is not None:  # while this run loaded
            raise CancelledByRequest("cancelled from Temporal")
