"""A basket as a merchant would push it: the shop's own figures, and as little made up as the API lets us."""

from collections.abc import Mapping
from datetime import datetime

from domain.sale.measures import Measure, as_said
from proof.baskets.data import Basket, OffKind, Sold
from tools.client import Json

MADE_UP = (
    "every customer's wish to return, its reason (quality_issue) and kind (refund_only), a day after the purchase",
    "one card payment for each basket at the sandbox gateway, shipping 0, tax 0",
    "status delivered with no delivery date; UTC as the time zone of all dates; USD as the currency",
)

AS_SOLD = (
    "a line's `total` is what it cost on the shelf; what was taken off is a discount with `allocations`, for each kind",
    "a line of no units that took something off is a discount off the whole basket; one of no money either is left out",
    "a coupon that is worth more than its product takes the rest off the whole basket, as the till did",
    "a coupon has its name where the list of redemptions leaves only one that it can have been; else it is `other`",
)


def order_of(basket: Basket, customer_id: str) -> Json:
    """Write a basket as an order that was paid when it was sold."""
    lines = [_line(sold) for sold in basket.sold if sold.quantity or sold.gross]
    discounts = _discounts(basket)
    paid = sum(line["total"] for line in lines) - sum(each["amount"] for each in discounts)
    return {
        "customer_id": customer_id,
        "currency": "USD",
        "status": "delivered",
        "placed_at": _time(basket.at),
        "paid_at": _time(basket.at),
        "lines": lines,
        "discounts": discounts,
        "payments": [_payment(basket.name, paid)] if paid > 0 else [],
    }


def charge_of(name: str) -> str:
    """Name the sandbox charge that a basket was paid with."""
    return f"ch_{name}"


def _line(sold: Sold) -> Json:
    line: Json = {"line_id": sold.product, "sku": sold.product, "quantity": sold.quantity, "total": sold.gross}
    if sold.unit:
        line |= {"quantity": as_said(sold.quantity, Measure(sold.unit)), "unit": sold.unit}
    return line


def _discounts(basket: Basket) -> list[Json]:
    """What the card took off, then what the shop added to a coupon, then the coupons, by their names."""
    discounts: list[Json] = []
    left = {sold.product: sold.gross for sold in basket.sold}
    of_all = 0
    for kind, coupon in _kinds(basket):
        shares: dict[str, int] = {}
        for sold in basket.sold:
            off = sold.off.get(kind, 0) if kind is not OffKind.COUPON or sold.coupon == coupon else 0
            here = min(off, left[sold.product])
            left[sold.product] -= here
            of_all += off - here
            if here:
                shares[sold.product] = here
        if shares:
            discounts.append(_discount(sum(shares.values()), coupon) | {"allocations": shares})
    return discounts + ([_discount(of_all)] if of_all else [])


def _kinds(basket: Basket) -> list[tuple[OffKind, str]]:
    names = sorted({sold.coupon for sold in basket.sold if sold.off.get(OffKind.COUPON)})
    return [(OffKind.LOYALTY, ""), (OffKind.MATCH, ""), *((OffKind.COUPON, name) for name in names)]


def _discount(amount: int, coupon: str = "") -> Json:
    named: Mapping[str, str] = {"source": "coupon", "id": coupon} if coupon else {"source": "other"}
    return {**named, "amount": amount}


def _payment(name: str, amount: int) -> Json:
    return {
        "payment_id": "card",
        "method": "card",
        "gateway": "sandbox",
        "gateway_ref": charge_of(name),
        "amount": amount,
    }


def _time(at: datetime) -> str:
    return at.isoformat()
