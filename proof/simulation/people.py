"""What reviewers, customers, the warehouse and operations would say to a refund next, going by its books alone."""

from activities.attention import AttentionNeeded
from activities.parcels import InspectedLine, Inspection, Loss, Receipt, ReturnShipment
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from proof.simulation.moves import Update
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import GIFT
from workflows.contract import CancelInput, Resolution, ResolveSaid, ReviewSaid

_HELPFUL = (Resolution.DONE_BY_HAND, Resolution.SKIP, Resolution.RETRY)

KEYS = ("key-0", "key-1")
"""The keys of two reviewers."""


def next_word(refund: RefundBook, asked: AttentionNeeded | None, id_: str) -> Update | None:
    """The word that brings a refund on, if it waits for one; `asked` is what Temporal shows where the books do not."""
    status, asked = refund.status, refund.attention or asked
    if asked is not None:
        if asked.step == "review":
            return approval(refund, id_)
        if asked.step == "receipt":
            return receipt(id_)
        if asked.step == "inspection":
            return _inspected(refund, id_)
        allowed = [action for action in _HELPFUL if action in asked.actions]
        return resolve(id_, asked.step, allowed[0]) if allowed else None
    if status is RefundStatus.IN_REVIEW:
        return approval(refund, id_)
    if status in (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT):
        return receipt(id_)
    if status is RefundStatus.INSPECTING:
        return _inspected(refund, id_)
    return None


def review(id_: str, decision: Decision) -> Update:
    return Update(id_, "review", ReviewSaid(decision, "reviewer", id_, key_id=KEYS[0]))


def approval(refund: RefundBook, id_: str, key: int | None = None) -> Update:
    """Approve with this key, else with one that has not approved yet; keys count only where several have to approve."""
    if refund.approvals_needed == 1:
        return review(id_, Decision.APPROVE)
    given = {each.key_id for each in refund.approvals}
    named = next(each for each in KEYS if each not in given) if key is None else KEYS[key]
    return Update(id_, "review", ReviewSaid(Decision.APPROVE, "reviewer", id_, key_id=named))


def shipment(id_: str) -> Update:
    return Update(id_, "shipment", ReturnShipment("SF", id_, "customer"))


def receipt(id_: str, received: tuple[tuple[str, int], ...] = ()) -> Update:
    """A parcel with everything that is still expected, or with so many units of lines."""
    return Update(id_, "receipt", Receipt(received, id_))


def loss(id_: str, lines: tuple[tuple[str, int], ...] = ()) -> Update:
    """All of it is lost, or one of several parcels."""
    return Update(id_, "loss", Loss("the carrier lost it", id_, lines))


def inspection(id_: str, *lines: tuple[str, int, int]) -> Update:
    """Accept everything, or of each line so many units and reject so many."""
    inspected = tuple(InspectedLine(line_id, accepted, rejected, None, "") for line_id, accepted, rejected in lines)
    return Update(id_, "inspection", Inspection(inspected, id_))


def _inspected(refund: RefundBook, id_: str) -> Update:
    """Accept everything but a broken gift."""
    if refund.beside_received and refund.gift_is_broken:
        return inspection(id_, *[(refund.line_id, refund.received, 0)] * bool(refund.received), (GIFT, 0, 1))
    return inspection(id_)


def cancel(id_: str) -> Update:
    return Update(id_, "cancel", CancelInput("customer", id_, key_id=KEYS[0]))


def resolve(id_: str, step: str, action: Resolution) -> Update:
    return Update(id_, "resolve", ResolveSaid(step, action, "ops", id_, key_id=KEYS[0]))
