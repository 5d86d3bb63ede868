"""Of several parcels some are lost, as the books show it: what a reviewer said of them, and what they come to."""

from collections import Counter
from dataclasses import replace

from activities.returns import RECEIVABLE, RecordLoss
from domain.claims.lost_parcels import LostParcel
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from domain.steps import Step
from proof.simulation.refund_book import RefundBook


def is_receivable(refund: RefundBook) -> bool:
    """Whether a parcel's news change anything."""
    return refund.status in RECEIVABLE and refund.settled is None


def may_be_lost(refund: RefundBook, command: RecordLoss, *, is_inspected: bool) -> bool:
    """Whether what is said to be lost is still to come, and nobody is asked about another loss now."""
    if not is_receivable(refund):
        return False
    if not command.loss.lines:
        return not refund.received_lines and not refund.lost
    if is_all_lost(refund, command) or is_inspected or asks_about_lost(refund):
        return False
    expected = Counter(dict(refund.missing_lines))
    for each in refund.lost:
        expected.subtract(dict(each.lines))
    return all(count <= expected[line_id] for line_id, count in command.loss.lines)


def is_behind(refund: RefundBook, command: RecordLoss) -> bool:
    """Whether the run that counts would lose the rest of what is lost already, as it has not heard of that."""
    is_of_this_run = command.message_id.startswith(refund.run)
    return is_of_this_run and bool(command.loss.lines) and is_all_lost(refund, command) and is_receivable(refund)


def is_all_lost(refund: RefundBook, command: RecordLoss) -> bool:
    return command.refund.step(Step.LOSS) in refund.effects and not refund.lost


def note_loss(refund: RefundBook, command: RecordLoss) -> None:
    """Note that all is lost, once, or one of several parcels: a reviewer decides."""
    refund.said.append(("loss", command.loss.actor))
    is_first, lines = refund.first_time(command.refund.step(Step.LOSS)), command.loss.lines
    if is_first or lines:
        refund.status, refund.decided = RefundStatus.IN_REVIEW, None
        refund.lost += (LostParcel(lines),) if lines else ()


def decide_about_lost(refund: RefundBook, decision: Decision) -> None:
    """A reviewer decides about every parcel that nobody has decided about."""
    is_paid = decision is Decision.APPROVE
    refund.lost = tuple(replace(each, is_paid=is_paid) if each.is_paid is None else each for each in refund.lost)


def asks_about_lost(refund: RefundBook) -> bool:
    return any(each.is_paid is None for each in refund.lost)


def due(refund: RefundBook) -> tuple[tuple[str, int], ...] | None:
    """What is to be paid of each line; None: all, as no goods had to come, or none of them ever will.

    What is paid although it is lost was never inspected.
    """
    if refund.inspection is None and not refund.lost:
        return None
    units, inspected = Counter(dict(refund.accepted or ())), Counter[str]()
    for line in refund.inspection.lines if refund.inspection else ():
        inspected[line.line_id] = line.accepted + line.rejected
    for line_id, count in refund.lines:
        lost = sum(dict(each.lines).get(line_id, 0) for each in refund.lost if each.is_paid)
        if paid := min(lost, count - inspected[line_id]):
            units[line_id] += paid
    return tuple(units.items())
