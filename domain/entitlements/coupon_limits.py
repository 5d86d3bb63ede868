"""How often a coupon can be used, in all and by each customer, and who may use it once more (rules 13, 14 and 43)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.entitlements.coupons import CouponStatus
from domain.sale.guests import called


class CouponUsedUp(Exception):
    """An order names a coupon that is used as often as it can be."""


@dataclass(frozen=True, slots=True)
class CustomerUses:
    """One customer's uses of one coupon: how many orders use it, and what refunds gave back and no order used again.

    Each of `given_back` is until when that one can be used once more; None is as long as the coupon itself.
    """

    standing: int
    given_back: tuple[datetime | None, ...] = ()

    @property
    def kept(self) -> int:
        return self.standing + len(self.given_back)


@dataclass(frozen=True, slots=True)
class CouponLimits:
    """`in_all` and `per_customer` are the most uses; None is no limit.

    A shop-wide coupon is everybody's. A customer's own coupon without any limit is used once, by however many orders
    at a time (rule 43). Of every other coupon each use counts for itself: it comes back with its own order, to the
    customer who had it, for whom it is kept.
    """

    is_shop_wide: bool
    in_all: int | None = None
    per_customer: int | None = None

    @property
    def counts_uses(self) -> bool:
        return self.is_shop_wide or self.in_all is not None or self.per_customer is not None

    @property
    def of_everybody(self) -> "CouponLimits":
        """The limits that count where nobody in particular asks."""
        return replace(self, per_customer=None)

    def refuse_more(self, coupon_id: str, customer_id: str, uses: CustomerUses) -> None:
        """Raise CouponUsedUp where this customer uses the coupon as often as one customer can."""
        most = self._most_of_one
        if most is not None and uses.standing >= most:
            raise CouponUsedUp(
                f"coupon {coupon_id!r} has 0 of {most} uses left for {called(customer_id)}, who has used all of them"
            )

    def used_up(self, coupon_id: str) -> CouponUsedUp:
        """Say that nobody has a use left but those to whom one came back."""
        return CouponUsedUp(f"coupon {coupon_id!r} has 0 of {self.in_all} uses left")

    def left_in_all(self, taken: int) -> int | None:
        """Return how many new uses are left; None is no limit. `taken` counts what is used or kept for a customer."""
        return None if self.in_all is None else max(self.in_all - taken, 0)

    def left_for(self, uses: CustomerUses, taken: int) -> int | None:
        """Return how often one customer can still use the coupon, with what is kept for them; None is no limit."""
        left_new = self.left_in_all(taken)
        left = [] if left_new is None else [left_new + len(uses.given_back)]
        if self._most_of_one is not None:
            left.append(max(self._most_of_one - uses.standing, 0))
        return min(left, default=None)

    @property
    def _most_of_one(self) -> int | None:
        return min((most for most in (self.in_all, self.per_customer) if most is not None), default=None)


def end_for(valid_until: datetime | None, given_back: Sequence[datetime | None]) -> datetime | None:
    """Return until when a customer can use a coupon: as its merchant says, or longer where time came back (rule 14)."""
    if valid_until is None:
        return None
    return max([valid_until, *(end for end in given_back if end is not None)])


@dataclass(frozen=True, slots=True)
class Usable:
    """How a coupon that nobody revoked stands for somebody; `left` and `until` None are without a limit or an end."""

    status: CouponStatus
    left: int | None
    until: datetime | None


def usable(limits: CouponLimits, uses: CustomerUses, taken: int, valid_until: datetime | None, now: datetime) -> Usable:
    """Tell whether a customer can use a coupon now, how often, and until when.

    After the end that its merchant says they have what came back to them, each until its own end (rule 14).
    """
    until, left = end_for(valid_until, uses.given_back), limits.left_for(uses, taken)
    if left == 0:
        return Usable(CouponStatus.USED, left, until)
    if until is not None and until < now:
        return Usable(CouponStatus.EXPIRED, 0, until)
    if valid_until is not None and valid_until < now:
        still = sum(end is not None and end >= now for end in uses.given_back)
        left = still if left is None else min(left, still)
    return Usable(CouponStatus.UNUSED, left, until)


def in_parts(total: int, parts: int) -> tuple[int, ...]:
    """Split a count as evenly as can be, the first parts take the rest.

    Of two counts split alike, no part of the smaller one is larger than that part of the larger one.
    """
    least, rest = divmod(total, parts)
    return tuple(least + (place < rest) for place in range(parts))
