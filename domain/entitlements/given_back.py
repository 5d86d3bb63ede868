"""What several orders used is back when none of them uses it any more, and its time is given back once (rule 43)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.entitlements.coupons import extended
from domain.policy import CouponExpiry


@dataclass(frozen=True, slots=True)
class Use:
    """One order's use of a coupon or an exclusive discount, until a refund of that order gives it back.

    `valid_until` is the end it had when it was used, whatever was given back or changed since; None is no end.
    """

    order_id: str
    used_at: datetime
    valid_until: datetime | None
    is_back: bool


def is_free(uses: Sequence[Use]) -> bool:
    """Tell whether no order uses it any more (rule 43)."""
    return all(use.is_back for use in uses)


def free_until(uses: Sequence[Use], policy: CouponExpiry, refunded_at: datetime) -> datetime | None:
    """Return until when it is valid once all of `uses` are back; None gives it no time (rules 14 and 43).

    Orders that used it side by side give its time back together, once: as much as it had left for the first of them,
    whichever comes back last.
    """
    if policy is CouponExpiry.ORIGINAL:
        return None
    ends = (extended(use.valid_until, policy, used_at=use.used_at, refunded_at=refunded_at) for use in uses)
    return max((end for end in ends if end is not None), default=None)
