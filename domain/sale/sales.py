"""What each part of an order was paid with: its discounts split over its lines once, when it is booked (rule 3)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from domain.money.amounts import Money, split
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import THOUSAND, Measure
from domain.sale.orders import Discount, DiscountTarget, LineKind, Order, OrderLine
from domain.sale.units import Units


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What one of the order's reductions, by its place in them, took off a line."""

    discount: int
    amount: Money


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line with its frozen discount shares, in the order of the discounts that touch it.

    `paid` is what is left of the gross after them; `gift_value` is what one unit of a gift is worth, zero for goods;
    None for a gift that is worth what it cost before discounts, at a price for all its units together. `quantity` is a
    number of units, or of thousandths of the one that `measure` names (rule 48).
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
    gift_value: Money | None
    gift_minimum_spend: Money | None
    kind: LineKind = LineKind.GOODS
    measure: Measure | None = None
    bundle_id: str = ""

    def gross_of(self, units: Units) -> Money:
        """Return what `units` cost before discounts; of what is measured, their price with what was taken off it.

        So nothing is ever paid with more than it cost, whichever way the two are rounded.
        """
        if self.measure is None:
            return self.gross.like(units.share_of(self.gross.minor_units, self.quantity))
        return Money.total((share.amount for share in self.shares_of(units)), self.gross.currency) + self.price_of(
            units
        )

    def worth_of(self, units: Units) -> Money:
        """Return what `units` of a gift are worth (rule 27)."""
        if self.gift_value is None:
            return self.gross_of(units)
        worth = self.gift_value.times(units.count)
        return worth if self.measure is None else worth.portion(worth.like(1), worth.like(THOUSAND))

    def shares_of(self, units: Units) -> tuple[DiscountShare, ...]:
        """Return what each discount took off `units`: the difference it makes to how the line is split (rule 4)."""
        if units == self.all_units:
            return self.discount_shares
        if self.measure is not None:
            return tuple(
                DiscountShare(each.discount, self._part_of(each.amount, units)) for each in self.discount_shares
            )
        shares: list[DiscountShare] = []
        left = self.gross.minor_units
        before = units.share_of(left, self.quantity)
        for share in self.discount_shares:
            left -= share.amount.minor_units
            after = units.share_of(left, self.quantity)
            shares.append(DiscountShare(share.discount, self.gross.like(before - after)))
            before = after
        return tuple(shares)

    @property
    def all_units(self) -> Units:
        return Units.of_line(self.quantity)

    def weight_of(self, units: Units) -> int:
        """Return in thousandths how many units they are, so that those of any two lines can be counted together."""
        return units.count * (THOUSAND if self.measure is None else 1)

    def price_of(self, units: Units) -> Money:
        """Return what was paid for `units`: 290.00 for three is 96.67, 96.67, 96.66 (rule 4)."""
        return self._part_of(self.paid, units)

    def tax_of(self, units: Units) -> Money:
        """Return the tax inside what was paid for `units`."""
        if self.measure is not None and self.paid and not self.tax.exceeds(self.paid):
            return self.tax.like(sum(self._tax_up_to(end) - self._tax_up_to(start) for start, end in units.ranges))
        return self._part_of(self.tax, units)

    def points_of(self, units: Units) -> int:
        return self._part_of(self.paid.like(self.points_spent), units).minor_units

    def _part_of(self, whole: Money, units: Units) -> Money:
        split = units.share_of if self.measure is None else units.portion_of
        return whole.like(split(whole.minor_units, self.quantity))

    def _tax_up_to(self, end: int) -> int:
        """Go by the price, so that no part has more tax than money, whichever way the two are rounded."""
        return self.tax.portion(self._part_of(self.paid, Units.of_line(end)), self.paid).minor_units


class _Index:
    """Finds a sale's lines by their ids and by the discounts that touch them, however many there are."""

    def __init__(self, lines: Sequence[SoldLine]) -> None:
        self.by_id = {line.line_id: line for line in lines}
        self._lines = lines
        self._touched: dict[int, list[str]] | None = None

    @property
    def touched(self) -> dict[int, list[str]]:
        """The lines each discount, by its place, took something off."""
        if self._touched is None:
            self._touched = defaultdict(list)
            for line in self._lines:
                for share in line.discount_shares:
                    if share.amount:
                        self._touched[share.discount].append(line.line_id)
        return self._touched


@dataclass(frozen=True, slots=True)
class Sale:
    """What each part of a booked order was paid with; frozen when the order is first booked (rule 3).

    `lines` are goods and services, which are units; `extras` are the other lines that cost something (rule 47). An
    order of nothing but extras has them as its lines: then they are what was bought. `shipping_points` paid for
    shipping (rule 18).
    """

    currency: str
    lines: tuple[SoldLine, ...]
    shipping_paid: Money
    shipping_tax: Money
    extras: tuple[SoldLine, ...] = ()
    shipping_points: int = 0
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index(self.lines))

    @property
    def goods_paid(self) -> Money:
        """What was paid for units; neither shipping nor extras are part of it."""
        return Money.total((line.paid for line in self.lines), self.currency)

    @property
    def counted_lines(self) -> tuple[SoldLine, ...]:
        """The lines whose units make up the order: all but gifts, or the gifts where there is nothing else."""
        return tuple(line for line in self.lines if not line.gift) or self.lines

    def line(self, line_id: str) -> SoldLine:
        if line_id in self._index.by_id:
            return self._index.by_id[line_id]
        known = ", ".join(line.line_id for line in self.lines[:20])
        raise RefundRejected(Refusal.LINE_NOT_FOUND, f"the order has no line {line_id!r}; its lines are {known}")

    def lines_touched_by(self, discounts: Collection[int]) -> list[str]:
        """Name the lines that any of these discounts, by their places, took something off."""
        touched = (line_id for place in discounts for line_id in self._index.touched.get(place, ()))
        return list(dict.fromkeys(touched))


def book(order: Order) -> Sale:
    """Split every discount of a paid order over its lines, in the order listed (rule 3).

    Raises RefundRejected: `order_does_not_balance` with both sums, or `discount_exceeds_lines`.
    """
    if order.price != order.paid_and_owed:
        raise RefundRejected(
            Refusal.ORDER_DOES_NOT_BALANCE,
            f"lines + shipping − discounts come to {order.price.minor_units}, the payments less interest + owed to "
            f"{order.paid_and_owed.minor_units} ({order.currency} minor units); they must be equal",
        )
    booking = _Booking(order)
    for place, discount in enumerate(order.reductions):
        booking.take_off(place, discount)
    below_zero = [line for line in order.lines if line.is_below_zero]
    for line, discount in zip(below_zero, order.reductions[len(order.discounts) :], strict=True):
        booking.take_tax_off(-line.tax.minor_units, order.covered_by(discount))
    return booking.sale()


class _Booking:
    """What is left of each line and of the shipping, in minor units, while the discounts are taken off one by one."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._lines = [line for line in order.lines if not line.is_below_zero]
        self._left = {line.line_id: line.gross.minor_units for line in self._lines}
        self._shares: dict[str, list[DiscountShare]] = {line.line_id: [] for line in self._lines}
        self._taxes = {line.line_id: line.tax.minor_units for line in self._lines}
        self._points = dict.fromkeys(self._left, 0)
        self._shipping = order.shipping.amount
        self._shipping_points = 0

    def take_off(self, place: int, discount: Discount) -> None:
        if discount.target is DiscountTarget.SHIPPING:
            if discount.amount.exceeds(self._shipping):
                raise _too_much(discount.amount.minor_units, self._shipping.minor_units, "the shipping")
            self._shipping -= discount.amount
            self._shipping_points += discount.points
            return
        shares = self._shares_of(discount)
        for line_id, share in shares.items():
            left = self._left[line_id]
            if share > left:
                raise _too_much(share, left, f"line {line_id!r}")
            self._left[line_id] = left - share
            self._shares[line_id].append(DiscountShare(place, Money(self._order.currency, share)))
        if shares:
            points = split(discount.points, list(shares.values()))
            for line_id, line_points in zip(shares, points, strict=True):
                self._points[line_id] += line_points

    def take_tax_off(self, tax: int, line_ids: Sequence[str]) -> None:
        """Take the tax inside a line below zero off that of the lines which it lowered, by what is inside them."""
        weights = [self._taxes[line_id] for line_id in line_ids]
        if tax > sum(weights):
            raise _too_much(tax, sum(weights), "the tax of the lines it covers")
        if tax:
            for line_id, share in zip(line_ids, split(tax, weights), strict=True):
                self._taxes[line_id] -= share

    def _shares_of(self, discount: Discount) -> dict[str, int]:
        if discount.allocations:
            return {line_id: share.minor_units for line_id, share in discount.allocations}
        covered, amount = self._order.covered_by(discount), discount.amount.minor_units
        weights = [self._left[line_id] for line_id in covered]
        if amount > sum(weights):
            raise _too_much(amount, sum(weights), "the lines it covers")
        return dict(zip(covered, split(amount, weights) if weights else (), strict=True))

    def sale(self) -> Sale:
        sold = [
            SoldLine(
                line_id=line.line_id,
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                gift=line.gift,
                gross=line.gross,
                discount_shares=tuple(self._shares[line.line_id]),
                paid=Money(self._order.currency, self._left[line.line_id]),
                tax=Money(self._order.currency, self._taxes[line.line_id]),
                points_spent=self._points[line.line_id],
                gift_value=_gift_value(line),
                gift_minimum_spend=line.gift_minimum_spend,
                kind=line.kind,
                measure=line.measure,
                bundle_id=line.bundle_id,
            )
            for line in self._lines
        ]
        units = tuple(line for line in sold if line.kind.is_unit)
        extras = tuple(line for line in sold if not line.kind.is_unit) if units else ()
        return Sale(
            self._order.currency,
            units or tuple(sold),
            self._shipping,
            self._order.shipping.tax,
            extras,
            self._shipping_points,
        )


def _gift_value(line: OrderLine) -> Money | None:
    if not line.gift:
        return Money.zero(line.tax.currency)
    return line.unit_price if line.gift_value is None else line.gift_value


def _too_much(share: int, left: int, what: str) -> RefundRejected:
    return RefundRejected(
        Refusal.DISCOUNT_EXCEEDS_LINES,
        f"a discount takes {share} off {what}, of which only {left} is left",
    )
