"""Why a refund is asked for, and whether goods come back."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a refund is asked for; all but `changed_mind` are the merchant's fault."""

    QUALITY_ISSUE = "quality_issue"
    DELIVERY_ERROR = "delivery_error"
    CHANGED_MIND = "changed_mind"
    MERCHANT_BREACH = "merchant_breach"

    @property
    def is_merchants_fault(self) -> bool:
        return self is not Reason.CHANGED_MIND


class RefundKind(StrEnum):
    """Whether goods come back."""

    RETURN = "return"
    REFUND_ONLY = "refund_only"


class RefundStatus(StrEnum):
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

    @property
    def is_final(self) -> bool:
        return self in (self.COMPLETED, self.REJECTED, self.CANCELLED, self.EXPIRED)
