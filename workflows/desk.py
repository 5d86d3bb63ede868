"""What people have said to a refund, and what may still be said: each question is answered once.

The validators refuse with an error type that the API knows; they look only at state, so an approval and a
cancellation in the same instant can't both be accepted.
"""

from collections import Counter, deque
from enum import IntEnum

from temporalio.exceptions import ApplicationError

from activities.returns import InspectedLine, Inspection, Receipt, Shipment
from domain.reasons import RefundStatus
from domain.review import Decision
from workflows.messages import CONFLICTING_STATE, NOT_AVAILABLE, CancelInput, ReviewInput, SoFar, StartRefund
from workflows.saga import RefundStopped


class Phase(IntEnum):
    """How far the refund has come; it never goes back."""

    REVIEW = 1
    RETURN = 2
    INSPECTION = 3
    SETTLEMENT = 4
    PAYOUT = 5
    OVER = 6


# Once value is held the payout may have begun: a workflow that takes over there only goes forward.
_PHASES = {
    RefundStatus.IN_REVIEW: Phase.REVIEW,
    RefundStatus.AWAITING_RETURN: Phase.RETURN,
    RefundStatus.IN_TRANSIT: Phase.RETURN,
    RefundStatus.INSPECTING: Phase.INSPECTION,
    RefundStatus.PAYING_OUT: Phase.PAYOUT,
    RefundStatus.RESTORING: Phase.PAYOUT,
}


class CancelledByRequest(RefundStopped):
    """The customer or the merchant called the refund off before the payout."""


class Desk:
    def __init__(self, start: StartRefund) -> None:
        self._phase = Phase.REVIEW
        self.decision: ReviewInput | None = None
        self.cancel: CancelInput | None = None
        self.shipments: deque[Shipment] = deque()
        self.receipts: deque[Receipt] = deque()
        self.inspection: Inspection | None = None
        self._expected = Counter(dict(start.lines))
        self._received: Counter[str] = Counter()
        if start.so_far is not None:
            self._hear_again(start.so_far)

    def _hear_again(self, so_far: SoFar) -> None:
        """What people said to a workflow that was lost, they need not say again."""
        self.phase = _PHASES[so_far.status]
        self.decision = so_far.verdict
        self.shipments.extend(so_far.shipments)
        for receipt in so_far.receipts:
            self.receive(receipt)
        self.inspection = so_far.inspection

    @property
    def phase(self) -> Phase:
        return self._phase

    @phase.setter
    def phase(self, reached: Phase) -> None:
        """A workflow that takes over goes through phases that the refund left behind long ago."""
        self._phase = max(self._phase, reached)

    # Review

    def check_review(self) -> None:
        self._check_open()
        if self.phase is not Phase.REVIEW or self.decision is not None:
            raise _conflict("the refund is not in review: it has been decided already")

    def take_decision(self) -> ReviewInput:
        """Take the decision off the desk; a request for evidence leaves room for the next one."""
        assert self.decision is not None
        decision = self.decision
        if decision.decision is Decision.REQUEST_EVIDENCE:
            self.decision = None
        return decision

    # Return and inspection

    def check_shipment(self) -> None:
        self._check_open()
        if self.phase is not Phase.RETURN:
            raise _conflict("no parcel is expected now: the refund is not awaiting a return")

    def receive(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self._received.update(dict(receipt.received))

    def check_receipt(self, receipt: Receipt) -> None:
        self._check_open()
        if self.phase not in (Phase.RETURN, Phase.INSPECTION) or self.inspection is not None:
            raise _conflict("no parcel is expected now: the refund is not awaiting a return")
        if not receipt.received and not self.still_expected:
            raise _conflict("everything that was expected is received already")
        for line_id, quantity in receipt.received:
            missing = self._expected[line_id] - self._received[line_id]
            if quantity > missing:
                raise _not_available(f"{quantity} of line {line_id!r} received, {missing} still expected")

    @property
    def still_expected(self) -> tuple[tuple[str, int], ...]:
        """Units that were asked for and have not arrived."""
        return tuple((self._expected - self._received).items())

    def check_inspection(self, inspection: Inspection) -> None:
        self._check_open()
        if self.phase is not Phase.INSPECTION or self.inspection is not None:
            raise _conflict("nothing to inspect: the parcel was not received, or it was inspected already")
        if not inspection.lines:
            return
        for line in inspection.lines:
            received = self._received[line.line_id]
            if line.accepted + line.rejected != received:
                raise _not_available(
                    f"{line.accepted} accepted + {line.rejected} rejected of line {line.line_id!r}, "
                    f"{received} received: the two must come to what was received"
                )
        missing = [line_id for line_id in +self._received if line_id not in {line.line_id for line in inspection.lines}]
        if missing:
            raise _not_available(f"received but not inspected: {', '.join(missing)}")

    @property
    def everything_received_accepted(self) -> Inspection:
        lines = (InspectedLine(line_id, count, 0, None, "") for line_id, count in (+self._received).items())
        return Inspection(tuple(lines), "")

    # Cancellation

    def check_cancel(self) -> None:
        self._check_open()
        if self.phase >= Phase.PAYOUT:
            raise _conflict("the payout has begun: the refund can't be cancelled any more")

    def stop_if_cancelled(self) -> None:
        if self.cancel is not None and self.phase < Phase.PAYOUT:
            raise CancelledByRequest(self.cancel.note or f"cancelled by {self.cancel.by}")

    def _check_open(self) -> None:
        if self.phase is Phase.OVER:
            raise _conflict("the refund is over")
        if self.cancel is not None:
            raise _conflict("the refund is being cancelled")


def _conflict(message: str) -> ApplicationError:
    return ApplicationError(message, type=CONFLICTING_STATE, non_retryable=True)


def _not_available(message: str) -> ApplicationError:
    return ApplicationError(message, type=NOT_AVAILABLE, non_retryable=True)
