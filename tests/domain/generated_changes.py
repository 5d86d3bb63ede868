"""Later snapshots of an order, read from a tape: moved on, renamed, sold differently, or with what can't change."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.claims.positions import OrderPosition
from domain.money.amounts import Money
from domain.sale.orders import Discount, DiscountTarget, Order, OrderLine, OrderReward, OrderStatus, RewardKind
from domain.sale.payments import Payment, PaymentStatus
from domain.sale.sales import Sale, book
from tests.domain.builders import a_payment, on
from tests.domain.generated_orders import paid_in_parts, read_line, read_shipments
from tests.domain.tapes import Tape

NUMBERS = 48
"""So many numbers of a tape a snapshot takes."""


def read_later(tape: Tape, position: OrderPosition, granted_lines: Collection[str] = ()) -> Order:
    """What the merchant's system says of an order next; lines that something was granted for stay in it.

    Most of what it says of one with refunds leaves what they have claimed as it was.
    """
    known, standing = position.order, _Standing.of(position, granted_lines)
    if position.refunds and tape.is_one_in(8):
        standing = _Standing(granted_lines)
    changes: list[Callable[[], Order]] = [
        lambda: _sold_differently(tape, known, standing),
        lambda: _sold_differently(tape, known, standing),
        lambda: _moved_on(tape, known),
        lambda: _renamed(tape, known),
        lambda: _changed_for_good(tape, known),
    ]
    if _is_paid_otherwise(known):
        changes += [lambda: _paid_on(tape, known, known)] * 2
    updated_at = _time(tape, known.updated_at)
    return replace(tape.pick(changes)(), updated_at=updated_at)


def read_without_figures(tape: Tape, known: Order) -> Order:
    """What moves no figure of a booked order, said at a newer time."""
    came = tape.pick([_moved_on, _renamed])(tape, known)
    if known.shipments:  # a delivery decides which units come back first
        came = replace(came, shipments=known.shipments, delivered_at=known.delivered_at)
    return replace(came, updated_at=(known.updated_at or on(4)) + timedelta(hours=1))


def _time(tape: Tape, known: datetime | None) -> datetime | None:
    """Mostly newer than what is known; else none at all, the same, or older."""
    last = known or on(4)
    newer = last + timedelta(hours=tape.up_to(48) + 1)
    return tape.pick([newer, newer, newer, newer, None, known, last - timedelta(hours=1)])


def _moved_on(tape: Tape, known: Order) -> Order:
    """A guest may be written in another way, or have an account by now and not be named any more."""
    delivered_at = tape.pick([known.delivered_at, None, on(5)])
    guest = known.guest and tape.pick([known.guest, known.guest.in_one_form, None])
    parcels = tuple(replace(parcel, delivered_at=tape.pick([parcel.delivered_at, on(5)])) for parcel in known.shipments)
    moved = replace(known, status=tape.pick(list(OrderStatus)), delivered_at=delivered_at, guest=guest)
    return replace(moved, shipments=tape.pick([parcels, ()]))


def _renamed(tape: Tape, known: Order) -> Order:
    name = tape.pick(["Kettle, blue", "水壶"])
    return replace(
        known,
        lines=tuple(replace(line, name=name, sku=f"{line.sku}-2") for line in known.lines),
        payments=tuple(replace(payment, instrument=name) for payment in known.payments),
        metadata=(("shop", name),),
    )


def _changed_for_good(tape: Tape, known: Order) -> Order:
    """Whose a booked order is and when it was paid never changes; what it earned and granted beside money may."""
    granted = OrderReward(RewardKind.STORE_CREDIT, None, Money(known.currency, 5))
    lots = tuple(replace(lot, points=lot.points + (not place)) for place, lot in enumerate(known.earned_lots))
    return tape.pick(
        [
            replace(known, customer_id="c2"),
            replace(known, points_earned=known.points_earned + 1, earned_lots=lots),
            replace(known, rewards=(*known.rewards, granted)),
            replace(known, paid_at=on(2)),
        ]
    )


# Sold differently

_ADDED = ("added 1", "added 2", "added 3", "added 4")


@dataclass(frozen=True, slots=True)
class _Standing:
    """Lines that stay in the order, how many units of which are in refunds, and what of which payment went back."""

    lines: Collection[str] = ()
    claimed: Mapping[str, int] = field(default_factory=dict)
    paid_out: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, position: OrderPosition, granted_lines: Collection[str]) -> "_Standing":
        claimed: Counter[str] = Counter()
        paid_out: Counter[str] = Counter()
        for refund in position.refunds:
            claimed.update({claim.line_id: 0 for claim in refund.claims})
            claimed.update({line_id: units.count for line_id, units in refund.gifts_kept})
            claimed.update({each.line_id: 0 for each in refund.extras if each.is_any})
            for claim in refund.claims:
                claimed[claim.line_id] += claim.units.count
            for payment_id, amount in refund.payouts:
                paid_out[payment_id] += amount.minor_units
        return cls({*granted_lines, *claimed}, claimed, paid_out)


def _sold_differently(tape: Tape, known: Order, standing: _Standing) -> Order:
    """Other lines, units, prices, discounts, shipping and payments; now and then one that does not balance."""
    shipping = replace(known.shipping, amount=known.shipping.amount.like(_around(tape, known.shipping.amount)))
    shipping = replace(shipping, tax=shipping.tax.at_most(shipping.amount))
    order = replace(known, lines=_lines(tape, known, standing), shipping=shipping, discounts=())
    for discount in known.discounts:
        order = paid_in_parts(replace(order, owed=None), [1])
        order = replace(order, discounts=(*order.discounts, _what_is_left(tape, discount, order, book(order))))
    order = replace(order, owed=None)
    if _is_paid_otherwise(known):
        order = _paid_on(tape, order, known)
    elif standing.paid_out:
        order = _paid_beside(order, known, standing.paid_out)
    else:
        order = paid_in_parts(order, [tape.up_to(10) for _ in range(tape.up_to(2) + 1)], tape)
    order = replace(order, shipments=read_shipments(tape, order))
    if not tape.is_one_in(8) or not order.payments:
        return order
    first, *others = order.payments
    return replace(order, payments=(replace(first, amount=first.amount + first.amount.like(1)), *others))


_MORE_PAYMENTS = tuple(f"more {place}" for place in range(40))


def _is_paid_otherwise(known: Order) -> bool:
    payments = known.payments
    return bool(known.owed) or any(not each.is_captured or each.interest or each.order_amount for each in payments)


def _paid_on(tape: Tape, order: Order, known: Order) -> Order:
    """Its payments go on: captured by now, or less; a part of the rest is paid by another, the others are owed."""
    payments = [_goes_on(tape, payment) for payment in known.payments]
    order = replace(order, payments=tuple(payments), owed=None)
    rest = order.price - order.paid_and_owed
    more = rest.like(max(rest.minor_units, 0) * tape.pick([0, 50, 100, 100]) // 100)
    if more:
        known_ids = {payment.payment_id for payment in payments}
        name = next(name for name in _MORE_PAYMENTS if name not in known_ids)
        payments.append(a_payment(name, more.minor_units, currency=order.currency))
    return replace(order, payments=tuple(payments), owed=(rest - more) or None)


def _goes_on(tape: Tape, payment: Payment) -> Payment:
    if payment.is_captured or tape.is_one_in(3):
        return payment
    captured = replace(payment, status=PaymentStatus.CAPTURED)
    if payment.order_amount is not None or payment.interest or tape.is_one_in(2):
        return captured
    return replace(captured, amount=payment.amount.like(payment.amount.minor_units * tape.percent() // 100))


def _paid_beside(order: Order, known: Order, paid_out: Mapping[str, int]) -> Order:
    """Pay it as before, less by what it is cheaper, as far as that did not go back, or more by another payment."""
    payments: list[Payment] = []
    left = order.price.minor_units
    for payment in known.payments:
        least = sum(paid_out.get(each.payment_id, 0) for each in known.payments[len(payments) + 1 :])
        amount = max(min(payment.amount.minor_units, left - least), paid_out.get(payment.payment_id, 0))
        payments.append(replace(payment, amount=payment.amount.like(amount)))
        left -= amount
    if left > 0:
        payments.append(a_payment(f"p{len(payments) + 1}", left, currency=order.currency))
    return replace(order, payments=tuple(payments))


def _lines(tape: Tape, known: Order, standing: _Standing) -> tuple[OrderLine, ...]:
    sold = [_line(tape, line, standing.claimed) for line in known.lines if not line.is_below_zero]
    kept = [line for line in sold if line.line_id in standing.lines or not tape.is_one_in(4)]
    names = [line.line_id for line in known.lines]
    if len(names) < 4 and tape.is_one_in(4):
        kept.append(read_line(tape, next(name for name in _ADDED if name not in names), known.currency))
    goods_needed = bool(known.points_spent)
    is_enough = any(not line.gift for line in kept) if goods_needed else any(line.is_unit for line in kept)
    return tuple(kept if is_enough else sold)


def _line(tape: Tape, line: OrderLine, claimed: Mapping[str, int]) -> OrderLine:
    quantity = tape.pick([line.quantity, line.quantity, 1, line.quantity + 1])
    price = line.unit_price or line.gross
    price = price.like(_around(tape, price))
    if line.line_id in claimed:
        quantity = max(quantity, claimed[line.line_id])
        price = line.unit_price or line.gross.like(line.gross.minor_units * quantity // line.quantity)
    changed = replace(
        line,
        quantity=quantity,
        unit_price=None if line.unit_price is None else price,
        total=price if line.unit_price is None else None,
    )
    return replace(changed, tax=line.tax.at_most(changed.gross))


def _what_is_left(tape: Tape, known: Discount, order: Order, sale: Sale) -> Discount:
    """The same discount of as much as there is to take it off, on those of its lines that are still there."""
    if known.target is DiscountTarget.SHIPPING:
        return replace(known, amount=known.amount.at_most(sale.shipping_paid))
    left = {line.line_id: line.paid for line in (*sale.lines, *sale.extras)}
    discount = replace(
        known,
        line_ids=tuple(line_id for line_id in known.line_ids if line_id in left),
        allocations=tuple((name, share.at_most(left[name])) for name, share in known.allocations if name in left),
    )
    if discount.allocations:
        return replace(discount, amount=Money.total((share for _, share in discount.allocations), order.currency))
    covered = Money.total((left[line_id] for line_id in order.covered_by(discount)), order.currency)
    amount = known.amount.like(_around(tape, known.amount)) if tape.is_one_in(3) else known.amount
    return replace(discount, amount=amount.at_most(covered))


def _around(tape: Tape, amount: Money) -> int:
    """Mostly the same, else anything up to twice as much."""
    return amount.minor_units * tape.percent() // 50 if tape.is_one_in(3) else amount.minor_units
