"""Refund requests, quotes and refunds."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api.schemas.common import Count, Flag, Id, Minor, Name, Quantity, Text, Time, Wire
from api.schemas.effects import EffectsAnswer
from api.schemas.explanations import DifferenceAnswer, ExplanationAnswer
from api.schemas.feedback import FeedbackAnswer
from domain.fees import is_lesser_condition
from domain.reasons import Reason, RefundKind, RefundStatus
from domain.review import Decision
from workflows.messages import Resolution


class RefundLineBody(Wire):
    """Some units, or an amount without moving units."""

    line_id: Id
    quantity: Quantity | None = None
    amount: Annotated[Minor, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.quantity is None) == (self.amount is None):
            raise ValueError("a line says either quantity or amount")
        return self


class RefundBody(Wire):
    """`lines` left out means everything left. `include_shipping` and `requested_at` are the merchant's to say."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "o1",
                    "reason": "changed_mind",
                    "kind": "return",
                    "lines": [{"line_id": "l1", "quantity": 1}],
                    "note": "too small",
                    "evidence": ["https://shop.example/photos/1.jpg"],
                }
            ]
        }
    )

    order_id: Id
    reason: Reason
    kind: RefundKind = RefundKind.RETURN
    lines: list[RefundLineBody] | None = Field(default=None, max_length=2_000)
    note: Text = ""
    evidence: list[Text] = Field(default_factory=list, max_length=20)
    include_shipping: Flag | None = None
    requested_at: Time | None = Field(default=None, description="when the customer asked, if that was earlier")
    pickup: Flag = Field(default=False, description="have the return collected, where the carrier offers it")

    @model_validator(mode="after")
    def _names_lines_once(self) -> Self:
        names = [line.line_id for line in self.lines or []]
        if len(set(names)) < len(names):
            raise ValueError("a line_id appears twice: ask for all of a line's units at once")
        if self.lines == [] and not self.include_shipping:
            raise ValueError("lines is empty: leave it out to refund everything left")
        return self

    @model_validator(mode="after")
    def _has_something_to_collect(self) -> Self:
        if self.pickup and self.kind is not RefundKind.RETURN:
            raise ValueError("pickup is for returns: nothing is collected for a refund_only")
        return self


class RefundLineAnswer(Wire):
    line_id: str
    quantity: int
    amount: int
    tax: int
    points_restored: int
    explanation: ExplanationAnswer | None


class DeductionAnswer(Wire):
    kind: str
    id: str
    amount: int
    owed: int
    explanation: ExplanationAnswer | None


class FeeAnswer(Wire):
    """`at_most` is what the fee becomes if all goods arrive in a lesser condition."""

    kind: str
    amount: int
    at_most: int
    explanation: ExplanationAnswer | None


class PayoutAnswer(Wire):
    payment_id: str
    method: str
    amount: int
    status: Literal["planned", "pending", "succeeded", "failed"]
    gateway_ref: str | None = None
    decline_code: str | None = None


class QuoteAnswer(Wire):
    """What the refund would come to now, by the same function that executes it."""

    order_id: str
    currency: str
    reason: Reason
    kind: RefundKind
    policy_version: int
    lines: list[RefundLineAnswer]
    shipping: int
    fees: list[FeeAnswer]
    deductions: list[DeductionAnswer]
    total: int
    payouts: list[PayoutAnswer]
    effects: EffectsAnswer
    explanations: list[ExplanationAnswer] = Field(description="every figure, with its rule, inputs and arithmetic")


class TimelineAnswer(Wire):
    at: Time
    event: str
    message: str


class RefundAnswer(QuoteAnswer):
    """One refund; figures are expected ones until it is settled."""

    refund_id: str
    customer_id: str
    status: RefundStatus
    note: str
    evidence: list[str]
    goods_return: dict[str, Any] | None = Field(alias="return", default=None)
    quoted_policy_version: int
    differs_from_quote: DifferenceAnswer | None
    review: dict[str, Any] | None
    risk: dict[str, Any] | None
    needs_attention: dict[str, Any] | None
    timeline: list[TimelineAnswer]
    created_at: Time
    completed_at: Time | None
    feedback: FeedbackAnswer | None


class RefundSummary(Wire):
    """A refund in a list."""

    refund_id: str
    order_id: str
    customer_id: str
    status: RefundStatus
    reason: Reason
    kind: RefundKind
    currency: str
    total: int
    needs_attention: dict[str, Any] | None
    created_at: Time
    completed_at: Time | None


class RefundList(Wire):
    """`next` is the cursor of the next page, null on the last one."""

    items: list[RefundSummary]
    next: str | None


class ReviewBody(Wire):
    decision: Decision
    note: Text = ""


class ShipmentBody(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"carrier": "SF Express", "tracking_number": "SF1234567890"}]}
    )

    carrier: Name
    tracking_number: Name


class ReceiptLineBody(Wire):
    line_id: Id
    quantity: Quantity


class ReceiptBody(Wire):
    """`lines` left out means all that is expected."""

    lines: list[ReceiptLineBody] = Field(default_factory=list, max_length=2_000)


class InspectionLineBody(Wire):
    line_id: Id
    accepted: Count = 0
    rejected: Count = 0
    disposition: Annotated[Text, Field(max_length=64)] | None = None
    lesser: Count | None = Field(
        default=None, description="accepted units in a lesser condition; else all of them if `disposition` says so"
    )
    note: Text = ""

    @model_validator(mode="after")
    def _lesser_are_accepted(self) -> Self:
        if self.lesser is not None and self.lesser > self.accepted:
            raise ValueError("lesser counts accepted units: it can't exceed accepted")
        return self

    @property
    def lesser_units(self) -> int:
        if self.lesser is not None:
            return self.lesser
        return self.accepted if is_lesser_condition(self.disposition) else 0


class InspectionBody(Wire):
    """Every received unit is accepted or rejected; `lines` left out means all is accepted."""

    lines: list[InspectionLineBody] = Field(default_factory=list, max_length=2_000)


class CancelBody(Wire):
    note: Text = ""


class EvidenceBody(Wire):
    evidence: list[Text] = Field(min_length=1, max_length=20)
    note: Text = ""


class ResolutionBody(Wire):
    step: Name
    action: Resolution
    note: Text = ""
