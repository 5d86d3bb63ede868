"""Exclusive discounts used by an order become active again when their goods come back (rule 26)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.sale.orders import DiscountSource


class ExclusiveOutcome(StrEnum):
    REINSTATED = "reinstated"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class ExclusiveEffect:
    """`used_elsewhere` says that another order of the customer keeps it (rule 43)."""

    discount_id: str
    outcome: ExclusiveOutcome
    used_elsewhere: bool = False


def exclusive_effects(
    position: OrderPosition, claims: tuple[Claim, ...], used: tuple[str, ...], used_elsewhere: tuple[str, ...] = ()
) -> tuple[ExclusiveEffect, ...]:
    """Reinstate those of the `used` discounts whose lines settled refunds and `claims` return (rule 26).

    Not those that other orders of the customer use as well (rule 43).
    """
    return tuple(_effect(position, claims, each, used_elsewhere) for each in used)


def _effect(
    position: OrderPosition, claims: tuple[Claim, ...], discount_id: str, used_elsewhere: tuple[str, ...]
) -> ExclusiveEffect:
    if discount_id in used_elsewhere:
        return ExclusiveEffect(discount_id, ExclusiveOutcome.KEPT, used_elsewhere=True)
    is_back = lines_are_returned(position, claims, discount_id)
    return ExclusiveEffect(discount_id, ExclusiveOutcome.REINSTATED if is_back else ExclusiveOutcome.KEPT)


def lines_are_returned(position: OrderPosition, claims: tuple[Claim, ...], discount_id: str) -> bool:
    """Tell whether the lines that used an exclusive discount are returned by settled refunds and `claims` (rule 26).

    Those are the lines it took something off; one that took nothing off any line is the whole order's.
    """
    places = {
        place
        for place, discount in enumerate(position.order.discounts)
        if discount.source is DiscountSource.EXCLUSIVE_DISCOUNT and discount.source_id == discount_id
    }
    users = position.sale.lines_touched_by(places)
    if not users:
        return position.is_fully_returned(claims)
    return all(not position.line_after(line_id, claims).unclaimed_units.ranges for line_id in users)
