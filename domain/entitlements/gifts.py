"""Gifts that came with the goods, and what becomes of them when the goods go back (rule 27)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition, by_line
from domain.money.amounts import Money
from domain.policy import TakeBack
from domain.sale.measures import Measure
from domain.sale.sales import SoldLine
from domain.sale.units import Units


class GiftOutcome(StrEnum):
    """`kept`: its condition still holds. `returned`: it comes back with this refund."""

    KEPT = "kept"
    RETURNED = "returned"
    VALUE_DEDUCTED = "value_deducted"
    FORGIVEN = "forgiven"


@dataclass(frozen=True, slots=True)
class GiftEffect:
    """What becomes of some units of a gift; `value` is what is missing of them, zero for what is not deducted.

    `measure` says by what they are measured, None for whole units (rule 48).
    """

    line_id: str
    units: Units
    outcome: GiftOutcome
    value: Money
    measure: Measure | None = None

    @property
    def stays_for_good(self) -> bool:
        """A gift that was deducted or forgiven is the customer's: it is not asked for again."""
        return self.outcome in (GiftOutcome.VALUE_DEDUCTED, GiftOutcome.FORGIVEN)


def gift_effects(position: OrderPosition, claims: tuple[Claim, ...], policy: TakeBack) -> tuple[GiftEffect, ...]:
    """Say what becomes of every gift the customer still has (rule 27).

    An order of gifts alone has none that depend on goods.
    """
    gifts = [line for line in position.sale.lines if line.gift]
    if not gifts or len(gifts) == len(position.sale.lines):
        return ()
    claimed, kept = by_line(claims), _goods_kept(position, claims)
    return tuple(
        effect for line in gifts for effect in _effects_of(line, position, claimed.get(line.line_id, ()), kept, policy)
    )


def _effects_of(
    line: SoldLine, position: OrderPosition, claimed: Sequence[Claim], kept: "_GoodsKept", policy: TakeBack
) -> list[GiftEffect]:
    nothing, measure = line.gross.like(0), line.measure
    coming_back = Units.union(claim.units for claim in claimed)
    staying = position.line(line.line_id).free_units.without(coming_back)
    effects: list[GiftEffect] = []
    if coming_back.ranges:
        effects.append(GiftEffect(line.line_id, coming_back, GiftOutcome.RETURNED, nothing, measure))
    if staying.ranges:
        outcome = _outcome(line, kept, policy)
        value = _missing_value(line, staying) if outcome is GiftOutcome.VALUE_DEDUCTED else nothing
        effects.append(GiftEffect(line.line_id, staying, outcome, value, measure))
    return effects


def _outcome(line: SoldLine, kept: "_GoodsKept", policy: TakeBack) -> GiftOutcome:
    if kept.are_enough_for(line):
        return GiftOutcome.KEPT
    return GiftOutcome.FORGIVEN if policy is TakeBack.FORGIVE else GiftOutcome.VALUE_DEDUCTED


@dataclass(frozen=True, slots=True)
class _GoodsKept:
    """Whether the customer keeps any goods, and what was paid for them."""

    are_any: bool
    worth: Money

    def are_enough_for(self, gift: SoldLine) -> bool:
        """The goods kept come to the gift's minimum spend; without one, any of them kept is enough."""
        if gift.gift_minimum_spend is None:
            return self.are_any
        return self.worth.reaches(gift.gift_minimum_spend)


def _goods_kept(position: OrderPosition, claims: tuple[Claim, ...]) -> _GoodsKept:
    goods = [position.line_after(line.line_id, claims) for line in position.sale.lines if not line.gift]
    worth = Money.total((each.line.price_of(each.unclaimed_units) for each in goods), position.sale.currency)
    return _GoodsKept(any(each.unclaimed_units.ranges for each in goods), worth)


def _missing_value(line: SoldLine, units: Units) -> Money:
    """What the gift is worth, less what was paid for it."""
    return (line.worth_of(units) - line.price_of(units)).not_below_zero()
