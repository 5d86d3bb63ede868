"""What a provider allows of refunds of one payment: how late, how many, and how far apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.policy import DeclinedTender


class Limit(StrEnum):
    """What stands in the way of a refund for good, in the words of a payout's `decline_code`."""

    AGE = "payment_too_old"
    COUNT = "too_many_refunds"


@dataclass(frozen=True, slots=True)
class RefundLimits:
    """For how many days a payment is paid back, in how many refunds at most, and how many seconds apart.

    None: nobody knows of such a limit.
    """

    within_days: int | None = None
    most_refunds: int | None = None
    seconds_between: int | None = None

    def __bool__(self) -> bool:
        return self != NO_LIMITS

    def overridden_by(self, contract: "RefundLimits") -> "RefundLimits":
        """Return what a merchant's own contract leaves of what their provider says of everybody."""
        return RefundLimits(
            self.within_days if contract.within_days is None else contract.within_days,
            self.most_refunds if contract.most_refunds is None else contract.most_refunds,
            self.seconds_between if contract.seconds_between is None else contract.seconds_between,
        )

    def broken_by(self, refunds: int, paid_at: datetime | None, at: datetime) -> Limit | None:
        """Say what keeps one more refund from being taken at this time, after so many; None where nothing does.

        How old a payment is, nobody knows where the order does not say when it was paid.
        """
        if self.within_days is not None and paid_at is not None and at > paid_at + timedelta(days=self.within_days):
            return Limit.AGE
        if self.most_refunds is not None and refunds >= self.most_refunds:
            return Limit.COUNT
        return None

    def turn_after(self, last_asked_at: datetime | None, at: datetime) -> datetime | None:
        """Say until when the next refund has to wait; None where it may be asked for at this time."""
        if self.seconds_between is None or last_asked_at is None:
            return None
        turn = last_asked_at + timedelta(seconds=self.seconds_between)
        return turn if turn > at else None

    def at_most(self, limit: Limit) -> int:
        """Return the number of a limit that there is."""
        return (self.within_days if limit is Limit.AGE else self.most_refunds) or 0

    def in_words(self, limit: Limit) -> str:
        """Say the provider's rule, for those who run the house."""
        if limit is Limit.AGE:
            return f"the provider pays back only within {self.within_days} days of the payment"
        return f"the provider takes at most {self.most_refunds} refunds of one payment"


NO_LIMITS = RefundLimits()


@dataclass(frozen=True, slots=True)
class PaymentAtProvider:
    """What the provider of a payment allows, and how many refunds of it there are beside the one that is judged."""

    payment_id: str
    limits: RefundLimits
    refunds: int = 0


@dataclass(frozen=True, slots=True)
class Barred:
    """A share that its provider does not pay back: by which limit, its number, and what the policy does instead."""

    limit: Limit
    at_most: int
    instead: DeclinedTender

    @property
    def in_words(self) -> str:
        return RefundLimits(self.at_most, self.at_most).in_words(self.limit)


def barred(
    known: Sequence[PaymentAtProvider], payment_id: str, paid_at: datetime | None, at: datetime, instead: DeclinedTender
) -> Barred | None:
    """Judge a share by what its provider allows (rule 11); None where nothing is in its way, or nobody knows."""
    for each in known:
        if each.payment_id == payment_id:
            limit = each.limits.broken_by(each.refunds, paid_at, at)
            return None if limit is None else Barred(limit, each.limits.at_most(limit), instead)
    return None
