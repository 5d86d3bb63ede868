"""Coupons the order used: when they come back, for how long, and what a part of one is worth (rules 13 to 15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.money.amounts import Money
from domain.policy import CouponExpiry, CouponOnPartial
from domain.sale.orders import DiscountSource

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class CouponOutcome(StrEnum):
    """`kept`: not given back yet. `revoked` and `value_deducted` are of coupons that the order granted (rule 16)."""

    REINSTATED = "reinstated"
    RESIDUAL = "residual"
    KEPT = "kept"
    REVOKED = "revoked"
    VALUE_DEDUCTED = "value_deducted"


class CouponStatus(StrEnum):
    """Whether a coupon can be used; `revoked` was taken back (rule 16)."""

    UNUSED = "unused"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class UsedCoupon:
    """A coupon that an order used; `reusable_after_refund` false switches its reinstatement off (rule 15).

    `used_elsewhere` while another order of the customer uses it as well (rule 43). `paid_for` is what was deducted for
    it, where the order that granted it is returned and that is another sum than it is worth by itself (rule 44).
    `counts_uses` where each use comes back for itself: of a shop-wide coupon, or of one with several uses.
    """

    coupon_id: str
    reusable_after_refund: bool
    used_elsewhere: bool = False
    paid_for: Money | None = None
    counts_uses: bool = False


@dataclass(frozen=True, slots=True)
class CouponEffect:
    """What becomes of a coupon; `amount` is what a residual is worth, or what is deducted, else zero.

    A granted coupon that is kept has an amount where the share of a part was deducted (rule 45). `issued_id` names the
    residual once it is given; `used_elsewhere` says that another order keeps the coupon, `counts_uses` that one use of
    several comes back.
    """

    coupon_id: str
    outcome: CouponOutcome
    amount: Money
    issued_id: str = ""
    used_elsewhere: bool = False
    counts_uses: bool = False


def coupon_effect(
    coupon: UsedCoupon, position: OrderPosition, claims: tuple[Claim, ...], policy: CouponOnPartial
) -> CouponEffect:
    """Reinstate the coupon once every unit is returned, judged by units and not by money (rule 13).

    With `residual` every return gives back the share that its units carried, once. A coupon of which parts came back
    before is worth its last part when the order is complete, so that the residuals never exceed it (rule 15). While
    another order uses the coupon as well, neither it nor a part of it comes back (rule 43); of a coupon that counts its
    uses, each comes back with its own order.

    A coupon for which another sum was deducted than it is worth comes back as a new one worth that sum: a coupon of
    100.00 that took 60.00 off, deducted with 60.00 when the order that granted it was returned, comes back worth 60.00.
    So two orders come to the same, whichever of them is refunded first (rule 44).
    """
    nothing = Money.zero(position.sale.currency)
    if coupon.used_elsewhere:
        return CouponEffect(coupon.coupon_id, CouponOutcome.KEPT, nothing, used_elsewhere=True)
    if not coupon.reusable_after_refund:
        return CouponEffect(coupon.coupon_id, CouponOutcome.KEPT, nothing)
    completes, before = position.is_fully_returned(claims), _residuals_before(coupon, position)
    if completes and not before and coupon.paid_for is None:
        return CouponEffect(coupon.coupon_id, CouponOutcome.REINSTATED, nothing, counts_uses=coupon.counts_uses)
    worth = _took_off(coupon, position) if coupon.paid_for is None else coupon.paid_for
    rest = (worth - before).not_below_zero()
    if completes:
        return _residual(coupon, rest)
    if policy is CouponOnPartial.RESIDUAL:
        return _residual(coupon, share_of(coupon, position, claims).at_most(rest))
    return CouponEffect(coupon.coupon_id, CouponOutcome.KEPT, nothing)


def share_of(coupon: UsedCoupon, position: OrderPosition, claims: Sequence[Claim]) -> Money:
    """Return what the coupon took off the units that `claims` return."""
    taken_off = position.taken_off(claims)
    return Money(position.sale.currency, sum(taken_off.get(place, 0) for place in _places(coupon, position)))


def extended(
    valid_until: datetime | None, policy: CouponExpiry, *, used_at: datetime, refunded_at: datetime
) -> datetime | None:
    """Return until when something given back is valid; None has no end (rule 14).

    `extend` gives back the time it had left when it was used, counted from the refund, and never less than the
    original end: used on 1 March, valid until 31 March, refunded on 10 April is valid until 10 May. Time ends with the
    year 9999, which shops write for never.
    """
    if valid_until is None or policy is CouponExpiry.ORIGINAL:
        return valid_until
    time_left = min(valid_until - used_at, _END_OF_TIME - refunded_at)
    return max(valid_until, refunded_at + time_left)


def _residual(coupon: UsedCoupon, amount: Money) -> CouponEffect:
    outcome = CouponOutcome.RESIDUAL if amount else CouponOutcome.KEPT
    return CouponEffect(coupon.coupon_id, outcome, amount)


def _residuals_before(coupon: UsedCoupon, position: OrderPosition) -> Money:
    given = (amount for each in position.refunds for name, amount in each.residuals if name == coupon.coupon_id)
    return Money.total(given, position.sale.currency)


def _took_off(coupon: UsedCoupon, position: OrderPosition) -> Money:
    """What the coupon took off the whole order, its shipping included."""
    amounts = (position.order.discounts[place].amount for place in _places(coupon, position))
    return Money.total(amounts, position.sale.currency)


def _places(coupon: UsedCoupon, position: OrderPosition) -> set[int]:
    return {
        place
        for place, discount in enumerate(position.order.discounts)
        if discount.source is DiscountSource.COUPON and discount.source_id == coupon.coupon_id
    }
