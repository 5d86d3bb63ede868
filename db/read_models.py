"""What is read from the database, frozen: nobody past `db/` sees a row."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from db.codec import from_json
from db.rows import StoredDocument
from domain.claims.claims import ClaimState
from domain.claims.reasons import GivenReasons, Reason, RefundKind
from domain.claims.stock import StockPut
from domain.entitlements.points import PointsEffect
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.rights.risk import Risk
from domain.rights.suspensions import SuspensionRule
from domain.sale.guests import Guest
from domain.sale.measures import Measure
from domain.sale.payments import PaymentMethod
from domain.settlement.differences import Difference
from domain.settlement.external import ExternalRefund
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement


def given_reasons(reason: Reason, stored: StoredDocument[GivenReasons] | None) -> GivenReasons:
    """Why a refund was asked for; most are stored as the one of the four that was said."""
    return GivenReasons.one_of_the_four(reason) if stored is None else stored.read()


@dataclass(frozen=True, slots=True)
class Refund:
    refund_id: str
    merchant_id: str
    order_id: str
    customer_id: str
    status: RefundStatus
    currency: str
    reason: Reason
    kind: RefundKind
    include_shipping: bool | None
    note: str
    asked_at: datetime
    goods_come_back: bool
    quoted_policy_version: int
    quote: StoredDocument[Settlement]
    quote_basis: StoredDocument[SettlementInputs]
    policy_version: int
    settlement: StoredDocument[Settlement] | None
    basis: StoredDocument[SettlementInputs] | None
    differs: StoredDocument[Difference] | None
    settled_at: datetime | None
    risk: StoredDocument[Risk] | None
    review: dict[str, Any] | None
    goods_return: dict[str, Any] | None
    rmas: int
    needs_attention: dict[str, Any] | None
    event_count: int
    workflow_started_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    pickup: bool
    feedback: dict[str, Any] | None
    round: int
    waits_because: list[dict[str, str]]
    order_version: int
    metadata: dict[str, str]
    ended_because: str | None
    given_reasons: StoredDocument[GivenReasons] | None
    guest: StoredDocument[Guest] | None
    external: StoredDocument[ExternalRefund] | None
    refund_to: RefundTo
    approvals: list[dict[str, str]]
    approvals_needed: int
    asked_by: str | None
    beneficiary: str | None
    messages_forgotten_at: datetime | None
    messages_forgotten: list[dict[str, Any]] | None

    @property
    def receiver(self) -> str:
        """Who is told of it, may read it, and answers for having asked: of a gift who got it (rule 56)."""
        return self.beneficiary or self.customer_id

    @property
    def given(self) -> GivenReasons:
        return given_reasons(self.reason, self.given_reasons)

    @property
    def measures(self) -> dict[str, Measure]:
        """By what the lines that it asks for are measured; those of whole units are left out (rule 48)."""
        asked = ((claim["line_id"], claim.get("measure")) for claim in self.quote.json["claims"])
        return {line_id: from_json(Measure, measure) for line_id, measure in asked if measure}


@dataclass(frozen=True, slots=True)
class ListedRefund:
    """A refund in a list. `total` and `points` are what it came to, settled or quoted."""

    refund_id: str
    order_id: str
    customer_id: str
    status: RefundStatus
    currency: str
    reason: Reason
    given_reasons: StoredDocument[GivenReasons] | None
    kind: RefundKind
    needs_attention: dict[str, Any] | None
    created_at: datetime
    completed_at: datetime | None
    guest: StoredDocument[Guest] | None
    external: StoredDocument[ExternalRefund] | None
    beneficiary: str | None
    total: StoredDocument[Money]
    points: StoredDocument[PointsEffect]

    @property
    def given(self) -> GivenReasons:
        return given_reasons(self.reason, self.given_reasons)


@dataclass(frozen=True, slots=True)
class WaitingReview(ListedRefund):
    """A refund that waits for a reviewer, when it is due, and who is at it now: None where nobody is."""

    risk: StoredDocument[Risk]
    waits_because: list[dict[str, str]]
    approvals_needed: int
    approvals: list[dict[str, str]]
    is_evidence_requested: bool
    due_at: datetime
    assigned_to: str | None
    assigned_name: str | None
    assigned_until: datetime | None


@dataclass(frozen=True, slots=True)
class Precedent:
    """A refund about which a person decided, and what it came to."""

    refund_id: str
    order_id: str
    reason: Reason
    kind: RefundKind
    currency: str
    risk: StoredDocument[Risk]
    review: dict[str, Any]
    created_at: datetime
    total: StoredDocument[Money]


@dataclass(frozen=True, slots=True)
class AssignedReview:
    """A review that somebody is at: `assigned_to` as `Caller.identity` says it, `name` as timelines do."""

    refund_id: str
    assigned_to: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundOfOrder:
    """A refund where its order is shown. `total` and `points` are what it came to, settled or quoted."""

    refund_id: str
    status: RefundStatus
    external: StoredDocument[ExternalRefund] | None
    total: StoredDocument[Money]
    points: StoredDocument[PointsEffect]


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """A refund that is not over: `asks` is the step at which it asks for help, `run` the run that loaded last.

    `heard_at` is how many events the history of that run had when it heard its last word.
    """

    refund_id: str
    merchant_id: str
    status: RefundStatus
    event_count: int
    asks: str | None
    run: str | None
    heard_at: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UnstartedRefund:
    refund_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RecentRefund:
    refund_id: str
    reason: Reason
    given_reasons: StoredDocument[GivenReasons] | None
    quote_basis: StoredDocument[SettlementInputs]

    @property
    def given(self) -> GivenReasons:
        return given_reasons(self.reason, self.given_reasons)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim on units of a line, or on an amount of it where `requested` is 0; amounts in minor units.

    Units of a line that is measured are thousandths: `Refund.measures` says of what.
    """

    line_id: str
    requested: int
    received: int
    accepted: int | None
    rejected: int
    lesser: int
    disposition: str | None
    stock: StoredDocument[tuple[StockPut, ...]] | None
    unit_count: int
    amount: int
    tax: int
    points: int
    state: ClaimState


@dataclass(frozen=True, slots=True)
class Payout:
    """One payment's share of a refund, in minor units.

    `settled_on` is the day that the provider's settlement report has for it, `exchange_difference` what its exchange
    cost by that beside the rate of the sale, in minor units of the order's currency.
    """

    refund_id: str
    payment_id: str
    place: int
    merchant_id: str
    order_id: str
    key: str
    method: PaymentMethod
    gateway: str
    charge_ref: str
    amount: int
    currency: str
    status: PayoutStatus
    paid_by: PaidBy | None
    gateway_ref: str | None
    decline_code: str | None
    updated_at: datetime
    noes: int
    order_amount: int | None = None
    order_currency: str | None = None
    goes_to: RefundTo = RefundTo.ORIGINAL
    trace_number: str | None = None
    expected_by: datetime | None = None
    settled_on: date | None = None
    exchange_difference: int | None = None

    @property
    def money(self) -> Money:
        return Money(self.currency, self.amount)

    @property
    def in_order_currency(self) -> Money:
        """The same in the order's currency, where that is another one (rule 53)."""
        if self.order_amount is None or self.order_currency is None:
            return self.money
        return Money(self.order_currency, self.order_amount)

    @property
    def is_credit(self) -> bool:
        """Whether it is, or is to be, store credit: the customer's choice, or in the place of what was declined."""
        chosen = self.paid_by is None and self.goes_to is RefundTo.STORE_CREDIT
        return chosen or self.paid_by is PaidBy.STORE_CREDIT


@dataclass(frozen=True, slots=True)
class BookedPayout:
    """A payout with what the ledger has booked for it, in minor units."""

    key: str
    charge_ref: str
    currency: str
    status: PayoutStatus
    updated_at: datetime
    booked: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    message_id: int
    recipient: str | None
    refund_id: str | None
    topic: str
    subject: str
    locale: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    sequence: int
    at: datetime
    event: str
    message: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry of the audit trail that is chained: with its place, its hash and the one before (rule 39)."""

    sequence: int
    at: datetime
    order_id: str | None
    refund_id: str | None
    customer_id: str
    action: str
    actor: str
    detail: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class RewardRow:
    """A campaign's reward, and the coupon that it is, if it is one."""

    reward_id: int
    coupon_id: str | None


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """A suspension; it is in force until its time is over or it is lifted."""

    suspension_id: int
    merchant_id: str
    customer_id: str
    rule: SuspensionRule
    reason: str
    until: datetime
    imposed_at: datetime
    lifted_at: datetime | None
    appeal: dict[str, str] | None
