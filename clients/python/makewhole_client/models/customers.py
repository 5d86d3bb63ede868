# Written by `make client`; change the document, or the async half, instead.
"""Models: customers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word


class AppealAnswer(Answer):
    """The customer's word against the suspension in force."""

    at: datetime
    by: str
    note: str
    evidence: list[str] = Field(default_factory=list)


class CampaignKind(Word):
    """`spend_threshold` rewards a spend, `first_purchase` is open until one, `limited` has so many uses (rule
    21)."""

    SPEND_THRESHOLD = "spend_threshold"
    FIRST_PURCHASE = "first_purchase"
    LIMITED = "limited"


class CouponStatus(Word):
    """Whether a coupon can be used; `revoked` was taken back (rule 16)."""

    UNUSED = "unused"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class CouponUses(Answer):
    """How a customer uses a coupon that has several uses, or may be used by everybody."""

    uses: int
    given_back: int
    uses_left: int | None


class CouponAnswer(Answer):
    """A coupon, and how it stands."""

    coupon_id: str
    customer_id: str | None
    name: str
    amount: int | None
    rate_bp: int | None
    max_amount: int | None
    currency: str
    minimum_spend: int
    valid_from: datetime | None
    valid_until: datetime | None
    reusable_after_refund: bool
    max_uses: int | None
    max_uses_per_customer: int | None
    uses: int
    uses_left: int | None
    of_customer: CouponUses | None
    status: CouponStatus
    held_by: str | None


class ExclusiveDiscountAnswer(Answer):
    """An exclusive discount that the customer used or got back."""

    id: str
    status: Literal["active", "used"]
    valid_until: datetime | None


class PointsBalance(Answer):
    """`held` is about to be taken back by refunds in flight."""

    balance: int
    held: int


class SuspensionRule(Word):
    """What suspends: the customer's conduct, or the word of operations."""

    REFUND_LIMIT = "refund_limit"
    MALICIOUS_RETURNS = "malicious_returns"
    OPERATIONS = "operations"


class RefundRights(Answer):
    """Whether a customer may ask for refunds."""

    suspended: bool
    restricted_until: datetime | None = None
    rule: SuspensionRule | None = None
    reason: str | None = None
    appeal: AppealAnswer | None = None


class StandingAnswer(Answer):
    """Where the customer stands in a campaign; `uses` is how many orders use it up."""

    campaign_id: str
    name: str
    kind: CampaignKind
    currency: str
    spend: int
    qualified: bool
    rewards_held: int
    uses: int


class StoreCredit(Answer):
    """`balance` is in the currency of the customer's newest order; `balances` has them all."""

    balance: int
    currency: str | None
    balances: dict[str, int]


class CustomerAnswer(Answer):
    """A customer, and everything they have."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "en"
    registered_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    guest_of: list[str] = Field(default_factory=list)
    customer_id: str
    points: PointsBalance
    store_credit: StoreCredit
    owed: dict[str, int]
    coupons: list[CouponAnswer]
    campaigns: list[StandingAnswer]
    exclusive_discounts: list[ExclusiveDiscountAnswer]
    tier: str | None
    refund_rights: RefundRights
    next_lines: str | None = None


class CustomerBody(Body):
    """A customer as the merchant knows them."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "en"
    registered_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    guest_of: list[str] = Field(default_factory=list)


class CustomerSummary(Answer):
    """A customer in a list; `GET /v1/customers/{customer_id}` has what they have."""

    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    locale: str
    registered_at: datetime | None


class CustomerList(Answer):
    """One page of customers, by their ids; guests are not among them."""

    items: list[CustomerSummary]
    next: str | None


class ErasureAnswer(Answer):
    """That what is personal of a customer is erased."""

    erasure_id: str
    customer_id: str
    erased_at: datetime
    refunds: int


class HeldRecord(Answer):
    """One record about the customer."""

    kind: str
    data: dict[str, Any]


class MessageAnswer(Answer):
    """`refund_id` is null where the message is about the customer and none of their refunds."""

    at: datetime
    refund_id: str | None
    topic: str
    locale: str
    body: str


class Inbox(Answer):
    """What a customer was told, the oldest first."""

    items: list[MessageAnswer]
    next: str | None


class PersonalData(Answer):
    """Everything that is held about a customer, in pages."""

    customer_id: str
    items: list[HeldRecord]
    next: str | None


class PointsAnswer(Answer):
    """What a customer has after it."""

    customer_id: str
    points: PointsBalance


class PointsBody(Body):
    """Points to add or to take."""

    points: int
    note: str = ""
    expires_at: datetime | None = None


class QuietHoursBody(Answer):
    """Hours in which no SMS is sent; one that was due then is sent when they end."""

    from_: str = Field(alias="from")
    until: str


class PreferencesAnswer(Answer):
    """What a customer prefers, as it is kept."""

    channels: dict[str, list[Literal["inbox", "email", "sms"]]] = Field(default_factory=dict)
    time_zone: str | None = None
    quiet_hours: QuietHoursBody | None = None
    customer_id: str
    updated_at: datetime | None


class PreferencesBody(Body):
    """What a customer prefers; what is left out is as if it was never said."""

    channels: dict[str, list[Literal["inbox", "email", "sms"]]] = Field(default_factory=dict)
    time_zone: str | None = None
    quiet_hours: QuietHoursBody | None = None


class PreviewAnswer(Answer):
    """A message with facts that stand for real ones."""

    topic: str
    locale: str
    channel: str
    subject: str | None
    text: str
    html: str | None
    own: list[str]
    variables: list[str]


class Shown(Word):
    """By what a message is shown as it would be read there."""

    INBOX = "inbox"
    EMAIL = "email"
    SMS = "sms"
