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
