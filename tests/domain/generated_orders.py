"""Whole orders read from a tape: gifts, discounts of every kind, taxes, none to three payments; they always balance."""

from dataclasses import replace
from datetime import datetime

from domain.money.amounts import Money
from domain.sale.bundles import Bundle, PartsComeBack
from domain.sale.guests import Guest, guest_id
from domain.sale.measures import Measure
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    EarnedLot,
    LineKind,
    Order,
    OrderLine,
    OrderStatus,
    SoldForGood,
)
from domain.sale.payments import Payment, PaymentMethod, PaymentStatus
from domain.sale.sales import Sale, book
from domain.sale.shipments import Shipment, ShippedLine
from tests.domain.builders import a_discount, a_line, a_payment, an_order, on
from tests.domain.tapes import Tape

NAMES = {
    DiscountSource.COUPON: ["cpn-1", "cpn-2"],
    DiscountSource.CAMPAIGN: ["limited", "first"],
    DiscountSource.EXCLUSIVE_DISCOUNT: ["exclusive-1", "exclusive-2"],
}


LINE_IDS = [
    ("l1", "l2", "l3", "l4"),
    ("行 1", "a:b", "a/b", "café"),
]
"""The ids of an order's lines are the merchant's: any of them may come first, and they need not look like ids."""


GUESTS = [
    Guest(email="a@example.com"),
    Guest(email=" A@Example.com ", phone="+8613800000000", locale="zh-CN"),
    Guest(phone="+8613800000000"),
]
"""The first two are one, written in two ways."""


EXTRAS = ("extra 1", "extra 2")
BUNDLES = ("set", "box")


def read_order(tape: Tape, *, gift_one_in: int = 4) -> Order:
    """One line in so many is a gift; 0 makes none."""
    currency = tape.pick(["CNY", "JPY", "KWD"])
    shipping = tape.price()
    line_ids = tape.pick(LINE_IDS)
    lines = [read_line(tape, line_id, currency, gift_one_in) for line_id in line_ids[: tape.up_to(3) + 1]]
    order = an_order(
        [*lines, *_extras(tape, currency)],
        shipping=shipping,
        shipping_tax=shipping * tape.percent() // 100,
        points_earned=tape.price(),
        currency=currency,
    )
    if tape.is_one_in(3):
        order = _with_earned_lots(tape, order)
    for _ in range(tape.up_to(4)):
        order = paid_in_parts(order, [1])
        order = replace(order, discounts=(*order.discounts, _discount(tape, order, book(order))))
    if tape.is_one_in(4):
        status = tape.pick([OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELLED])
        order = replace(order, status=status, delivered_at=None)
    for bundle_id in BUNDLES:
        if tape.is_one_in(3):
            order = _with_a_bundle(tape, order, bundle_id)
    order = replace(order, lines=(*order.lines, *_below_zero(tape, book(paid_in_parts(order, [1])))))
    if tape.is_one_in(4):
        order = replace(order, guest=tape.pick(GUESTS), customer_id=guest_id("drawn"))
    order = paid_in_parts(order, [tape.up_to(10) for _ in range(tape.up_to(2) + 1)], tape)
    if tape.is_one_in(3):
        order = replace(order, payments=tuple(_in_another_currency(tape, payment) for payment in order.payments))
    order = paid_otherwise(tape, order) if tape.is_one_in(2) else order
    return replace(order, shipments=read_shipments(tape, order))


def read_shipments(tape: Tape, order: Order) -> tuple[Shipment, ...]:
    """None in half of the orders; else up to three parcels, of which somebody tells what each cost, or nobody does."""
    if not tape.is_one_in(2):
        return ()
    left = {line.line_id: line.quantity for line in order.lines if not line.is_below_zero}
    contents = [_contents(tape, left) for _ in range(tape.up_to(2) + 1)]
    parcels = [_parcel(f"s{place}", lines, *tape.pick(_TIMES)) for place, lines in enumerate(contents, 1) if lines]
    if not parcels or tape.is_one_in(3):
        return tuple(parcels)
    goods = [line.line_id for line in order.lines if line.is_unit and line.kind is LineKind.GOODS]
    weights = [tape.up_to(3) for _ in parcels]
    if any(left[line_id] for line_id in goods):
        weights.append(tape.up_to(2))
    amounts = order.shipping.amount.allocate(weights)
    taxes = order.shipping.tax.allocate([each.minor_units for each in amounts])
    are_told_apart = tape.is_one_in(2) or not order.shipping.amount
    return tuple(
        replace(parcel, amount=amount, tax=tax if are_told_apart else None)
        for parcel, amount, tax in zip(parcels, amounts, taxes, strict=False)
    )


_TIMES = (
    *((on(2), on(4), None), (on(2), on(18), None), (on(2), None, None), (None, None, None)),
    *((on(2), None, on(10)), (None, None, on(10)), (on(2), on(18), on(10))),
)
"""When a parcel was sent, came, and was said to be lost; one of them came after all."""


def _parcel(
    shipment_id: str,
    lines: tuple[ShippedLine, ...],
    shipped_at: datetime | None,
    delivered_at: datetime | None,
    lost_at: datetime | None,
) -> Shipment:
    return Shipment(shipment_id, lines, shipped_at, delivered_at, lost_at=lost_at)


def _contents(tape: Tape, left: dict[str, int]) -> tuple[ShippedLine, ...]:
    lines = [ShippedLine(line_id, tape.up_to(quantity)) for line_id, quantity in left.items()]
    for line in lines:
        left[line.line_id] -= line.quantity
    return tuple(line for line in lines if line.quantity)


def _with_earned_lots(tape: Tape, order: Order) -> Order:
    """Points of some lines, of all goods, or fixed."""
    lots = tuple(_earned_lot(tape, order) for _ in range(tape.up_to(2) + 1))
    return replace(order, points_earned=sum(lot.points for lot in lots), earned_lots=lots)


def _earned_lot(tape: Tape, order: Order) -> EarnedLot:
    expires_at = tape.pick([None, on(9)])
    if tape.is_one_in(4):
        return EarnedLot(tape.price(), expires_at=expires_at, is_fixed=True)
    line_ids = tuple(line.line_id for line in order.lines if line.kind.is_unit and tape.is_one_in(2))
    return EarnedLot(tape.price(), line_ids, expires_at)


def read_line(tape: Tape, line_id: str, currency: str, gift_one_in: int = 4) -> OrderLine:
    quantity, unit_price, tax_percent = tape.up_to(5) + 1, tape.price(), tape.pick([0, 13, 25, 100])
    is_gift = gift_one_in > 0 and tape.is_one_in(gift_one_in)
    line = a_line(
        quantity,
        unit_price,
        line_id=line_id,
        tax=tax_percent * quantity * unit_price // 100,
        gift=is_gift,
        currency=currency,
    )
    if tape.is_one_in(3):
        line = replace(line, unit_price=None, total=line.gross + line.gross.like(tape.up_to(quantity)))
    if tape.is_one_in(4):
        line = _measured(tape, line)
    if tape.is_one_in(5):
        line = replace(line, kind=LineKind.SERVICE)
    if tape.is_one_in(6):
        line = replace(line, sold_for_good=tape.pick(list(SoldForGood)))
    if not is_gift:
        return line
    value, minimum_spend = Money(currency, tape.price()), Money(currency, tape.price())
    return replace(
        line,
        gift_value=value if tape.is_one_in(2) else None,
        gift_minimum_spend=minimum_spend if tape.is_one_in(2) else None,
    )


def _measured(tape: Tape, line: OrderLine) -> OrderLine:
    """So much of it by weight: from a gram to more than a kilogram, at the same price (rule 48)."""
    grams = tape.up_to(tape.pick([3, 255])) * tape.pick([1, 5]) + 1
    measure = Measure(tape.pick(["kg", "m²"]), is_text=tape.is_one_in(2))
    return replace(line, quantity=grams, measure=measure, unit_price=None, total=line.gross)


def _extras(tape: Tape, currency: str) -> list[OrderLine]:
    """Up to two lines that are no goods and no services."""
    kinds = [kind for kind in LineKind if not kind.is_unit]
    extras = [
        a_line(tape.up_to(2) + 1, tape.price(), line_id=name, currency=currency) for name in EXTRAS[: tape.up_to(2)]
    ]
    return [replace(each, kind=tape.pick(kinds), tax=each.tax.like(each.gross.minor_units // 5)) for each in extras]


def _with_a_bundle(tape: Tape, order: Order, bundle_id: str) -> Order:
    """Some of the lines are parts of a bundle, which come back together or not; extras may be among them."""
    lines = tuple(replace(line, bundle_id=bundle_id) if tape.is_one_in(2) else line for line in order.lines)
    bundles = (Bundle(bundle_id, tape.pick(list(PartsComeBack))),) if tape.is_one_in(2) else ()
    return replace(order, lines=lines, bundles=(*order.bundles, *bundles))


def _below_zero(tape: Tape, sale: Sale) -> list[OrderLine]:
    """Now and then a till rounds down or takes off something; never more than there is."""
    bearing = sum(line.paid.minor_units for line in (*sale.lines, *sale.extras) if not line.gift)
    off = bearing * tape.percent() // 100 if tape.is_one_in(3) else min(bearing, tape.up_to(3))
    if not off or tape.is_one_in(2):
        return []
    taxes = sum(line.tax.minor_units for line in (*sale.lines, *sale.extras) if not line.gift)
    kind, tax = (
        tape.pick([kind for kind in LineKind if kind.may_be_below_zero]),
        min(off, taxes) * tape.percent() // 100,
    )
    line = replace(a_line(1, -off, line_id="below zero", currency=sale.currency), kind=kind)
    line = replace(line, tax=line.tax.like(-tax))
    return [replace(line, unit_price=None, total=line.gross) if tape.is_one_in(2) else line]


def _discount(tape: Tape, order: Order, sale: Sale) -> Discount:
    """A discount of at most what is left, now and then of all of it."""
    percent = tape.percent()
    source = tape.pick(list(DiscountSource))
    name = tape.pick(NAMES.get(source, [""])) or None
    if tape.is_one_in(6):
        amount = sale.shipping_paid.minor_units * percent // 100
        discount = a_discount(amount, target=DiscountTarget.SHIPPING, currency=order.currency)
        points = tape.up_to(2_000) if source is DiscountSource.POINTS else 0
        return replace(discount, source=source, source_id=name, points=points)
    discount = _on_lines(tape, sale, percent, tape.is_one_in(4))
    points = tape.up_to(2_000) if source is DiscountSource.POINTS and order.covered_by(discount) else 0
    return replace(discount, source=source, source_id=name, points=points)


def _on_lines(tape: Tape, sale: Sale, percent: int, is_shared_out: bool) -> Discount:
    named = [line for line in (*sale.lines, *sale.extras) if tape.is_one_in(3)]
    covered = named or [line for line in sale.lines if not line.gift]
    whole = sum(line.paid.minor_units for line in covered)
    if is_shared_out and named:
        shares = {line.line_id: line.paid.minor_units * percent // 100 for line in named}
        discount = a_discount(sum(shares.values()), shares=shares, currency=sale.currency)
    else:
        names = [line.line_id for line in named]
        discount = a_discount(whole * percent // 100, on_lines=names, currency=sale.currency)
    return _with_a_condition(tape, discount, whole, percent)


def _with_a_condition(tape: Tape, discount: Discount, whole: int, percent: int) -> Discount:
    """Half of them were given because enough was bought; the merchant's figures need not fit each other."""
    if not tape.is_one_in(2):
        return discount
    minimum_spend = discount.amount.like(whole * (tape.percent() + 5) // 100)
    rate_bp = tape.pick([None, percent * 100, min(percent * 200, 10_000)])  # the last one has a cap
    return replace(discount, minimum_spend=minimum_spend, rate_bp=rate_bp)


def paid_in_parts(order: Order, parts: list[int], tape: Tape | None = None) -> Order:
    """Pay the order in parts of these weights; nothing to pay may have no payment at all."""
    if not any(parts) and not order.price:
        return replace(order, payments=())
    shares = order.price.allocate(parts)
    return replace(order, payments=tuple(_payment(place, share, tape) for place, share in enumerate(shares, 1)))


def _in_another_currency(tape: Tape, payment: Payment) -> Payment:
    """Now and then a payment is in another currency, worth what it was; a few units may be worth very much."""
    if not payment.amount or tape.is_one_in(2):
        return payment
    other = tape.pick([each for each in ("USD", "JPY", "KWD") if each != payment.amount.currency])
    amount = max(payment.amount.minor_units * (tape.up_to(200) + 1) // 50, 1)
    return replace(payment, amount=Money(other, amount), order_amount=payment.amount)


def paid_otherwise(tape: Tape, order: Order) -> Order:
    """Some payments are not captured or have interest in them, some are missing, or cents were paid too much."""
    payments = [_paid_otherwise(tape, payment) for payment in order.payments if not tape.is_one_in(4)]
    if payments and tape.is_one_in(4):
        first, *others = payments
        cents = first.worth.like(tape.up_to(100))
        payments = [_of_more(first, cents), *others]
    order = replace(order, payments=tuple(payments))
    owed = order.price - order.paid_and_owed
    order = replace(order, owed=owed or None)
    return replace(order, paid_at=None) if order.is_paid_later and tape.is_one_in(2) else order


def _paid_otherwise(tape: Tape, payment: Payment) -> Payment:
    payment = replace(payment, status=tape.pick(list(PaymentStatus)))
    if not tape.is_one_in(3):
        return payment
    interest = payment.amount.like(tape.price() // 10)
    if payment.order_amount is None:
        return replace(payment, amount=payment.amount + interest, interest=interest or None)
    return replace(payment, interest=interest.at_most(payment.amount) or None)


def _of_more(payment: Payment, cents: Money) -> Payment:
    if payment.order_amount is None:
        return replace(payment, amount=payment.amount + cents)
    return replace(payment, order_amount=payment.order_amount + cents)


def _payment(place: int, share: Money, tape: Tape | None) -> Payment:
    method = tape.pick(list(PaymentMethod)) if tape else PaymentMethod.CARD
    return replace(a_payment(f"p{place}", share.minor_units, currency=share.currency), method=method)
