"""Orders as they are sold after refunds of them were asked for, and refusals of it (rule 57)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.claims.standing import StandsInTheWay
from domain.money.amounts import Money
from domain.sale.orders import Discount, Order, OrderLine
from domain.sale.payments import Payment
from tests.domain.builders import a_payment, on
from tests.domain.refund_desk import Desk


def sold_as(
    desk: Desk,
    lines: Sequence[OrderLine] | None = None,
    discounts: Sequence[Discount] | None = None,
    payments: Sequence[Payment] | None = None,
    **changes: object,
) -> Order:
    """The desk's order as the merchant says it is sold now; the card paid all of it unless told otherwise."""
    known = desk.order
    later = replace(known, updated_at=(known.updated_at or on(19)) + timedelta(days=1), **changes)  # type: ignore[arg-type]
    named = [replace(line, line_id=line.line_id or f"l{place}") for place, line in enumerate(lines or known.lines, 1)]
    order = replace(later, lines=tuple(named), discounts=tuple(known.discounts if discounts is None else discounts))
    return replace(order, payments=tuple(payments or (a_payment("card", order.price.minor_units),)))


def refuse(desk: Desk, order: Order, because: str) -> StandsInTheWay:
    """The order can't be sold like that, and nothing has changed."""
    before = desk.order, desk.sale
    with pytest.raises(StandsInTheWay, match=because) as refused:
        desk.put(order)
    assert (desk.order, desk.sale) == before
    return refused.value


def total_of(desk: Desk) -> Money:
    return Money.total((each.total for each in desk.settled.values()), "CNY")
