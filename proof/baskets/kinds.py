"""What is odd about a basket: the table of kinds that `docs/proof.md` shows."""

from collections.abc import Iterator

from proof.baskets.data import Basket, OffKind
from tools.client import Json

KINDS = (
    "all",
    "several lines",
    "several units of a line",
    "a price that its units do not divide",
    "a measured quantity",
    "a discount for a loyalty card",
    "a coupon",
    "a coupon that is known by name",
    "a coupon that the shop matched",
    "a coupon worth more than its product",
    "money off the whole basket",
    "a line that cost nothing",
    "nothing paid at all",
)


def kinds_of(basket: Basket, order: Json) -> Iterator[str]:
    """Name what holds for a basket and the order that it became."""
    yield "all"
    yield from _by_lines(basket, order)
    yield from _by_discounts(basket, order)
    if not order["payments"]:
        yield "nothing paid at all"


def _by_lines(basket: Basket, order: Json) -> Iterator[str]:
    counted = [sold for sold in basket.sold if sold.quantity and not sold.unit]
    if len(order["lines"]) > 1:
        yield "several lines"
    if any(sold.quantity > 1 for sold in counted):
        yield "several units of a line"
    if any(sold.gross % sold.quantity for sold in counted):
        yield "a price that its units do not divide"
    if any(sold.unit for sold in basket.sold):
        yield "a measured quantity"
    if any(not line["total"] for line in order["lines"]):
        yield "a line that cost nothing"


def _by_discounts(basket: Basket, order: Json) -> Iterator[str]:
    for kind, name in (
        (OffKind.LOYALTY, "a discount for a loyalty card"),
        (OffKind.COUPON, "a coupon"),
        (OffKind.MATCH, "a coupon that the shop matched"),
    ):
        if any(sold.off.get(kind) for sold in basket.sold):
            yield name
    if any(sold.coupon for sold in basket.sold):
        yield "a coupon that is known by name"
    if any(sum(sold.off.values()) > sold.gross for sold in basket.sold if sold.quantity):
        yield "a coupon worth more than its product"
    if any("allocations" not in each for each in order["discounts"]):
        yield "money off the whole basket"
