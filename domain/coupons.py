"""Coupons the order used: when they come back, and for how long (rules 13 and 14)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.policy import CouponExpiry


class CouponOutcome(StrEnum):
    REINSTATED = "reinstated"
    RESIDUAL = "residual"
    KEPT = "kept"
    REVOKED = "revoked"
    VALUE_DEDUCTED = "value_deducted"


class CouponStatus(StrEnum):
    UNUSED = "unused"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class UsedCoupon:
    """A coupon that an order used; `reusable_after_refund` false switches its reinstatement off (rule 15)."""

    coupon_id: str
    reusable_after_refund: bool


@dataclass(frozen=True, slots=True)
class CouponEffect:
    coupon_id: str
    outcome: CouponOutcome


def coupon_effect(coupon: UsedCoupon, *, fully_returned: bool) -> CouponEffect:
    """Reinstate the coupon once every unit is returned, judged by units and not by money (rule 13)."""
    comes_back = fully_returned and coupon.reusable_after_refund
    return CouponEffect(coupon.coupon_id, CouponOutcome.REINSTATED if comes_back else CouponOutcome.KEPT)


def extended(
    valid_until: datetime | None, policy: CouponExpiry, *, used_at: datetime, refunded_at: datetime
) -> datetime | None:
    """Return until when something given back is valid; None has no end (rule 14).

    `extend` gives back the time it had left when it was used, counted from the refund, and never less than the
    original end: used on 1 March, valid until 31 March, refunded on 10 April is valid until 10 May.
    """
    if valid_until is None or policy is CouponExpiry.ORIGINAL:
        return valid_until
    return max(valid_until, refunded_at + (valid_until - used_at))
