"""Exclusive discounts used by an order become active again when their goods come back (rule 26)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.claims import Claim
from domain.orders import DiscountSource
from domain.positions import OrderPosition


class ExclusiveOutcome(StrEnum):
    REINSTATED = "reinstated"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class ExclusiveEffect:
    discount_id: str
    outcome: ExclusiveOutcome


def exclusive_effects(
    position: OrderPosition, claims: tuple[Claim, ...], used: tuple[str, ...]
) -> tuple[ExclusiveEffect, ...]:
    """Reinstate those of the `used` discounts whose lines settled refunds and `claims` return (rule 26)."""
    return tuple(
        ExclusiveEffect(
            discount_id,
            ExclusiveOutcome.REINSTATED
            if _lines_are_returned(position, claims, discount_id)
            else ExclusiveOutcome.KEPT,
        )
        for discount_id in used
    )


def _lines_are_returned(position: OrderPosition, claims: tuple[Claim, ...], discount_id: str) -> bool:
    """Lines that used it are those it took something off; one that took nothing off any line is the whole order's."""
    places = {
        place
        for place, discount in enumerate(position.order.discounts)
        if discount.source is DiscountSource.EXCLUSIVE_DISCOUNT and discount.source_id == discount_id
    }
    users = [
        line.line_id
        for line in position.sale.lines
        if any(share.discount in places and share.amount for share in line.discount_shares)
    ]
    if not users:
        return position.is_fully_returned(claims)
    return all(not position.line_after(line_id, claims).unclaimed_units.ranges for line_id in users)
