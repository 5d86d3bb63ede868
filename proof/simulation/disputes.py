"""Disputes of an order's payments as the books know them: what the bank said, and what it comes to."""

from dataclasses import dataclass, field

from domain.sale.disputes import DisputeStatus
from proof.simulation.payments import Payments

_AFTER = {
    None: set(DisputeStatus),
    DisputeStatus.WARNING: {DisputeStatus.OPENED, DisputeStatus.WON, DisputeStatus.LOST},
    DisputeStatus.OPENED: {DisputeStatus.WON, DisputeStatus.LOST},
    DisputeStatus.LOST: {DisputeStatus.WON},
    DisputeStatus.WON: set(),
}


@dataclass(slots=True)
class ModelDispute:
    """`said` in the order in which it was heard; `losses` are the refunds that what was lost counts as."""

    dispute_id: str
    payment_id: str
    amount: int
    said: list[DisputeStatus] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    uncounted: int = 0

    @property
    def status(self) -> DisputeStatus | None:
        return self.said[-1] if self.said else None

    @property
    def holds_its_payment(self) -> bool:
        """Whether nothing goes to its payment: the bank decides, or took what others have claimed."""
        is_uncounted = self.status is DisputeStatus.LOST and self.uncounted > 0
        return self.status is DisputeStatus.OPENED or is_uncounted

    def is_about_more_than(self, payments: Payments) -> bool:
        """Whether it is under way, or lost, and about more than its payment is of."""
        is_over = self.status in (None, DisputeStatus.WON)
        return not is_over and not self.may_be_of(payments)

    def may_be_of(self, payments: Payments) -> bool:
        return self.amount <= payments.own[int(self.payment_id[1:])]

    def may_follow(self, status: DisputeStatus) -> bool:
        return status in _AFTER[self.status]


@dataclass(slots=True)
class HeldTimes:
    """From when to when disputes held which payments; None: still."""

    _of: dict[str, list[tuple[float, float | None]]] = field(default_factory=dict)

    def note(self, payment_id: str, now: float, *, is_held: bool) -> None:
        """Note that a dispute holds a payment from now on, or that none does any more."""
        times = self._of.setdefault(payment_id, [])
        was_held = bool(times) and times[-1][1] is None
        if is_held and not was_held:
            times.append((now, None))
        elif was_held and not is_held:
            times[-1] = (times[-1][0], now)

    def held(self, payment_id: str, at: float) -> bool:
        return any(begin <= at and (end is None or at < end) for begin, end in self._of.get(payment_id, ()))
