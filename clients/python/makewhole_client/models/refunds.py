# Written by `make client`; change the document, or the async half, instead.
"""Models: refunds."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.customers import MessageAnswer, RefundRights
from makewhole_client.models.orders import ExternalAnswer, GuestBody
from makewhole_client.models.policy import DeclinedTender, RefundTo


class ApprovalAnswer(Answer):
    """One reviewer's approval of a refund that needs several."""

    key_id: str
    by: str
    note: str = ""


class PossibleAnswer(Answer):
    """One thing that operations can answer, ready to be sent: over HTTP, or as an update in Temporal."""

    action: str
    means: str
    path: str
    body: dict[str, Any]
    update: str
    input: str


class AttentionAnswer(Answer):
    """What operations are asked to do, about how much, and how to answer."""

    step: str
    reason: str
    actions: list[str] = Field(default_factory=list)
    amount: int | None = None
    currency: str | None = None
    payment_id: str | None = None
    reference: str | None = None
    answers: list[PossibleAnswer] = Field(default_factory=list)


class TransferAnswer(Answer):
    """One share of a refund that is to be transferred."""

    payment_id: str
    amount: int
    currency: str
    key: str


class BankAccountAnswer(Answer):
    """The account in full, for who transfers the money."""

    holder: str
    iban: str | None
    account_number: str | None
    bank_code: str | None
    transfers: list[TransferAnswer]


class BankAccountBody(Body):
    """Where a customer wants their money: an `iban`, or an `account_number` at the bank of a `bank_code`."""

    holder: str
    iban: str | None = None
    account_number: str | None = None
    bank_code: str | None = None


class RefundKind(Word):
    """Whether goods come back."""

    RETURN = "return"
    REFUND_ONLY = "refund_only"


class CampaignEffectAnswer(Answer):
    """What becomes of the customer's standing in a campaign (rule 23)."""

    campaign_id: str
    spend_before: int
    spend_after: int
    qualified_before: bool
    qualified_after: bool
    participation_restored: bool
    reward_clawed_back: int


class CancelBody(Body):
    """Why the refund is called off."""

    note: str = ""


class CouponEffectAnswer(Answer):
    """What becomes of a coupon."""

    coupon_id: str
    outcome: str
    amount: int
    residual_coupon_id: str | None


class Decision(Word):
    """What a reviewer may decide."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_EVIDENCE = "request_evidence"


class Figure(Word):
    """What is explained; `subject` of the explanation says which one."""

    LINE = "line"
    SHIPPING = "shipping"
    SHIPPING_TAX = "shipping_tax"
    SHIPMENT = "shipment"
    FEE = "fee"
    EXTRA = "extra"
    DEDUCTION = "deduction"
    DEDUCTION_RETURNED = "deduction_returned"
    INTEREST = "interest"
    OVERPAID = "overpaid"
    PAID_AFTER_ALL = "paid_after_all"
    OWED = "owed"
    RELEASED = "released"
    TOTAL = "total"
    PAYOUT = "payout"
    CONVERTED = "converted"
    STORE_CREDIT_BONUS = "store_credit_bonus"
    POINTS_RESTORED = "points_restored"
    POINTS_CLAWED_BACK = "points_clawed_back"
    POINTS_SHORTFALL = "points_shortfall"
    COUPON = "coupon"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    GIFT = "gift"
    TIER = "tier"


class InputAnswer(Answer):
    """One number that went into a figure."""

    name: str
    value: int
    unit: str
    about: str


class ExplanationAnswer(Answer):
    """How one figure came about."""

    figure: Figure
    subject: str
    rule: int
    result: int
    unit: str
    inputs: list[InputAnswer]
    formula: str
    arithmetic: str
    text: str


class DeductionAnswer(Answer):
    """Something that should come back and is gone: its value is taken off the payout (rule 10)."""

    kind: str
    id: str
    amount: int
    owed: int
    explanation: ExplanationAnswer | None


class DeductionReturnedAnswer(Answer):
    """What comes back of a deduction of earlier refunds, because what it was for is revoked or worth less (rule
    45)."""

    kind: str
    id: str
    amount: int
    no_longer_owed: int
    explanation: ExplanationAnswer | None


class DifferenceAnswer(Answer):
    """Why the refund comes to something else than its quote."""

    quoted_total: int
    total: int
    causes: list[str]
    text: str


class ExclusiveEffectAnswer(Answer):
    """What becomes of an exclusive discount (rule 26)."""

    id: str
    outcome: str


class GiftEffectAnswer(Answer):
    """What becomes of a gift (rule 27)."""

    line_id: str
    quantity: int | str
    outcome: str
    amount: int


class TierEffectAnswer(Answer):
    """What becomes of the customer's tier (rule 28)."""

    before: str | None
    after: str | None
    becomes: str | None
    falls_at: datetime | None


class EffectsAnswer(Answer):
    """What a refund gives back and takes back beside the money."""

    points_restored: int
    points_clawed_back: int
    points_deducted: int
    points_forgiven: int
    coupons: list[CouponEffectAnswer]
    campaigns: list[CampaignEffectAnswer]
    exclusive_discounts: list[ExclusiveEffectAnswer]
    gifts: list[GiftEffectAnswer]
    tier: TierEffectAnswer | None


class EndedAnswer(Answer):
    """Why the refund came to nothing."""

    code: str
    message: str


class EvidenceBody(Body):
    """More evidence for the reviewer."""

    evidence: list[str]
    note: str = ""


class EvidenceWanted(Word):
    """What a reviewer asks the customer for; `other` stands where nothing was said."""

    PHOTO_OF_GOODS = "photo_of_goods"
    PHOTO_OF_PARCEL = "photo_of_parcel"
    VIDEO = "video"
    REPORT = "report"
    OTHER = "other"


class FeeAnswer(Answer):
    """A fee that the policy charges for a change of mind (rule 9)."""

    kind: str
    amount: int
    at_most: int
    explanation: ExplanationAnswer | None


class FeedbackAnswer(Answer):
    """What was said of the refund."""

    score: int
    comment: str = ""
    by: str
    at: datetime


class FeedbackBody(Body):
    """How content the customer is with a refund that is over."""

    score: int
    comment: str = ""


class GoodsLineAnswer(Answer):
    """Units of a line that come back, in the type in which the order said its quantity."""

    line_id: str
    sku: str
    name: str
    unit: str | None
    quantity: int | str
    expected: int | str
    received: int | str
    accepted: int | str | None
    rejected: int | str
    disposition: str | None


class GoodsAnswer(Answer):
    """What a warehouse has to know of a return."""

    refund_id: str
    order_id: str
    status: RefundStatus
    rma: str | None
    lines: list[GoodsLineAnswer]
    next_lines: str | None


class StockDisposition(Word):
    """`restock`: sold as new again; `damaged`: kept, and not sold as new; `discard`: gone."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    DISCARD = "discard"


class StockPutBody(Body):
    """What becomes of some accepted units, and where they are put."""

    quantity: int | str
    disposition: StockDisposition
    location: str | None = None


class InspectionLineBody(Body):
    """What the inspection says of one line."""

    line_id: str
    accepted: int | str = 0
    rejected: int | str = 0
    disposition: str | None = None
    lesser: int | str | None = None
    stock: list[StockPutBody] = Field(default_factory=list)
    note: str = ""


class InspectionBody(Body):
    """The result of the inspection."""

    lines: list[InspectionLineBody] = Field(default_factory=list)


class InterestAnswer(Answer):
    """Interest of a payment by instalments that comes back, for the merchant's fault (rule 50)."""

    payment_id: str
    amount: int
    explanation: ExplanationAnswer | None


class LessenedAnswer(Answer):
    """What is not paid out because it was not paid yet: that much less is to be paid (rule 50)."""

    payment_id: str | None
    amount: int
    explanation: ExplanationAnswer | None


class Limit(Word):
    """What stands in the way of a refund for good, in the words of a payout's `decline_code`."""

    PAYMENT_TOO_OLD = "payment_too_old"
    TOO_MANY_REFUNDS = "too_many_refunds"


class LiveEvent(Answer):
    """One thing that happened to a refund, and where the refund stands now that it is told."""

    sequence: int
    status: RefundStatus
    at: datetime
    event: str
    message: str


class LostLineBody(Body):
    """Units of a line that are lost."""

    line_id: str
    quantity: int | str


class LossBody(Body):
    """A parcel that is lost on its way back."""

    note: str = ""
    lines: list[LostLineBody] = Field(default_factory=list)


class LostLineAnswer(Answer):
    """Units of a line that are lost."""

    line_id: str
    quantity: int | str


class LostParcelAnswer(Answer):
    """One of several parcels, lost on its way back."""

    lines: list[LostLineAnswer]
    is_paid: bool | None


class NamedAccountAnswer(Answer):
    """What is shown of the account that was named."""

    ends_in: str


class NotedOf(Word):
    """What a note is about."""

    INSPECTION = "inspection"
    SOMETHING_ELSE = "something_else"
    MORE_THAN_ANNOUNCED = "more_than_announced"
    SHARED_PARCEL = "shared_parcel"


class ParcelNoteBody(Body):
    """Something about a parcel that is no count of its units; a note, or pictures, or both."""

    about: NotedOf
    note: str = ""
    evidence: list[str] = Field(default_factory=list)


class ProviderLimitAnswer(Answer):
    """Why a provider does not pay a share back, and what comes of it."""

    code: Limit
    at_most: int
    instead: DeclinedTender


class PayoutAnswer(Answer):
    """What goes back to one payment of the order."""

    payment_id: str
    method: str
    amount: int
    currency: str
    order_amount: int
    status: Literal["planned", "pending", "waiting_for_balance", "succeeded", "failed"]
    gateway: str = ""
    gateway_ref: str | None = None
    trace_number: str | None = None
    expected_by: datetime | None = None
    decline_code: str | None = None
    settled_on: date | None = None
    exchange_difference: int | None = None
    provider_limit: ProviderLimitAnswer | None = None


class PictureAnswer(Answer):
    """A picture that is kept."""

    evidence: str
    evidence_id: str
    width: int
    height: int
    size: int
    kept_until: datetime


class ReceiptLineBody(Body):
    """Units of a line that arrived."""

    line_id: str
    quantity: int | str


class ReceiptBody(Body):
    """What arrived at the warehouse."""

    lines: list[ReceiptLineBody] = Field(default_factory=list)


class RefundLineAnswer(Answer):
    """What is paid back for one line."""

    line_id: str
    quantity: int | str
    amount: int
    tax: int
    points_restored: int
    reason: str
    stands_for: Reason
    explanation: ExplanationAnswer | None


class ReturnLabelAnswer(Answer):
    """The label of one parcel."""

    parcel: int
    label_url: str
    carrier: str
    tracking_number: str
    tracked: str | None = None
    tracked_at: datetime | None = None


class ReturnParcelAnswer(Answer):
    """One parcel on its way back."""

    carrier: str
    tracking_number: str


class ReturnAnswer(Answer):
    """How the goods come back: the return authorization and its parcels."""

    rma: str | None = None
    label_url: str | None = None
    labels: list[ReturnLabelAnswer] = Field(default_factory=list)
    address: str | None = None
    guide: str | None = None
    deliver_by: datetime | None = None
    pickup_by: datetime | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    parcels: list[ReturnParcelAnswer] = Field(default_factory=list)
    lost: list[LostParcelAnswer] = Field(default_factory=list)


class ReviewAnswer(Answer):
    """What was decided about the request."""

    decision: Decision
    by: str | None = None
    rule: str | None = None
    note: str = ""
    policy_version: int | None = None
    reason_code: str | None = None
    evidence_wanted: list[str] = Field(default_factory=list)
    approvals: list[ApprovalAnswer] = Field(default_factory=list)


class ReviewReasonAnswer(Answer):
    """One reason why a person decides about a refund, and not a rule."""

    code: str
    message: str


class RiskReasonAnswer(Answer):
    """One thing that speaks against the request."""

    code: str
    points: int
    message: str


class RiskAnswer(Answer):
    """How risky the request looks (rule 34)."""

    score: int
    reasons: list[RiskReasonAnswer] = Field(default_factory=list)
    given_before: dict[str, int] = Field(default_factory=dict)


class TimelineAnswer(Answer):
    """One thing that happened to the refund."""

    at: datetime
    event: str
    message: str


class RefundAnswer(Answer):
    """One refund; figures are expected ones until it is settled."""

    order_id: str
    currency: str
    reason: str
    reason_name: str | None
    stands_for: Reason
    kind: RefundKind
    policy_version: int
    order_version: int
    lines: list[RefundLineAnswer]
    next_lines: str | None
    shipping: int
    shipping_tax: int
    fees: list[FeeAnswer]
    deductions: list[DeductionAnswer]
    deductions_returned: list[DeductionReturnedAnswer]
    interest: list[InterestAnswer] = Field(default_factory=list)
    overpaid: int = 0
    paid_after_all: int = 0
    lessened: list[LessenedAnswer] = Field(default_factory=list)
    total: int
    refund_to: RefundTo = RefundTo.ORIGINAL
    bank_account: NamedAccountAnswer | None = None
    beneficiary: str | None = None
    store_credit_bonus: int = 0
    payouts: list[PayoutAnswer]
    effects: EffectsAnswer
    explanations: list[ExplanationAnswer]
    refund_id: str
    customer_id: str | None
    guest: GuestBody | None = None
    status: RefundStatus
    external: ExternalAnswer | None = None
    note: str
    evidence: list[str]
    return_: ReturnAnswer | None = Field(default=None, alias="return")
    metadata: dict[str, str]
    quoted_policy_version: int
    differs_from_quote: DifferenceAnswer | None
    approvals_needed: int = 1
    approvals: list[ApprovalAnswer] = Field(default_factory=list)
    review: ReviewAnswer | None
    ended_because: EndedAnswer | None = None
    waits_because: list[ReviewReasonAnswer]
    risk: RiskAnswer | None = None
    needs_attention: AttentionAnswer | None
    timeline: list[TimelineAnswer]
    created_at: datetime
    completed_at: datetime | None
    feedback: FeedbackAnswer | None


class RefundLineBody(Body):
    """Some units of a line, or an amount off it without moving units."""

    line_id: str
    quantity: int | str | None = None
    amount: int | None = None
    reason: str | None = None


class RefundBody(Body):
    """`lines` left out means everything left."""

    order_id: str
    reason: str
    kind: RefundKind | None = None
    lines: list[RefundLineBody] | None = None
    note: str = ""
    evidence: list[str] = Field(default_factory=list)
    include_shipping: bool | None = None
    shipping_amount: int | None = None
    requested_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    pickup: bool = False
    refund_to: RefundTo = RefundTo.ORIGINAL
    bank_account: BankAccountBody | None = None
    beneficiary: str | None = None
    confirm_duplicate: bool = False


class RefundSummary(Answer):
    """A refund in a list."""

    refund_id: str
    order_id: str
    customer_id: str | None
    guest: GuestBody | None = None
    status: RefundStatus
    reason: str
    stands_for: Reason
    kind: RefundKind
    currency: str
    total: int
    needs_attention: AttentionAnswer | None
    created_at: datetime
    completed_at: datetime | None
    external: ExternalAnswer | None = None
    beneficiary: str | None = None


class RefundList(Answer):
    """One page of refunds, the newest first."""

    items: list[RefundSummary]
    next: str | None


class RefundMessages(Answer):
    """What the customer of a refund was told about it, the oldest first."""

    items: list[MessageAnswer]
    forgotten_at: datetime | None


class RefundQuote(Answer):
    """A quote is possible while the right to ask for refunds is suspended, but says so."""

    order_id: str
    currency: str
    reason: str
    reason_name: str | None
    stands_for: Reason
    kind: RefundKind
    policy_version: int
    order_version: int
    lines: list[RefundLineAnswer]
    next_lines: str | None
    shipping: int
    shipping_tax: int
    fees: list[FeeAnswer]
    deductions: list[DeductionAnswer]
    deductions_returned: list[DeductionReturnedAnswer]
    interest: list[InterestAnswer] = Field(default_factory=list)
    overpaid: int = 0
    paid_after_all: int = 0
    lessened: list[LessenedAnswer] = Field(default_factory=list)
    total: int
    refund_to: RefundTo = RefundTo.ORIGINAL
    bank_account: NamedAccountAnswer | None = None
    beneficiary: str | None = None
    store_credit_bonus: int = 0
    payouts: list[PayoutAnswer]
    effects: EffectsAnswer
    explanations: list[ExplanationAnswer]
    refund_rights: RefundRights


class RejectionReason(Word):
    """Why a reviewer rejects a request; `other` stands where none was given."""

    OUTSIDE_RETURN_WINDOW = "outside_return_window"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    GOODS_USED = "goods_used"
    GOODS_AS_DESCRIBED = "goods_as_described"
    NOT_RETURNABLE = "not_returnable"
    SOLVED_OTHERWISE = "solved_otherwise"
    UNUSUAL_ACTIVITY = "unusual_activity"
    OTHER = "other"


class Resolution(Word):
    """`retry` when the cause is mended, `settle` when it was done by hand, `skip` when it need not be done."""

    RETRY = "retry"
    SKIP = "skip"
    SETTLE = "settle"
    FAILED = "failed"


class ResolutionBody(Body):
    """What operations decided for a refund that needs attention."""

    step: str
    action: Resolution
    note: str = ""
    reference: str = ""
    payment_id: str | None = None


class ReviewBody(Body):
    """A reviewer's decision."""

    decision: Decision
    note: str = ""
    reason_code: RejectionReason | None = None
    evidence_wanted: list[EvidenceWanted] = Field(default_factory=list)


class ShipmentBody(Body):
    """A parcel on its way back."""

    carrier: str
    tracking_number: str
