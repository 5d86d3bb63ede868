# Written by `make client`; change the document, or the async half, instead.
"""Models: common."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word


class RefundStatus(Word):
    """Where a refund stands; `completed`, `rejected`, `cancelled` and `expired` are the end."""

    IN_REVIEW = "in_review"
    AWAITING_RETURN = "awaiting_return"
    IN_TRANSIT = "in_transit"
    INSPECTING = "inspecting"
    PAYING_OUT = "paying_out"
    RESTORING = "restoring"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NEEDS_ATTENTION = "needs_attention"


class Reason(Word):
    """Why a refund is asked for; all but `changed_mind` are the merchant's fault."""

    QUALITY_ISSUE = "quality_issue"
    DELIVERY_ERROR = "delivery_error"
    CHANGED_MIND = "changed_mind"
    MERCHANT_BREACH = "merchant_breach"


class FieldProblem(Answer):
    """One thing that is wrong with a request; what was sent is not repeated."""

    pointer: str
    detail: str


class ToldParcel(Body):
    """The parcel as its carrier has it now."""

    tracking_number: str


class ParcelWebhook(Body):
    """How far a parcel has come."""

    type: Literal["parcel.in_transit", "parcel.delivered", "parcel.lost"]
    timestamp: datetime
    data: ToldParcel


class Problem(Answer):
    """An error, as `application/problem+json`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)
