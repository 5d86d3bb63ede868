"""What refunds show together and none of them shows alone: who asks again and again, and what several share (rule 34).

A signal never decides about a refund: operations are told, and a person looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.claims.reasons import Reason, RefundKind
from domain.durations import span
from domain.policy import AlertLimit, Monitoring

MOST_REFUNDS = 100
"""So many refunds of a subject are looked at, the newest, and an alert names no more."""


class Trait(StrEnum):
    """What refunds have in common: one who asked, what the order was paid with, an e-mail or phone, a picture."""

    CUSTOMER = "customer"
    INSTRUMENT = "instrument"
    CONTACT = "contact"
    PICTURE = "picture"


class Signal(StrEnum):
    """What is told to operations; each is a field of the policy's `monitoring`."""

    MANY_OF_CUSTOMER = "many_of_customer"
    MANY_OF_INSTRUMENT = "many_of_instrument"
    MANY_OF_CONTACT = "many_of_contact"
    SHARED_INSTRUMENT = "shared_instrument"
    NOT_RECEIVED = "not_received"
    SAME_PICTURE = "same_picture"

    @property
    def trait(self) -> Trait:
        return _TRAITS[self]


_TRAITS = {
    Signal.MANY_OF_CUSTOMER: Trait.CUSTOMER,
    Signal.NOT_RECEIVED: Trait.CUSTOMER,
    Signal.MANY_OF_INSTRUMENT: Trait.INSTRUMENT,
    Signal.SHARED_INSTRUMENT: Trait.INSTRUMENT,
    Signal.MANY_OF_CONTACT: Trait.CONTACT,
    Signal.SAME_PICTURE: Trait.PICTURE,
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A refund that was asked for, as far as monitoring looks at it."""

    refund_id: str
    customer_id: str
    asked_at: datetime
    reason: Reason
    kind: RefundKind

    @property
    def says_nothing_came(self) -> bool:
        """A delivery that went wrong, and of which nothing comes back."""
        return self.reason is Reason.DELIVERY_ERROR and self.kind is RefundKind.REFUND_ONLY


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what refunds have in common: a customer's id, a mark, or the refund that showed a picture first."""

    trait: Trait
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Refunds that are as many as the limit says, or of as many customers; the oldest first."""

    signal: Signal
    refunds: tuple[Sighting, ...]
    limit: AlertLimit

    @property
    def customers(self) -> int:
        return len({each.customer_id for each in self.refunds})

    @property
    def sentence(self) -> str:
        return sentence(self.signal, len(self.refunds), self.customers, self.limit.window)


def sentence(signal: Signal, refunds: int, customers: int, window: str) -> str:
    """Say for people what was found: so many refunds, of so many customers, within a duration."""
    return {
        Signal.MANY_OF_CUSTOMER: f"{refunds} refunds of one customer within {window}",
        Signal.NOT_RECEIVED: f"one customer says {refunds} times within {window} that nothing came",
        Signal.MANY_OF_INSTRUMENT: f"{refunds} refunds of what one card or wallet paid within {window}",
        Signal.SHARED_INSTRUMENT: f"{customers} customers want back what one card or wallet paid within {window}",
        Signal.MANY_OF_CONTACT: f"{refunds} refunds under one e-mail or phone within {window}",
        Signal.SAME_PICTURE: f"a picture of an earlier refund is shown by {refunds} of other orders within {window}",
    }[signal]


def find(
    limits: Monitoring, trait: Trait, sightings: Sequence[Sighting], now: datetime, seen: Mapping[Signal, datetime]
) -> list[Finding]:
    """Tell what the refunds of one subject show, whatever the order they come in.

    seen: up to which moment a person has seen refunds under a signal; those count no more.
    """
    found = []
    for signal in Signal:
        limit: AlertLimit = getattr(limits, signal)
        if limit.count is None or signal.trait is not trait:
            continue
        since = max(now - span(limit.window), seen.get(signal, now - span(limit.window)))
        counted = sorted((each for each in sightings if each.asked_at > since), key=lambda each: each.asked_at)
        if signal is Signal.NOT_RECEIVED:
            counted = [each for each in counted if each.says_nothing_came]
        finding = Finding(signal, tuple(counted), limit)
        if _how_many(finding) >= limit.count:
            found.append(finding)
    return found


def _how_many(finding: Finding) -> int:
    return finding.customers if finding.signal is Signal.SHARED_INSTRUMENT else len(finding.refunds)
