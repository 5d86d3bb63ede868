"""Answers: quotes, refunds, and lists of them."""

from datetime import date
from typing import Literal, Self

from pydantic import Field

from api.schemas.bank_accounts import ApprovalAnswer, NamedAccountAnswer
from api.schemas.common import Time, Wire
from api.schemas.effects import EffectsAnswer
from api.schemas.explanations import DifferenceAnswer, ExplanationAnswer
from api.schemas.external import ExternalAnswer
from api.schemas.feedback import FeedbackAnswer
from api.schemas.guests import GuestBody
from api.schemas.quantities import SaidQuantity
from api.schemas.stages import AttentionAnswer, EndedAnswer, ReturnAnswer, ReviewAnswer, RiskAnswer, is_untold
from domain.claims.reasons import Reason, RefundKind
from domain.lifecycle import RefundStatus
from domain.payout.choice import RefundTo
from domain.payout.limits import Limit
from domain.payout.tenders import Tender
from domain.policy import DeclinedTender


class RefundLineAnswer(Wire):
    """What is paid back for one line."""

    line_id: str = Field(description="The line of the order.")
    quantity: SaidQuantity = Field(
        description="How many units, or how much, in the type in which the order said it; 0 for an amount that moves "
        "no units, and for a fee or another line that has none."
    )
    amount: int = Field(
        description=(
            "What is paid back for them before fees and deductions, in minor units of the refund's "
            "currency, tax included."
        )
    )
    tax: int = Field(description="The tax inside `amount`, in minor units of the refund's currency.")
    points_restored: int = Field(description="Points that were spent on these units and come back (rule 18).")
    reason: str = Field(description="Why it is asked for: the line's own reason, else that of the refund.")
    stands_for: Reason = Field(description="Which of the four that reason stands for.")
    explanation: ExplanationAnswer | None = Field(
        description="How `amount` came about; null for refunds older than explanations."
    )


class DeductionAnswer(Wire):
    """Something that should come back and is gone: its value is taken off the payout (rule 10)."""

    kind: str = Field(
        description=(
            "What it was: `campaign_reward`, `granted_coupon`, `granted_credit`, `points_shortfall` or `missing_gift`."
        )
    )
    id: str = Field(description="Which one: the campaign, coupon, grant or line.")
    amount: int = Field(description="What is taken off, in minor units of the refund's currency.")
    owed: int = Field(
        description=("What could not be taken off and is recorded as owed, in minor units of the refund's currency.")
    )
    explanation: ExplanationAnswer | None = Field(
        description="How it came about; null for refunds older than explanations."
    )


class DeductionReturnedAnswer(Wire):
    """What comes back of a deduction of earlier refunds, because what it was for is revoked or worth less (rule 45)."""

    kind: str = Field(description="kind of the deduction that comes back")
    id: str = Field(description="what had been deducted for, for example the id of a granted coupon")
    amount: int = Field(description="paid with this refund, in minor units")
    no_longer_owed: int = Field(description="let go of what the customer still owed for it, in minor units")
    explanation: ExplanationAnswer | None = Field(description="how it comes to that, in the customer's language")


class FeeAnswer(Wire):
    """A fee that the policy charges for a change of mind (rule 9)."""

    kind: str = Field(description="`restocking` or `return_shipping`.")
    amount: int = Field(description="What is taken off the refund, in minor units of the refund's currency.")
    at_most: int = Field(
        description=(
            "What the fee becomes if all goods arrive in a lesser condition, in minor units of the "
            "refund's currency; agreed to with the quote."
        )
    )
    explanation: ExplanationAnswer | None = Field(
        description="How it came about; null for refunds older than explanations."
    )


class LessenedAnswer(Wire):
    """What is not paid out because it was not paid yet: that much less is to be paid (rule 50)."""

    payment_id: str | None = Field(
        description="The payment that is not captured, of which so much less is to be captured; null: what is owed."
    )
    amount: int = Field(description="What is not to be paid any more, in minor units of the refund's currency.")
    explanation: ExplanationAnswer | None = Field(description="How it came about, in the customer's language.")


class InterestAnswer(Wire):
    """Interest of a payment by instalments that comes back, for the merchant's fault (rule 50)."""

    payment_id: str = Field(description="The payment it was paid with.")
    amount: int = Field(description="What comes back of it, in minor units of the refund's currency.")
    explanation: ExplanationAnswer | None = Field(description="How it came about, in the customer's language.")


class ProviderLimitAnswer(Wire):
    """Why a provider does not pay a share back, and what comes of it."""

    code: Limit = Field(
        description="`payment_too_old`: the payment is older than the provider pays back. `too_many_refunds`: it takes "
        "no more refunds of this payment."
    )
    at_most: int = Field(description="The provider's number: days after the payment, or refunds of one payment.")
    instead: DeclinedTender = Field(
        description="What comes of it by the policy's `declined_tender`: `store_credit`, or `hold`: people decide."
    )

    @classmethod
    def of(cls, tender: Tender | None) -> Self | None:
        if tender is None or tender.barred is None:
            return None
        return cls(code=tender.barred.limit, at_most=tender.barred.at_most, instead=tender.barred.instead)


ShownStatus = Literal["planned", "pending", "waiting_for_balance", "succeeded", "failed"]


class PayoutAnswer(Wire):
    """What goes back to one payment of the order."""

    payment_id: str = Field(description="The payment of the order.")
    method: str = Field(
        description="Where the money goes; `store_credit` where the customer chose it, or where a declined payment was "
        "made good with it, `bank_transfer` where it goes to an account that they named."
    )
    amount: int = Field(description="What goes back of it, in minor units of `currency`.")
    currency: str = Field(
        description="The ISO 4217 currency in which it goes back: the one it was paid in (rule 53); for store credit "
        "the order's."
    )
    order_amount: int = Field(description="The same in minor units of the refund's currency; they sum to `total`.")
    status: ShownStatus = Field(
        description=(
            "`planned`: not asked for yet. `pending`: asked for. `waiting_for_balance`: the provider pays it as soon "
            "as the merchant's balance there is high enough. `succeeded`: paid. `failed`: the provider said no."
        )
    )
    gateway: str = Field(default="", description="Through whom it goes back; empty where it goes through nobody.")
    gateway_ref: str | None = Field(
        default=None, description="The provider's own reference of the payout; null until there is one."
    )
    trace_number: str | None = Field(
        default=None,
        description="What the customer's bank finds the money by: an ARN, an RRN, or a number of the provider's. Null "
        "until there is one, which may be days after it was paid.",
    )
    expected_by: Time | None = Field(
        default=None, description="Until when it is with the customer, as the provider says; null where nobody knows."
    )
    decline_code: str | None = Field(
        default=None, description="Why the provider said no, in its own word; null if it did not."
    )
    settled_on: date | None = Field(
        default=None, description="The day of it by the provider's settlement report; null until one has it."
    )
    exchange_difference: int | None = Field(
        default=None,
        description="What it cost the merchant by the provider's settlement report beside the rate of the sale, in "
        "minor units of the refund's currency; below zero is a gain, and what failed after all is counted both ways. "
        "Null where it goes back in the refund's currency, until a report says it, and for customers (rule 53).",
    )
    provider_limit: ProviderLimitAnswer | None = Field(
        default=None,
        description="By which rule of its own the provider would not pay it back; null where none is known to be in "
        "the way. The explanation of the payout says it in the customer's language.",
    )


class QuoteAnswer(Wire):
    """What the refund would come to now, by the same function that executes it."""

    order_id: str = Field(description="The order.")
    currency: str = Field(description="The ISO 4217 currency of every amount here.")
    reason: str = Field(description="Why the refund is asked for: one of the four, or one of the merchant's own.")
    reason_name: str | None = Field(
        description="What the merchant calls it, where possible in the customer's language; null for one of the four."
    )
    stands_for: Reason = Field(
        description="Which of the four the reason stood for when it was asked for: every rule asks for that."
    )
    kind: RefundKind = Field(description="Whether goods come back: `return` or `refund_only`.")
    policy_version: int = Field(description="The version of the policy by which it was worked out.")
    order_version: int = Field(
        description="The version of the order that it is made on, the first is 1: what it claims stays as it was sold "
        "in that (rule 57)."
    )
    lines: list[RefundLineAnswer] = Field(
        description="What is paid back for each line; where there are very many, a page of them."
    )
    next_lines: str | None = Field(
        description="The cursor of the next page of lines, deductions, gifts and timeline, with their explanations: "
        "each of them is on one page. Null where all are here."
    )
    shipping: int = Field(
        description=("Shipping that is paid back, in minor units of the refund's currency, tax included (rule 8).")
    )
    shipping_tax: int = Field(description="The tax inside `shipping`, in minor units of the refund's currency.")
    fees: list[FeeAnswer] = Field(description="Fees that are taken off (rule 9).")
    deductions: list[DeductionAnswer] = Field(
        description="What is taken off because it can't come back any more (rule 10)."
    )
    deductions_returned: list[DeductionReturnedAnswer] = Field(
        description="What earlier refunds of the order deducted and this one pays back; a part of `total` (rule 45)."
    )
    interest: list[InterestAnswer] = Field(
        default_factory=list, description="Interest that comes back for the merchant's fault; a part of `total`."
    )
    overpaid: int = Field(
        default=0,
        description="Cents that were paid too much and come back with the last unit; a part of `total`, in minor units "
        "of the refund's currency.",
    )
    paid_after_all: int = Field(
        default=0,
        description="What earlier refunds had taken off what was to be paid, and was paid all the same; a part of "
        "`total`, in minor units of the refund's currency (rule 50).",
    )
    lessened: list[LessenedAnswer] = Field(
        default_factory=list,
        description="What is not paid out because it was not paid yet: it is taken off what is owed, then off payments "
        "that are not captured, before anything is paid out. Not in `total` (rule 50).",
    )
    total: int = Field(
        description=(
            "What is paid back altogether, in minor units of the refund's currency: lines and "
            "shipping less fees, deductions and what was not paid yet."
        )
    )
    refund_to: RefundTo = Field(
        default=RefundTo.ORIGINAL,
        description="Where the money goes: `original`, `store_credit` by choice or for a beneficiary, or "
        "`bank_transfer`.",
    )
    bank_account: NamedAccountAnswer | None = Field(
        default=None, description="The bank account it goes to, by how its number ends; null where it goes to none."
    )
    beneficiary: str | None = Field(
        default=None, description="Who got it as a gift and has the credit; null where who bought it has the money."
    )
    store_credit_bonus: int = Field(
        default=0,
        description="Store credit that is given on top for choosing it, in minor units of the refund's currency. Not "
        "in `total`: no payment of the order stands for it (rule 54).",
    )
    payouts: list[PayoutAnswer] = Field(description="How `total` is spread over the order's payments (rule 11).")
    effects: EffectsAnswer = Field(
        description="What happens beside the money: points, coupons, campaigns, gifts, tier."
    )
    explanations: list[ExplanationAnswer] = Field(description="Every figure with its rule, inputs and arithmetic.")


class TimelineAnswer(Wire):
    """One thing that happened to the refund."""

    at: Time = Field(description="When.")
    event: str = Field(description="What, as a stable word, for example `approved`.")
    message: str = Field(description="What, as a sentence in English.")


class ReviewReasonAnswer(Wire):
    """One reason why a person decides about a refund, and not a rule."""

    code: str = Field(description="`reason_not_listed`, `amount_over_limit`, `order_over_limit` and so on; stable.")
    message: str = Field(description="The same as a sentence, with the figures and the limit of the policy.")


class RefundAnswer(QuoteAnswer):
    """One refund; figures are expected ones until it is settled."""

    refund_id: str = Field(description="The refund, as makewhole named it.")
    customer_id: str | None = Field(description="Whose order it is; null for a guest.")
    guest: GuestBody | None = Field(default=None, description="The guest who bought it, as the order says; else null.")
    status: RefundStatus = Field(description="Where the refund stands.")
    external: ExternalAnswer | None = Field(
        default=None, description="That its money went back elsewhere (rule 51); null where makewhole pays."
    )
    note: str = Field(description="What the customer said when they asked.")
    evidence: list[str] = Field(
        description="Links and pictures for the reviewer; what begins with `mw-evidence:` is read at "
        "`GET /v1/evidence/{evidence_id}`, by what follows."
    )
    goods_return: ReturnAnswer | None = Field(
        alias="return", default=None, description="How the goods come back; null while nothing has to."
    )
    metadata: dict[str, str] = Field(description="The merchant's own notes, as they came with the request.")
    quoted_policy_version: int = Field(
        description="The version of the policy when it was requested; review and deadlines go by it."
    )
    differs_from_quote: DifferenceAnswer | None = Field(
        description="Why the refund comes to something else than its quote; null if it does not."
    )
    approvals_needed: int = Field(default=1, description="How many different people have to approve it.")
    approvals: list[ApprovalAnswer] = Field(
        default_factory=list,
        description="Who has approved it so far, where more have to; empty once it is decided. A customer's key is not "
        "told.",
    )
    review: ReviewAnswer | None = Field(description="Who decided and how; null before a decision.")
    ended_because: EndedAnswer | None = Field(
        default=None,
        description="Why it was rejected, cancelled or has expired; null while it is open or complete.",
    )
    waits_because: list[ReviewReasonAnswer] = Field(
        description="Why no rule of the policy approves it, so that a reviewer decides (rules 33 and 40); else empty."
    )
    risk: RiskAnswer | None = Field(
        default=None,
        exclude_if=is_untold,
        description=(
            "How risky the request looks, with reasons; null before it was assessed. Left out for a customer's key."
        ),
    )
    needs_attention: AttentionAnswer | None = Field(
        description="What operations are asked to do; null while nothing is."
    )
    timeline: list[TimelineAnswer] = Field(description="What happened so far, the oldest first.")
    created_at: Time = Field(
        description="When it was requested; of money that went back elsewhere, when it did (rule 51)."
    )
    completed_at: Time | None = Field(description="When it was over for the customer; null while it is not.")
    feedback: FeedbackAnswer | None = Field(
        description="What the customer said of it when it was over; null while nothing."
    )


class RefundSummary(Wire):
    """A refund in a list."""

    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="The order.")
    customer_id: str | None = Field(description="Whose order it is; null for a guest.")
    guest: GuestBody | None = Field(default=None, description="The guest who bought it, as the order says; else null.")
    status: RefundStatus = Field(description="Where the refund stands.")
    reason: str = Field(description="Why it was asked for: one of the four, or one of the merchant's own.")
    stands_for: Reason = Field(description="Which of the four it stood for.")
    kind: RefundKind = Field(description="Whether goods come back: `return` or `refund_only`.")
    currency: str = Field(description="The ISO 4217 currency of `total`.")
    total: int = Field(
        description=("What is paid back, in minor units of the refund's currency; expected until it is settled.")
    )
    needs_attention: AttentionAnswer | None = Field(
        description="What operations are asked to do; null while nothing is."
    )
    created_at: Time = Field(
        description="When it was requested; of money that went back elsewhere, when it did (rule 51)."
    )
    completed_at: Time | None = Field(description="When it was over; null while it is not.")
    external: ExternalAnswer | None = Field(
        default=None, description="That its money went back elsewhere (rule 51); null where makewhole pays."
    )
    beneficiary: str | None = Field(
        default=None, description="Who got it as a gift and has the credit; null where who bought it has the money."
    )


class RefundList(Wire):
    """One page of refunds, the newest first."""

    items: list[RefundSummary] = Field(description="The refunds of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
