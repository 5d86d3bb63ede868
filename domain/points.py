"""Points that come back to the customer and points that are taken back (rules 18 to 20)."""

from dataclasses import dataclass
from datetime import datetime

from domain.claims import Claim
from domain.coupons import extended
from domain.money import Money
from domain.policy import CouponExpiry, EarnedPoints
from domain.positions import OrderPosition


@dataclass(frozen=True, slots=True)
class PointsEffect:
    """Whole points of one refund: spent ones restored, earned ones clawed back."""

    restored: int
    clawed_back: int

    @property
    def net(self) -> int:
        """What the balance moves by: the two are netted first (rule 20)."""
        return self.restored - self.clawed_back


@dataclass(frozen=True, slots=True)
class SpentLot:
    """Points an order took from one lot, with the lot's own expiry and what earlier refunds gave back of them."""

    lot_id: int | None
    points: int
    restored: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RestoredLot:
    lot_id: int | None
    points: int
    expires_at: datetime | None


def points_effect(position: OrderPosition, claims: tuple[Claim, ...], policy: EarnedPoints) -> PointsEffect:
    """Return what these claims, on top of the settled refunds, do to the customer's points."""
    restored = sum(claim.points for claim in claims)
    if policy is EarnedPoints.KEEP:
        return PointsEffect(restored, 0)
    due = _earned_by_returned_goods(position, claims)
    return PointsEffect(restored, max(due - position.points_clawed_back, 0))


def _earned_by_returned_goods(position: OrderPosition, claims: tuple[Claim, ...]) -> int:
    """Earned points in proportion to all goods returned so far, floored; a full return takes the rest (rule 19)."""
    earned = position.order.points_earned
    if position.is_fully_returned(claims):
        return earned
    returned, sold = position.price_returned(claims), position.sale.goods_paid
    if not sold:
        returned, sold = _gross_returned(position, claims), _gross_sold(position)
    return earned * returned.minor_units // sold.minor_units if sold else 0


def _gross_returned(position: OrderPosition, claims: tuple[Claim, ...]) -> Money:
    """Goods that cost points alone have no price paid: their price before discounts stands in for it."""
    settled = [claim for refund in position.refunds for claim in refund.claims if claim.is_final]
    gross = (
        line.gross.like(claim.units.share_of(line.gross.minor_units, line.quantity))
        for claim in [*settled, *claims]
        for line in [position.sale.line(claim.line_id)]
    )
    return Money.total(gross, position.sale.currency)


def _gross_sold(position: OrderPosition) -> Money:
    return Money.total((line.gross for line in position.sale.lines), position.sale.currency)


def restore_lots(
    spent: tuple[SpentLot, ...],
    points: int,
    policy: CouponExpiry,
    *,
    spent_at: datetime,
    refunded_at: datetime,
) -> tuple[RestoredLot, ...]:
    """Give `points` back to the lots they came from, the longest-lived lot first, extended like coupons (rule 18)."""
    restored: list[RestoredLot] = []
    for lot in spent:
        here = min(lot.points - lot.restored, points)
        if here > 0:
            points -= here
            until = extended(lot.expires_at, policy, used_at=spent_at, refunded_at=refunded_at)
            restored.append(RestoredLot(lot.lot_id, here, until))
    if points > 0:
        restored.append(RestoredLot(None, points, None))
    return tuple(restored)
