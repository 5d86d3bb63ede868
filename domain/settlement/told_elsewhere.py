"""What other systems of the merchant's are told of a settlement: of each kind that lives there, what it comes to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.campaigns.campaigns import RewardTakeBack
from domain.claims.stock import StockPut
from domain.entitlements.elsewhere import (
    CampaignMoved,
    CampaignsMoved,
    CouponMove,
    CouponMoved,
    CouponsMoved,
    LineBack,
    PointsMoved,
    RewardTaken,
    StockLot,
    StockMoved,
    UnitsBack,
)
from domain.sale.measures import Measure, as_said
from domain.sale.orders import OrderLine, RewardKind
from domain.settlement.settlement import Settlement


@dataclass(frozen=True, slots=True)
class StockOfLine:
    """What became of a line's accepted units; `word` is the warehouse's own for it."""

    line_id: str
    sku: str
    measure: Measure | None
    puts: tuple[StockPut, ...]
    word: str | None


def points_moved(settlement: Settlement) -> PointsMoved:
    return PointsMoved(settlement.points.restored, settlement.points.from_balance)


def coupons_given_back(settlement: Settlement, reinstated: Sequence[str]) -> CouponsMoved | None:
    """Return the coupons that can be used again, and the parts that come back as new ones; None where there is none."""
    whole = [CouponMoved(each, CouponMove.REINSTATED, 0, settlement.total.currency) for each in reinstated]
    parts = [
        CouponMoved(each, CouponMove.RESIDUAL, worth.minor_units, worth.currency)
        for each, worth in settlement.residuals
    ]
    return _coupons([*whole, *parts])


def coupons_revoked(settlement: Settlement) -> CouponsMoved | None:
    """Return the coupons that the order granted and that can't be used any more; None where there is none."""
    revoked = (each for each in settlement.grants if each.is_revoked)
    return _coupons(CouponMoved(each.grant.name, CouponMove.REVOKED, 0, each.taken.currency) for each in revoked)


def campaigns_moved(settlement: Settlement) -> CampaignsMoved:
    campaigns = tuple(
        CampaignMoved(
            each.campaign_id,
            each.spend_before.minor_units,
            each.spend_after.minor_units,
            each.qualified_before,
            each.qualified_after,
            each.participation_restored,
        )
        for each in settlement.campaigns
    )
    return CampaignsMoved(settlement.total.currency, campaigns, tuple(map(_reward, settlement.take_backs)))


def stock_moved(inspected: Iterable[StockOfLine]) -> StockMoved | None:
    """Return what becomes of each unit that was accepted; None where there is none."""
    lots = tuple(_lot(line, put) for line in inspected for put in line.puts)
    return StockMoved(lots) if lots else None


def units_back(settlement: Settlement, lines: Iterable[OrderLine]) -> UnitsBack | None:
    """Return the units whose sale is undone, accepted or never sent; None where it is money alone."""
    counted = Counter[str]()
    for claim in settlement.claims:
        counted[claim.line_id] += claim.units.count
    told = tuple(_line_back(line, counted[line.line_id]) for line in lines if counted[line.line_id])
    return UnitsBack(told) if told else None


def _line_back(line: OrderLine, count: int) -> LineBack:
    quantity, ordered = (str(as_said(each, line.measure)) for each in (count, line.quantity))
    return LineBack(line.line_id, line.sku, quantity, quantity, ordered, line.measure.unit if line.measure else None)


def _lot(line: StockOfLine, put: StockPut) -> StockLot:
    quantity, unit = str(as_said(put.count, line.measure)), line.measure.unit if line.measure else None
    return StockLot(line.line_id, line.sku, quantity, unit, put.disposition, put.location, line.word)


def _coupons(moved: Iterable[CouponMoved]) -> CouponsMoved | None:
    coupons = tuple(moved)
    return CouponsMoved(coupons) if coupons else None


def _reward(plan: RewardTakeBack) -> RewardTaken:
    reward = plan.reward
    taken = plan.taken_points if reward.kind is RewardKind.POINTS else plan.taken.minor_units
    return RewardTaken(reward.campaign_id, reward.kind, taken, reward.coupon_id)
