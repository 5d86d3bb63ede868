"""What people have said to a refund, and what may still be said: each question is answered once.

The validators refuse with an error type that the API knows; they look only at state, so an approval and a
cancellation in the same instant can't both be accepted.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from enum import IntEnum

from temporalio.exceptions import ApplicationError

from activities.parcels import InspectedLine, Inspection, Loss, Receipt, ReturnShipment
from activities.recollection import Decided, Recollection
from activities.reopening import Opening
from domain.claims.lost_parcels import (
    LostParcel,
    decided,
    is_asked_about,
    paid_though_lost,
    with_the_lost,
    without_the_lost,
)
from domain.claims.receipts import more_than_expected
from domain.explain.endings import HouseReason, called_off_by
from domain.rights.review import Decision
from domain.sale.measures import in_words
from gateways.ports import GatewayStatus
from workflows.approvals import ApprovalsGiven
from workflows.contract import CancelInput, PayoutEvent, ReviewInput, StartRefund
from workflows.refusals import conflict, not_available, not_yet
from workflows.saga import RefundStopped
from workflows.words import Said, Words


class Phase(IntEnum):
    """How far the refund has come; it never goes back. STOPPING undoes what was done before the payout."""

    OPENING = 0
    REVIEW = 1
    RETURN = 2
    INSPECTION = 3
    SETTLEMENT = 4
    STOPPING = 5
    PAYOUT = 6
    OVER = 7


class CancelledByRequest(RefundStopped):
    """The customer or the merchant called the refund off before the payout."""

    because = HouseReason.CANCELLED


_DECIDED = "the refund is not in review: it has been decided already"


class Intake:
    def __init__(self, start: StartRefund) -> None:
        self.phase = Phase.OPENING
        self.opens_for_a_parcel = start.opening is Opening.REOPENED_FOR_PARCEL
        self.words = Words()
        self.asked_about: str | None = None
        self.decision: Said[ReviewInput] | None = None
        self.approvals = ApprovalsGiven(start.approvals_needed)
        self.cancel: Said[CancelInput] | None = None
        self.shipments: deque[Said[ReturnShipment]] = deque()
        self.receipts: deque[Said[Receipt]] = deque()
        self.inspection: Said[Inspection] | None = None
        self.events = 0
        self.failures: deque[str] = deque()
        self.is_reopened = self.opens_for_a_parcel
        self.loss: Said[Loss] | None = None
        self.is_lost = False
        self.lost: tuple[LostParcel, ...] = ()
        self.is_settled = False
        self.was_stopped = False
        self.deliver_by: datetime | None = None
        self.has_shipped = False
        self.was_inspected = False
        self._measures = dict(start.measures)
        self._expected = Counter(dict(start.lines))
        self._received: Counter[str] = Counter()

    def recall(self, known: Recollection) -> None:
        """Put on the intake what people said to earlier runs; only from here on may they say more.

        They may go on where they were, though this run first goes through what was done before. What was decided
        before a parcel came late is decided anew (rule 31).
        """
        if known.is_first:
            self.phase = Phase.REVIEW
            return
        self.asked_about = known.asked_about
        self.words.recall(known.words)
        if self.is_reopened:  # what is said of a parcel now counts, not that an earlier one was lost
            self.phase = max(self.phase, Phase.REVIEW)
        else:
            self._go_on_from(known)
            self.is_lost = known.is_lost
            self.lost, self.is_settled = known.lost, known.is_settled
        self.deliver_by, self.has_shipped = known.deliver_by, known.has_shipped
        self.count(known.received)
        if known.inspection is not None:
            self.inspection, self.was_inspected = Said(known.inspection), True
        self.is_reopened = self.is_reopened or known.came_late

    def _go_on_from(self, known: Recollection) -> None:
        self.phase = max(self.phase, _phase_of(known))
        self.approvals.given = known.approvals
        if known.decided is not None:
            self.decision = self.decision or Said(decided_before(known.decided))
        if known.cancelled is not None:
            cancelled = CancelInput(known.cancelled.by, known.cancelled.note, known.cancelled.role)
            self.cancel = self.cancel or Said(cancelled)

    @contextmanager
    def only_for_now(self) -> Iterator[None]:
        """Refuse nothing for good before it is known what was said to earlier runs: this may have been, and done."""
        try:
            yield
        except ApplicationError as refused:
            if self.phase is Phase.OPENING:
                raise not_yet(refused.message) from refused
            raise

    def reach(self, phase: Phase) -> None:
        """Go on to a phase, unless people are past it already."""
        self.phase = max(self.phase, phase)

    def begin_to_stop(self) -> None:
        """From here on nothing that people say would have an effect."""
        self.phase, self.was_stopped = Phase.STOPPING, True

    @property
    def has_arrived(self) -> bool:
        """Whether any of the goods are here, or said to be."""
        return bool(+self._received)

    # Review

    def check_review(self, said: ReviewInput) -> None:
        self._check_open()
        if self.phase is not Phase.REVIEW:
            raise conflict(_DECIDED)
        if self.decision is not None and self.approvals.is_in_part(self.decision.what):
            raise not_yet("another reviewer's approval is being noted")
        if self.decision is not None:
            raise conflict(_DECIDED)
        self.approvals.check(said)

    def take_decision(self) -> Said[ReviewInput]:
        """Take the decision off the intake; a request for evidence leaves room for the next one."""
        assert self.decision is not None
        decision = self.decision
        if decision.what.decision is Decision.REQUEST_EVIDENCE:
            self.decision = None
        return decision

    # Return and inspection

    def check_shipment(self) -> None:
        self._check_open()
        has_come_in_part = self.phase is Phase.INSPECTION and self.inspection is None and bool(self.still_expected)
        if not (self.phase is Phase.RETURN or has_come_in_part or self.asks_about_lost_parcel):
            raise conflict("no parcel is expected now: the refund is not awaiting a return")

    def receive(self, receipt: Said[Receipt]) -> None:
        """Take a receipt; no units means all that is expected, which a run that has just begun finds out first."""
        if self.phase is not Phase.OPENING:
            self._count_out(receipt)
        self.receipts.append(receipt)
        self._received.update(dict(receipt.what.received))

    def count(self, received: Sequence[tuple[str, int]]) -> None:
        """Go by what the database has counted, and by the receipts that are not noted yet."""
        self._received = Counter(dict(received))
        for receipt in self.receipts:
            self._count_out(receipt)
            self._received.update(dict(receipt.what.received))

    def _count_out(self, receipt: Said[Receipt]) -> None:
        if not receipt.what.received:
            receipt.what = Receipt(self.still_expected or self.missing, receipt.what.actor)

    def check_receipt(self, receipt: Receipt) -> None:
        if not (self.is_reopened and self.phase is Phase.OPENING):  # the very parcel that opens it again
            self._check_open()
        self.check_arrival()
        if not receipt.received and not self.missing:
            raise conflict("everything that was expected is received already")
        if too_much := more_than_expected(receipt.received, dict(self.missing), self._measures):
            raise not_available(too_much)

    def check_arrival(self) -> None:
        phases = {Phase.RETURN, Phase.INSPECTION} | ({Phase.OPENING, Phase.REVIEW} if self.is_reopened else set())
        if not (self.phase in phases or self.asks_about_lost_parcel) or self.inspection is not None:
            raise conflict("no parcel is expected now: the refund is not awaiting a return")

    def put_parcel_off(self) -> None:
        """Raise NOT_YET while the refund is being stopped: when it is over its parcel opens it again (rule 31)."""
        if self.was_stopped or (self.cancel is not None and self.phase < Phase.STOPPING):
            raise not_yet("the refund is being stopped")

    # Losses

    def check_loss(self, loss: Loss) -> None:
        """Refuse what can't be lost now. No lines means all that is still expected."""
        if self._is_all(loss):
            self.check_all_lost()
        else:
            self.check_parcel_lost(loss.lines or self.still_expected)

    def check_all_lost(self) -> None:
        is_opening = self.is_reopened and self.phase is Phase.OPENING  # it is lost after the end, and opens it again
        if not is_opening:
            self._check_open()
        is_here = self.has_arrived or bool(self.lost)
        if is_here or self.loss is not None or self.is_lost or not (is_opening or self.phase is Phase.RETURN):
            raise conflict("no parcel is expected now that could be lost")

    def check_parcel_lost(self, lines: Sequence[tuple[str, int]]) -> None:
        """Refuse the loss of one of several parcels where nothing of it is expected, or a reviewer is asked already."""
        self._check_open()
        if self.asks_about_lost_parcel:
            raise conflict("a reviewer is asked about a parcel that is lost: say this when that is decided")
        is_known = self.is_lost or self.loss is not None
        if self.phase not in (Phase.RETURN, Phase.INSPECTION) or self.inspection is not None or is_known:
            raise conflict("no parcel is expected now that could be lost")
        if not lines:
            raise conflict("everything that was expected is here, or known to be lost")
        if too_much := more_than_expected(lines, dict(self.still_expected), self._measures, "lost"):
            raise not_available(too_much)

    def lose(self, loss: Said[Loss]) -> None:
        """Take a loss: without lines it is of everything, with lines of one of several parcels."""
        lines = () if self._is_all(loss.what) else loss.what.lines or self.still_expected
        loss.what = replace(loss.what, lines=lines)
        self.loss = loss

    def _is_all(self, loss: Loss) -> bool:
        if self.has_arrived or self.lost:
            return False
        return not loss.lines or not self._expected - Counter(dict(loss.lines))

    def look_again(self, loss: Loss) -> None:
        """All is lost, or one of several parcels: whatever was decided before, a reviewer decides now."""
        if loss.lines:
            self.loss, self.lost = None, (*self.lost, LostParcel(loss.lines))
        else:
            self.is_lost = True
        self.decision, self.phase = None, Phase.REVIEW
        self.approvals.begin_again()

    def decide_about_lost(self, decision: Decision) -> None:
        self.lost = decided(self.lost, is_paid=decision is Decision.APPROVE)

    @property
    def asks_about_lost_parcel(self) -> bool:
        """Whether a reviewer is yet to say what becomes of the units that are lost."""
        return self.phase is Phase.REVIEW and is_asked_about(self.lost)

    @property
    def asks_about_loss(self) -> bool:
        """Whether a loss was just noted, and nobody has decided about it."""
        return self.asks_about_lost_parcel or (self.is_lost and self.phase is Phase.REVIEW)

    @property
    def others_stand(self) -> bool:
        """Whether there is more to a refund than the parcel that a reviewer is asked about."""
        return self.has_arrived or bool(self.still_expected or self.paid_though_lost)

    @property
    def nothing_is_to_come(self) -> bool:
        """Whether all parcels are lost, one after the other, or what is lost was settled alone in an earlier run."""
        is_settled = self.is_settled and self.inspection is None
        return bool(self.lost) and (is_settled or not (self.has_arrived or self.still_expected))

    @property
    def paid_though_lost(self) -> dict[str, int]:
        return paid_though_lost(self.lost, dict(self.missing))

    def to_be_settled(self, inspection: Inspection) -> tuple[tuple[str, int], ...]:
        """What was accepted, and the units that are paid although they are lost: those that nobody has inspected."""
        inspected = Counter({line.line_id: line.accepted + line.rejected for line in inspection.lines})
        accepted = ((line.line_id, line.accepted) for line in inspection.lines)
        return with_the_lost(accepted, self.lost, self._expected - inspected)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said or heard that nobody has acted upon."""
        return not (self.failures or self.shipments or self.receipts)

    @property
    def needs_a_person(self) -> bool:
        """Whether a reviewer decides, whatever the rules say: the parcel came late, or one is lost (rule 31)."""
        return self.is_reopened or self.is_lost or bool(self.lost)

    @property
    def missing(self) -> tuple[tuple[str, int], ...]:
        """Units that were asked for and have not arrived."""
        return tuple((self._expected - self._received).items())

    @property
    def still_expected(self) -> tuple[tuple[str, int], ...]:
        """Those of them that are not said to be lost."""
        return tuple(without_the_lost(dict(self.missing), self.lost).items())

    def _in_words(self, count: int, line_id: str) -> str:
        return in_words(count, self._measures.get(line_id))

    def check_inspection(self, inspection: Inspection) -> None:
        self._check_open()
        if self.phase is not Phase.INSPECTION or self.inspection is not None:
            raise conflict("nothing to inspect: the parcel was not received, or it was inspected already")
        if not inspection.lines:
            return
        for line in inspection.lines:
            received = self._received[line.line_id]
            if line.accepted + line.rejected != received:
                accepted, rejected, arrived = (
                    self._in_words(count, line.line_id) for count in (line.accepted, line.rejected, received)
                )
                raise not_available(
                    f"{accepted} accepted + {rejected} rejected of line {line.line_id!r}, "
                    f"{arrived} received: the two must come to what was received"
                )
        missing = [line_id for line_id in +self._received if line_id not in {line.line_id for line in inspection.lines}]
        if missing:
            raise not_available(f"received but not inspected: {', '.join(missing)}")

    def all_named(self, inspection: Inspection) -> Inspection:
        """Name what is inspected line by line; no lines means that everything received is accepted."""
        if inspection.lines:
            return inspection
        lines = (InspectedLine(line_id, count, 0, None, "") for line_id, count in (+self._received).items())
        return Inspection(tuple(lines), inspection.actor)

    # Payout

    def note_event(self, event: PayoutEvent) -> None:
        """Word from a provider wakes who waits for it; a failure is looked into even after a success."""
        self.events += 1
        if event.status is GatewayStatus.FAILED and event.payment_id not in self.failures:
            self.failures.append(event.payment_id)

    # Cancellation

    def check_cancel(self) -> None:
        self._check_open()
        if self.phase >= Phase.PAYOUT:
            raise conflict("the payout has begun: the refund can't be cancelled any more")

    @property
    def is_called_off(self) -> bool:
        return self.cancel is not None and self.phase < Phase.STOPPING

    def stop_if_cancelled(self) -> None:
        if self.cancel is not None and self.phase < Phase.STOPPING:
            said = self.cancel.what
            raise CancelledByRequest(said.note or f"cancelled by {said.by}", called_off_by(said.role))

    def _check_open(self) -> None:
        if self.phase is Phase.OPENING:
            raise not_yet("it is being found out where the refund stands")
        if self.phase is Phase.OVER:
            raise conflict("the refund is over")
        if self.cancel is not None or self.phase is Phase.STOPPING:
            raise conflict("the refund is being stopped")


def decided_before(known: Decided) -> ReviewInput:
    """Say again what was decided in an earlier run."""
    return ReviewInput(known.decision, known.by, known.note, known.reason_code)


def _phase_of(known: Recollection) -> Phase:
    if known.decided is None:
        return Phase.REVIEW
    if known.inspection is not None or (known.is_settled and known.lost):
        return Phase.SETTLEMENT
    if any(count for _, count in known.received):
        return Phase.INSPECTION
    return Phase.RETURN if known.deliver_by is not None else Phase.REVIEW
