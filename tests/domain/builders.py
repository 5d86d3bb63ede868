"""Orders and requests that show only what a test is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from domain.claims.positions import LineRequest
from domain.money.amounts import Money
from domain.sale.bundles import Bundle, PartsComeBack
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
    Shipping,
    SoldForGood,
)
from domain.sale.payments import Payment, PaymentMethod
from domain.sale.shipments import Shipment, ShippedLine


def cny(fen: int) -> Money:
    return Money("CNY", fen)


def jpy(yen: int) -> Money:
    return Money("JPY", yen)


def on(day: int, month: int = 11, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


# Orders


def a_line(
    quantity: int = 1,
    unit_price: int = 100_00,
    *,
    line_id: str = "",
    tax: int = 0,
    gift: bool = False,
    currency: str = "CNY",
) -> OrderLine:
    """A line without a name gets one from its order: l1, l2, l3."""
    return OrderLine(line_id, "SKU", "Kettle", quantity, Money(currency, unit_price), Money(currency, tax), gift)


def at_a_total(total: int, *, quantity: int = 1, tax: int = 0, gift: bool = False, currency: str = "CNY") -> OrderLine:
    """A line with one price for all its units: three for 1.00."""
    line = a_line(quantity, 0, tax=tax, gift=gift, currency=currency)
    return replace(line, unit_price=None, total=Money(currency, total))


def an_extra(kind: LineKind, total: int, *, line_id: str = "", tax: int = 0, quantity: int = 1) -> OrderLine:
    """A line that is no goods and no service; one below zero is taken off the others."""
    return replace(at_a_total(total, quantity=quantity, tax=tax), line_id=line_id or kind.value, kind=kind)


def a_parcel(
    shipment_id: str,
    contents: dict[str, int],
    *,
    shipped: int | None = 2,
    delivered: int | None = None,
    amount: int | None = None,
    tax: int | None = None,
) -> Shipment:
    """A shipment of so many units of lines, sent and delivered on these days of November, or not yet."""
    return Shipment(
        shipment_id,
        tuple(ShippedLine(line_id, quantity) for line_id, quantity in contents.items()),
        None if shipped is None else on(shipped),
        None if delivered is None else on(delivered),
        None if amount is None else cny(amount),
        None if tax is None else cny(tax),
    )


def a_part(line: OrderLine, bundle_id: str = "set") -> OrderLine:
    return replace(line, bundle_id=bundle_id)


def kept_together(order: Order, bundle_id: str = "set") -> Order:
    """An order whose bundle of this name has parts that come back only together."""
    return replace(order, bundles=(*order.bundles, Bundle(bundle_id, PartsComeBack.TOGETHER)))


def sold_for_good(
    unit_price: int = 100_00, *, because: SoldForGood = SoldForGood.HYGIENE, quantity: int = 1
) -> OrderLine:
    return replace(a_line(quantity, unit_price), sold_for_good=because)


def a_gift(value: int, *, unit_price: int = 0, quantity: int = 1, minimum_spend: int | None = None) -> OrderLine:
    """Something worth `value` that came with goods; None needs any of them kept, else what they must come to."""
    condition = None if minimum_spend is None else cny(minimum_spend)
    gift = a_line(quantity, unit_price, gift=True)
    return replace(gift, gift_value=cny(value), gift_minimum_spend=condition)


def a_discount(
    amount: int,
    *,
    source: DiscountSource = DiscountSource.OTHER,
    source_id: str | None = None,
    on_lines: Sequence[str] = (),
    shares: dict[str, int] | None = None,
    points: int = 0,
    target: DiscountTarget = DiscountTarget.LINES,
    minimum_spend: int | None = None,
    rate_bp: int | None = None,
    currency: str = "CNY",
) -> Discount:
    return Discount(
        source=source,
        source_id=source_id,
        amount=Money(currency, amount),
        points=points,
        line_ids=tuple(on_lines),
        target=target,
        allocations=tuple((line_id, Money(currency, share)) for line_id, share in (shares or {}).items()),
        minimum_spend=None if minimum_spend is None else Money(currency, minimum_spend),
        rate_bp=rate_bp,
    )


def a_coupon(amount: int, *, coupon_id: str = "cpn-1", on_lines: Sequence[str] = ()) -> Discount:
    return a_discount(amount, source=DiscountSource.COUPON, source_id=coupon_id, on_lines=on_lines)


def an_exclusive_discount(amount: int, *, discount_id: str = "birthday", on_lines: Sequence[str] = ()) -> Discount:
    return a_discount(amount, source=DiscountSource.EXCLUSIVE_DISCOUNT, source_id=discount_id, on_lines=on_lines)


def points_worth(amount: int, *, points: int, on_lines: Sequence[str] = ()) -> Discount:
    return a_discount(amount, source=DiscountSource.POINTS, points=points, on_lines=on_lines)


def a_shipping_discount(
    amount: int, *, source: DiscountSource = DiscountSource.OTHER, source_id: str | None = None
) -> Discount:
    return a_discount(amount, source=source, source_id=source_id, target=DiscountTarget.SHIPPING)


def a_payment(
    payment_id: str, amount: int, *, method: PaymentMethod = PaymentMethod.CARD, currency: str = "CNY"
) -> Payment:
    return Payment(payment_id, method, "sandbox", f"ch_{payment_id}", Money(currency, amount))


def an_order(
    lines: Sequence[OrderLine] | None = None,
    discounts: Sequence[Discount] = (),
    *,
    shipping: int = 0,
    shipping_tax: int = 0,
    payments: Sequence[Payment] | None = None,
    points_earned: int = 0,
    currency: str = "CNY",
) -> Order:
    """A delivered order; unless told otherwise one card paid all of it."""
    named = (replace(line, line_id=line.line_id or f"l{place}") for place, line in enumerate(lines or [a_line()], 1))
    order = Order(
        order_id="o1",
        customer_id="c1",
        currency=currency,
        status=OrderStatus.DELIVERED,
        placed_at=on(1),
        paid_at=on(1, hour=1),
        delivered_at=on(3),
        lines=tuple(named),
        shipping=Shipping(Money(currency, shipping), Money(currency, shipping_tax)),
        discounts=tuple(discounts),
        payments=tuple(payments or ()),
        points_earned=points_earned,
    )
    by_card = (a_payment("card", order.price.minor_units, currency=currency),)
    return order if payments is not None else replace(order, payments=by_card)


# Requests


def units(line_id: str, quantity: int) -> LineRequest:
    return LineRequest(line_id, quantity, None)


def money_only(line_id: str, amount: int, *, currency: str = "CNY") -> LineRequest:
    return LineRequest(line_id, None, Money(currency, amount))
