"""What each part of an order was paid with: its discounts split over its lines once, when it is booked (rule 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money import Money, split
from domain.orders import Discount, DiscountTarget, Order, OrderLine
from domain.refusals import RefundRejected, Refusal
from domain.units import Units


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What one of the order's discounts, by its place in them, took off a line."""

    discount: int
    amount: Money


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line with its frozen discount shares, in the order of the discounts that touch it.

    `paid` is what is left of the gross after them; `gift_value` is what one unit of a gift is worth, zero for goods.
    """

    line_id: str
    sku: str
    name: str
    quantity: int
    gift: bool
    gross: Money
    discount_shares: tuple[DiscountShare, ...]
    paid: Money
    tax: Money
    points_spent: int
    gift_value: Money
    gift_minimum_spend: Money | None

    def gross_of(self, units: Units) -> Money:
        return self.gross.like(units.share_of(self.gross.minor_units, self.quantity))

    def shares_of(self, units: Units) -> tuple[DiscountShare, ...]:
        """Return what each discount took off `units`: the difference it makes to how the line is split (rule 4)."""
        shares: list[DiscountShare] = []
        before = self.gross
        for share in self.discount_shares:
            after = before - share.amount
            off = units.share_of(before.minor_units, self.quantity) - units.share_of(after.minor_units, self.quantity)
            shares.append(DiscountShare(share.discount, before.like(off)))
            before = after
        return tuple(shares)

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

    @property
    def counted_lines(self) -> tuple[SoldLine, ...]:
        """The lines whose units make up the order: all but gifts, or the gifts where there is nothing else."""
        return tuple(line for line in self.lines if not line.gift) or self.lines

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
    for place, discount in enumerate(order.discounts):
        booking.take_off(place, discount)
    return booking.sale()


class _Booking:
    """What is left of each line and of the shipping while the discounts are taken off one by one."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._left = {line.line_id: line.gross for line in order.lines}
        self._shares: dict[str, list[DiscountShare]] = {line.line_id: [] for line in order.lines}
        self._points = dict.fromkeys(self._left, 0)
        self._shipping = order.shipping.amount

    def take_off(self, place: int, discount: Discount) -> None:
        if discount.target is DiscountTarget.SHIPPING:
            self._shipping = _less(self._shipping, discount.amount, "the shipping")
            return
        shares = self._shares_of(discount)
        for line_id, share in shares.items():
            self._left[line_id] = _less(self._left[line_id], share, f"line {line_id!r}")
            self._shares[line_id].append(DiscountShare(place, share))
        if shares:
            points = split(discount.points, [share.minor_units for share in shares.values()])
            for line_id, line_points in zip(shares, points, strict=True):
                self._points[line_id] += line_points

    def _shares_of(self, discount: Discount) -> dict[str, Money]:
        if discount.allocations:
            return dict(discount.allocations)
        covered = self._order.covered_by(discount)
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
                paid=self._left[line.line_id],
                tax=line.tax,
                points_spent=self._points[line.line_id],
                gift_value=_gift_value(line),
                gift_minimum_spend=line.gift_minimum_spend,
            )
            for line in self._order.lines
        )
        return Sale(self._order.currency, lines, self._shipping, self._order.shipping.tax)


def _gift_value(line: OrderLine) -> Money:
    if not line.gift:
        return line.unit_price.like(0)
    return line.unit_price if line.gift_value is None else line.gift_value


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
