"""Disputes of an order's payments, as the bank decides about them (rules 6, 46 and 52)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.money.amounts import Money


class DisputeStatus(StrEnum):
    """`warning`: the bank asks and no money has moved. `lost`: the customer keeps it, `won`: the merchant does."""

    WARNING = "warning"
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


_AFTER: Mapping[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.WARNING: frozenset({DisputeStatus.OPENED, DisputeStatus.WON, DisputeStatus.LOST}),
    DisputeStatus.OPENED: frozenset({DisputeStatus.WON, DisputeStatus.LOST}),
    DisputeStatus.LOST: frozenset({DisputeStatus.WON}),  # the merchant appealed
    DisputeStatus.WON: frozenset(),
}


class DisputeRefused(Exception):
    """What is said of a dispute contradicts what is known of it."""


class SaidBefore(DisputeRefused):
    """It has come further since then, or is that already: what comes late, or once more, is no news."""


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """What the bank said, and when."""

    status: DisputeStatus
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute with all that was said of it, in that order.

    `refund_id` is the refund that a loss counts as. `uncounted` is what the bank took and no refund could count, as
    other refunds had claimed it: nothing more goes to the payment without a person. As soon as it can be counted it is,
    as one of `more_refund_ids`.
    """

    dispute_id: str
    payment_id: str
    events: tuple[DisputeEvent, ...]
    refund_id: str | None = None
    uncounted: Money | None = None
    more_refund_ids: tuple[str, ...] = ()

    @property
    def refund_ids(self) -> tuple[str, ...]:
        """Every refund that the loss counts as, in the order in which it was counted."""
        return (() if self.refund_id is None else (self.refund_id,)) + self.more_refund_ids

    def counted_as(self, refund_id: str) -> "Dispute":
        if self.refund_id is None:
            return replace(self, refund_id=refund_id)
        return replace(self, more_refund_ids=(*self.more_refund_ids, refund_id))

    @property
    def last(self) -> DisputeEvent:
        return self.events[-1]

    @property
    def status(self) -> DisputeStatus:
        return self.last.status

    @property
    def holds_its_payment(self) -> bool:
        """Whether nothing is paid out to the payment now: the bank decides, or has taken what others have claimed."""
        return self.status is DisputeStatus.OPENED or bool(self.status is DisputeStatus.LOST and self.uncounted)


def hear(known: Dispute | None, payment_id: str, said: DisputeEvent, *, dispute_id: str) -> Dispute | None:
    """Return the dispute with what is said now; None where that was said before.

    It goes forward only: warned of, opened, then lost or won; one that was lost may be won after all. Raises
    DisputeRefused, and SaidBefore where it is beyond that.
    """
    if known is None:
        return Dispute(dispute_id, payment_id, (said,))
    if known.payment_id != payment_id:
        raise DisputeRefused(f"dispute {dispute_id!r} is of payment {known.payment_id!r}")
    if said in known.events:
        return None
    if said.status not in _AFTER[known.status]:
        raise SaidBefore(f"dispute {dispute_id!r} is {known.status}: that it is {said.status} can't follow")
    return replace(known, events=(*known.events, said))


def held_payments(disputes: Sequence[Dispute]) -> frozenset[str]:
    """Name the payments to which nothing is paid out now (rules 6 and 46)."""
    return frozenset(each.payment_id for each in disputes if each.holds_its_payment)
