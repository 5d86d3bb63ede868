"""What a merchant's systems are told of: the catalogue of events, and how patiently each is told."""

from datetime import timedelta
from enum import StrEnum


class MerchantEvent(StrEnum):
    """What may happen, by the noun that it happens to."""

    REFUND_REQUESTED = "refund.requested"
    REFUND_EVIDENCE_REQUESTED = "refund.evidence_requested"
    REFUND_EVIDENCE_ADDED = "refund.evidence_added"
    REFUND_APPROVED_IN_PART = "refund.approved_in_part"
    REFUND_APPROVED = "refund.approved"
    REFUND_SETTLED = "refund.settled"
    REFUND_REOPENED = "refund.reopened"
    REFUND_NEEDS_ATTENTION = "refund.needs_attention"
    REFUND_RESOLVED = "refund.resolved"
    REFUND_COMPLETED = "refund.completed"
    REFUND_REJECTED = "refund.rejected"
    REFUND_CANCELLED = "refund.cancelled"
    REFUND_EXPIRED = "refund.expired"
    REFUND_FEEDBACK = "refund.feedback"
    RETURN_LABEL_READY = "return.label_ready"
    RETURN_LABEL_VOID = "return.label_void"
    RETURN_SHIPPED = "return.shipped"
    RETURN_PARCEL_RECEIVED = "return.parcel_received"
    RETURN_PARCEL_LOST = "return.parcel_lost"
    RETURN_PARCEL_NOTED = "return.parcel_noted"
    RETURN_INSPECTED = "return.inspected"
    REFUND_PAID = "refund.paid"
    REFUND_PAID_ELSEWHERE = "refund.paid_elsewhere"
    PAYOUT_DECLINED = "payout.declined"
    PAYOUT_FAILED = "payout.failed"
    DISPUTE_LOST = "dispute.lost"
    DISPUTE_WON = "dispute.won"
    COUPON_REINSTATED = "coupon.reinstated"
    COUPON_RESIDUAL = "coupon.residual"
    COUPON_WITHDRAWN = "coupon.withdrawn"
    POINTS_SETTLED = "points.settled"
    POINTS_WITHDRAWN = "points.withdrawn"
    CAMPAIGNS_RECALCULATED = "campaigns.recalculated"
    CAMPAIGNS_WITHDRAWN = "campaigns.withdrawn"
    GRANT_WITHDRAWN = "grant.withdrawn"
    GRANTS_WITHDRAWN = "grants.withdrawn"
    EXCLUSIVE_DISCOUNT_REINSTATED = "exclusive_discount.reinstated"
    EXCLUSIVE_DISCOUNT_WITHDRAWN = "exclusive_discount.withdrawn"
    TIER_RECALCULATED = "tier.recalculated"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    RISK_ALERT_RAISED = "risk_alert.raised"

    @property
    def in_timeline(self) -> str:
        """What a refund's timeline calls it: a refund and its return need not be named there."""
        noun, _, word = self.value.partition(".")
        return word if noun in ("refund", "return") else f"{noun}_{word}"

    @property
    def is_of_refund(self) -> bool:
        return self not in (MerchantEvent.WEBHOOK_ENDPOINT_DISABLED, MerchantEvent.RISK_ALERT_RAISED)


_BY_TIMELINE = {each.in_timeline: each for each in MerchantEvent if each.is_of_refund}


def told_as(event: str) -> MerchantEvent | None:
    """Say as what an entry of a refund's timeline is told; None for what is the house's own affair."""
    return _BY_TIMELINE.get(event)


TOLD_FOR = timedelta(days=3)
"""For so long an event is sent again and again; an endpoint that takes nothing for so long is disabled."""

_PAUSES = (
    *(timedelta(seconds=seconds) for seconds in (2, 10, 30)),
    *(timedelta(minutes=minutes) for minutes in (2, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 12, 12, 12)),
)

_LONGEST_REST = timedelta(minutes=5)


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts, the last of which was in vain; None where it is given up."""
    if attempts <= len(_PAUSES):
        return _PAUSES[attempts - 1]
    left = TOLD_FOR - sum(_PAUSES, timedelta())
    return left if attempts == len(_PAUSES) + 1 else None


def rest_after(failures: int) -> timedelta:
    """How long an endpoint is left alone that has failed so many times one after the other."""
    return min(timedelta(seconds=2 ** min(failures - 1, 20)), _LONGEST_REST)
