"""An order as it was sold, and its discounts split over its lines once, when it is booked (rule 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.money import Money, split
from domain.refusals import RefundRejected, Refusal
from domain.units import Units


class OrderStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class DiscountSource(StrEnum):
    COUPON = "coupon"
    POINTS = "points"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    OTHER = "other"


class DiscountTarget(StrEnum):
    LINES = "lines"
    SHIPPING = "shipping"


class PaymentMethod(StrEnum):
    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`unit_price` is what one unit cost before discounts, tax included; `tax` is the tax inside the line."""

    line_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Money
    tax: Money
    gift: bool

    @property
    def gross(self) -> Money:
        return self.unit_price.like(self.unit_price.minor_units * self.quantity)


@dataclass(frozen=True, slots=True)
class Shipping:
    amount: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Discount:
    """Money off, in the order in which it was given.

    `source_id` names the coupon, campaign or exclusive discount; `points` is set where points paid for it.
    `line_ids` empty means all lines but gifts; `allocations` gives the shares outright.
    """

    source: DiscountSource
    source_id: str | None
    amount: Money
    points: int
    line_ids: tuple[str, ...]
    target: DiscountTarget
    allocations: tuple[tuple[str, Money], ...]
    minimum_spend: Money | None
    rate_bp: int | None


@dataclass(frozen=True, slots=True)
class Payment:
    """`instrument` tells one card or wallet from another, for example its fingerprint; empty where nobody knows."""

    payment_id: str
    method: PaymentMethod
    gateway: str
    gateway_ref: str
    amount: Money
    instrument: str = ""


class RewardKind(StrEnum):
    COUPON = "coupon"
    STORE_CREDIT = "store_credit"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Order:
    """A snapshot of the order as sold, all in one currency; times are aware."""

    order_id: str
    customer_id: str
    currency: str
    status: OrderStatus
    placed_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    lines: tuple[OrderLine, ...]
    shipping: Shipping
    discounts: tuple[Discount, ...]
    payments: tuple[Payment, ...]
    points_earned: int

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None and self.status is not OrderStatus.PLACED

    @property
    def price(self) -> Money:
        """What the lines and the shipping come to after all discounts."""
        goods = Money.total((line.gross for line in self.lines), self.currency)
        off = Money.total((discount.amount for discount in self.discounts), self.currency)
        return goods + self.shipping.amount - off

    @property
    def captured(self) -> Money:
        return Money.total((payment.amount for payment in self.payments), self.currency)

    @property
    def points_spent(self) -> int:
        return sum(discount.points for discount in self.discounts)

    def names(self, source: DiscountSource) -> tuple[str, ...]:
        """List the coupons, campaigns or exclusive discounts the order used, each once, as given."""
        used = (each.source_id for each in self.discounts if each.source is source and each.source_id is not None)
        return tuple(dict.fromkeys(used))


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line with its frozen discount shares, in the order of the discounts that touch it."""

    line_id: str
    sku: str
    name: str
    quantity: int
    gift: bool
    gross: Money
    discount_shares: tuple[Money, ...]
    tax: Money
    points_spent: int

    @property
    def paid(self) -> Money:
        return self.gross - Money.total(self.discount_shares, self.gross.currency)

    @property
    def all_units(self) -> Units:
        return Units.of_line(self.quantity)

    def price_of(self, units: Units) -> Money:
        """Return what was paid for `units`: 290.00 for three is 96.67, 96.67, 96.66 (rule 4)."""
        return self.paid.like(units.share_of(self.paid.minor_units, self.quantity))

    def tax_of(self, units: Units) -> Money:
        return self.tax.like(units.share_of(self.tax.minor_units, self.quantity))

    def points_of(self, units: Units) -> int:
        return units.share_of(self.points_spent, self.quantity)


@dataclass(frozen=True, slots=True)
class Sale:
    """What each part of a booked order was paid with; frozen when the order is first booked (rule 3)."""

    currency: str
    lines: tuple[SoldLine, ...]
    shipping_paid: Money
    shipping_tax: Money

    @property
    def goods_paid(self) -> Money:
        return Money.total((line.paid for line in self.lines), self.currency)

    def line(self, line_id: str) -> SoldLine:
        for line in self.lines:
            if line.line_id == line_id:
                return line
        known = ", ".join(line.line_id for line in self.lines[:20])
        raise RefundRejected(Refusal.LINE_NOT_FOUND, f"the order has no line {line_id!r}; its lines are {known}")


def book(order: Order) -> Sale:
    """Split every discount of a paid order over its lines, in the order listed (rule 3).

    Raises RefundRejected: `order_does_not_balance` with both sums, or `discount_exceeds_lines`.
    """
    if order.price != order.captured:
        raise RefundRejected(
            Refusal.ORDER_DOES_NOT_BALANCE,
            f"lines + shipping − discounts come to {order.price.minor_units}, "
            f"the payments to {order.captured.minor_units} ({order.currency} minor units); they must be equal",
        )
    booking = _Booking(order)
    for discount in order.discounts:
        booking.take_off(discount)
    return booking.sale()


class _Booking:
    """What is left of each line and of the shipping while the discounts are taken off one by one."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._left = {line.line_id: line.gross for line in order.lines}
        self._shares: dict[str, list[Money]] = {line.line_id: [] for line in order.lines}
        self._points = dict.fromkeys(self._left, 0)
        self._shipping = order.shipping.amount

    def take_off(self, discount: Discount) -> None:
        if discount.target is DiscountTarget.SHIPPING:
            self._shipping = _less(self._shipping, discount.amount, "the shipping")
            return
        shares = self._shares_of(discount)
        for line_id, share in shares.items():
            self._left[line_id] = _less(self._left[line_id], share, f"line {line_id!r}")
            self._shares[line_id].append(share)
        if shares:
            points = split(discount.points, [share.minor_units for share in shares.values()])
            for line_id, line_points in zip(shares, points, strict=True):
                self._points[line_id] += line_points

    def _shares_of(self, discount: Discount) -> dict[str, Money]:
        if discount.allocations:
            return dict(discount.allocations)
        covered = discount.line_ids or [line.line_id for line in self._order.lines if not line.gift]
        weights = [self._left[line_id].minor_units for line_id in covered]
        if discount.amount.minor_units > sum(weights):
            raise _too_much(discount.amount, discount.amount.like(sum(weights)), "the lines it covers")
        return dict(zip(covered, _allocated(discount.amount, weights), strict=True))

    def sale(self) -> Sale:
        lines = tuple(
            SoldLine(
                line_id=line.line_id,
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                gift=line.gift,
                gross=line.gross,
                discount_shares=tuple(self._shares[line.line_id]),
                tax=line.tax,
                points_spent=self._points[line.line_id],
            )
            for line in self._order.lines
        )
        return Sale(self._order.currency, lines, self._shipping, self._order.shipping.tax)


def _allocated(amount: Money, weights: Sequence[int]) -> list[Money]:
    return amount.allocate(weights) if weights else []


def _less(left: Money, share: Money, what: str) -> Money:
    if share.exceeds(left):
        raise _too_much(share, left, what)
    return left - share


def _too_much(share: Money, left: Money, what: str) -> RefundRejected:
    return RefundRejected(
        Refusal.DISCOUNT_EXCEEDS_LINES,
        f"a discount takes {share.minor_units} off {what}, of which only {left.minor_units} is left",
    )
