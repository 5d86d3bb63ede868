"""Many refunds asked for at once: what each comes to by its preview, and what all of them come to together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.claims.reasons import RefundKind
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.payout.tenders import Tender
from domain.settlement.settlement import Settlement


class BulkStatus(StrEnum):
    """How far a bulk of refunds has come."""

    PREVIEWING = "previewing"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    GRACE = "grace"
    RUNNING = "running"
    STOPPED = "stopped"
    COMPLETED = "completed"

    @property
    def is_over(self) -> bool:
        return self in (self.STOPPED, self.COMPLETED)

    @property
    def moves_by_itself(self) -> bool:
        """Whether a workflow has something to do; what is over, or waits for a person, needs none."""
        return not self.is_over and self is not self.AWAITING_CONFIRMATION


class LineStatus(StrEnum):
    """What has become of one line."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"
    BEGUN = "begun"
    CHANGED = "changed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TenderShare:
    """What one payment gets back; `method` is how it was paid, or how it goes back by choice (rule 54)."""

    payment_id: str
    method: str
    amount: int


@dataclass(frozen=True, slots=True)
class LinePreview:
    """What one line comes to, in minor units; a line that comes to anything else when it is begun has changed.

    `units` are those claimed of each line of the order, in thousandths where it is measured.
    """

    currency: str
    total: int
    reason: str
    kind: RefundKind
    shares: tuple[TenderShare, ...]
    units: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, settlement: Settlement, reason: str, kind: RefundKind) -> "LinePreview":
        return cls(
            settlement.total.currency,
            settlement.total.minor_units,
            reason,
            kind,
            tuple(_share(tender) for tender in settlement.payouts),
            tuple((claim.line_id, claim.units.count) for claim in settlement.claims),
        )

    def unlike(self, before: "LinePreview") -> str | None:
        """Say in a sentence how it differs from what it was before; None where it does not."""
        if self == before:
            return None
        now, then = Money(self.currency, self.total), Money(before.currency, before.total)
        if now != then:
            return f"it would come to {now} now, the preview said {then}"
        return "it comes to the same, but of other goods or to other payments than the preview said"


@dataclass(frozen=True, slots=True)
class PartOfTotal:
    """What belongs together of a total: `name` is a tender or a reason."""

    name: str
    lines: int
    amount: int


@dataclass(frozen=True, slots=True)
class BulkTotal:
    """What lines come to in one currency, by tender and by reason."""

    currency: str
    lines: int
    amount: int
    tenders: tuple[PartOfTotal, ...]
    reasons: tuple[PartOfTotal, ...]


def totals(previews: Iterable[LinePreview]) -> tuple[BulkTotal, ...]:
    """Sum lines up, each currency by itself."""
    by_currency: dict[str, list[LinePreview]] = defaultdict(list)
    for each in previews:
        by_currency[each.currency].append(each)
    return tuple(_total(currency, by_currency[currency]) for currency in sorted(by_currency))


def _total(currency: str, previews: Sequence[LinePreview]) -> BulkTotal:
    tenders = ((share.method, share.amount) for each in previews for share in each.shares)
    reasons = ((each.reason, each.total) for each in previews)
    return BulkTotal(currency, len(previews), sum(each.total for each in previews), _parts(tenders), _parts(reasons))


def _parts(named: Iterable[tuple[str, int]]) -> tuple[PartOfTotal, ...]:
    amounts: dict[str, list[int]] = defaultdict(list)
    for name, amount in named:
        amounts[name].append(amount)
    return tuple(PartOfTotal(name, len(amounts[name]), sum(amounts[name])) for name in sorted(amounts))


def _share(tender: Tender) -> TenderShare:
    """In the order's currency, so that shares add up to the total."""
    by_choice = tender.goes_to is not RefundTo.ORIGINAL
    return TenderShare(
        tender.payment.payment_id, tender.goes_to if by_choice else tender.payment.method, tender.amount.minor_units
    )
