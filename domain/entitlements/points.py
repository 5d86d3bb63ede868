"""Points that come back to the customer and points that are taken back (rules 18 to 20)."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.entitlements.coupons import extended
from domain.entitlements.grants import lines_of, undone_share
from domain.money.amounts import Money
from domain.policy import CouponExpiry, EarnedPoints, PointsShortfall
from domain.sale.orders import EarnedLot


@dataclass(frozen=True, slots=True)
class PointsEffect:
    """Whole points of one refund: spent ones restored, earned ones that must go back.

    Of those, `deducted` are taken off the payout and `forgiven` are let go; the rest comes off the balance. `ran_out`
    are points of each earned lot that ended unspent: they are gone already, and do not go back once more.
    """

    restored: int
    clawed_back: int
    deducted: int = 0
    forgiven: int = 0
    ran_out: tuple[int, ...] = field(default=(), compare=False)

    @property
    def from_balance(self) -> int:
        """What is taken off the balance, before what is restored is netted with it."""
        return self.clawed_back - self.deducted - self.forgiven

    @property
    def net(self) -> int:
        """What the balance moves by: the two are netted first (rule 20)."""
        return self.restored - self.from_balance


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


def points_effect(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    policy: EarnedPoints,
    shortfall: PointsShortfall,
    balance: int,
    ran_out: tuple[int, ...] = (),
    *,
    spent_beside: int = 0,
) -> PointsEffect:
    """Return what these claims, on top of the settled refunds, do to the customer's points (rules 18 to 20).

    `spent_beside` are those that come back with the shipping, and with lines that are no units (rules 8 and 47).

    `balance` is what the customer has, less what other refunds hold. What it can't cover, after what is restored,
    makes it negative, is deducted from the refund or is forgiven (rule 20). Claims that undo nothing of the sale take
    nothing back.
    """
    restored = sum(claim.points for claim in claims) + spent_beside
    if policy is EarnedPoints.KEEP or not position.order.points_earned or not position.undoes_more(claims):
        return PointsEffect(restored, 0)
    due = sum(each.due for each in earned_by_returned_goods(position, claims, ran_out))
    clawed_back = max(due - position.points_clawed_back, 0)
    short = min(max(clawed_back - restored - max(balance, 0), 0), clawed_back)
    return PointsEffect(
        restored,
        clawed_back,
        deducted=short if shortfall is PointsShortfall.DEDUCT_FROM_REFUND else 0,
        forgiven=short if shortfall is PointsShortfall.FORGIVE else 0,
        ran_out=ran_out,
    )


@dataclass(frozen=True, slots=True)
class LotUndone:
    """What of one earned lot the goods that are undone so far carry: the share `part` of `whole`, floored (rule 19).

    Of that, what ran out is not `due` once more.
    """

    lot: EarnedLot
    share: int
    part: int
    whole: int
    ran_out: int = 0

    @property
    def due(self) -> int:
        return max(self.share - self.ran_out, 0)


def earned_by_returned_goods(
    position: OrderPosition, claims: tuple[Claim, ...], ran_out: tuple[int, ...] = ()
) -> tuple[LotUndone, ...]:
    """Return what the goods undone so far carry of each earned lot, floored, with what those and all its goods cost.

    A full return takes the rest, also of what is fixed. A line whose whole price came back as money-only adjustments
    counts like a return of it; of a part of a line's price the customer keeps what it earned, as the goods are kept
    (rules 5 and 19). Goods that cost points alone have no price paid: their price before discounts stands in for it
    (rule 19).
    """
    order, completes = position.order, position.is_fully_returned(claims)
    lots = order.earned_lots or (EarnedLot(order.points_earned),)
    undone = (_undone(lot, position, claims, completes=completes) for lot in lots)
    if not ran_out:
        return tuple(undone)
    return tuple(replace(each, ran_out=gone) for each, gone in zip(undone, ran_out, strict=True))


def _undone(lot: EarnedLot, position: OrderPosition, claims: tuple[Claim, ...], *, completes: bool) -> LotUndone:
    if lot.is_fixed:
        return LotUndone(lot, lot.points if completes else 0, int(completes), 1)
    part, whole = _of_all_goods(position, claims)
    is_all = completes
    if lot.line_ids:
        share = undone_share(lines_of(lot.line_ids, position.sale), position.undone(claims), position.lost(claims))
        part, whole, is_all = share.part, share.whole, completes or share.is_all
    due = lot.points * part // whole if whole else 0
    return LotUndone(lot, lot.points if is_all else due, part, whole)


def _of_all_goods(position: OrderPosition, claims: tuple[Claim, ...]) -> tuple[int, int]:
    returned, sold = position.price_undone(claims), position.sale.goods_paid
    if not sold:
        returned, sold = _gross_undone(position, claims), _gross_sold(position)
    return returned.minor_units, sold.minor_units


def _gross_undone(position: OrderPosition, claims: tuple[Claim, ...]) -> Money:
    gross = (position.sale.line(line_id).gross_of(units) for line_id, units in position.undone(claims).items())
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
