"""Why a refund is asked for, and whether goods come back."""

from enum import StrEnum


class Reason(StrEnum):
    QUALITY_ISSUE = "quality_issue"
    DELIVERY_ERROR = "delivery_error"
    CHANGED_MIND = "changed_mind"
    MERCHANT_BREACH = "merchant_breach"

    @property
    def is_merchants_fault(self) -> bool:
        return self is not Reason.CHANGED_MIND


class RefundKind(StrEnum):
    RETURN = "return"
    REFUND_ONLY = "refund_only"


class RefundStatus(StrEnum):
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

    @property
    def is_final(self) -> bool:
        return self in (self.COMPLETED, self.REJECTED, self.CANCELLED, self.EXPIRED)
