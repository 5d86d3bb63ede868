"""What each part of an order was paid with: its discounts split over its lines once, when it is booked (rule 3)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.money.amounts import Money, split
from domain.refusals import RefundRejected, Refusal
from domain.sale.measures import THOUSAND, Measure
from domain.sale.orders import Discount, DiscountTarget, LineKind, Order, OrderLine
from domain.sale.sold_units import DiscountShare, Figures, SoldUnits, by_discount
from domain.sale.units import Units


@dataclass(frozen=True, slots=True)
class SoldLine(Figures):
    """A line with its frozen discount shares, in the order of the discounts that touch it.

    `paid` is what is left of the gross after them; `gift_value` is what one unit of a gift is worth, zero for goods;
    None for a gift that is worth what it cost before discounts, at a price for all its units together. `quantity` is a
    number of units, or of thousandths of the one that `measure` names (rule 48). `kept` are units that refunds had
    claimed when the order changed: they stay as they were sold, the others carry the rest (rule 57).
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
    kept: tuple[SoldUnits, ...] = ()

    @property
    def count(self) -> int:
        return self.quantity

    def gross_of(self, units: Units) -> Money:
        """Return what `units` cost before discounts."""
        return self._sum(part.gross_at(places) for part, places in self._found(units))

    def worth_of(self, units: Units) -> Money:
        """Return what `units` of a gift are worth (rule 27)."""
        if self.gift_value is None:
            return self.gross_of(units)
        worth = self.gift_value.times(units.count)
        return worth if self.measure is None else worth.portion(worth.like(1), worth.like(THOUSAND))

    def shares_of(self, units: Units) -> tuple[DiscountShare, ...]:
        """Return what each discount took off `units` (rule 4)."""
        if units == self.all_units:
            return self.discount_shares
        if not self.kept:
            return self.shares_at(units)
        taken: dict[int, int] = defaultdict(int)
        for share in (share for part, places in self._found(units) for share in part.shares_at(places)):
            taken[share.discount] += share.amount.minor_units
        return tuple(replace(share, amount=share.amount.like(taken[share.discount])) for share in self.discount_shares)

    @property
    def all_units(self) -> Units:
        """The units by their numbers; those that are kept have the ones under which they were claimed."""
        return Units.union(part.units for part in self.parts) if self.kept else Units.of_line(self.quantity)

    @property
    def parts(self) -> tuple[SoldUnits, ...]:
        """The units that are kept as they were sold, and the others, which carry the rest of each figure."""
        kept = Units.union(part.units for part in self.kept)
        others = Units.of_line(self.quantity + (kept.ranges[-1][1] if kept.ranges else 0)).without(kept)
        taken = by_discount(self.kept)
        rest = SoldUnits(
            units=others.first(self.quantity - kept.count),
            gross=self.gross - self._sum(part.gross for part in self.kept),
            discount_shares=tuple(
                replace(share, amount=share.amount.like(share.amount.minor_units - taken[share.discount]))
                for share in self.discount_shares
            ),
            paid=self.paid - self._sum(part.paid for part in self.kept),
            tax=self.tax - self._sum(part.tax for part in self.kept),
            points_spent=self.points_spent - sum(part.points_spent for part in self.kept),
            measure=self.measure,
        )
        return (*self.kept, rest) if rest.units.ranges else self.kept

    def weight_of(self, units: Units) -> int:
        """Return in thousandths how many units they are, so that those of any two lines can be counted together."""
        return units.count * (THOUSAND if self.measure is None else 1)

    def price_of(self, units: Units) -> Money:
        """Return what was paid for `units`: 290.00 for three is 96.67, 96.67, 96.66 (rule 4)."""
        return self._sum(part.price_at(places) for part, places in self._found(units))

    def tax_of(self, units: Units) -> Money:
        """Return the tax inside what was paid for `units`."""
        return self._sum(part.tax_at(places) for part, places in self._found(units))

    def points_of(self, units: Units) -> int:
        return sum(part.points_at(places) for part, places in self._found(units))

    def _found(self, units: Units) -> "Iterable[tuple[Figures, Units]]":
        """Say of which parts these are units, and of each where they are in it."""
        if not self.kept:
            return ((self, units),)
        return [(part, units.places_in(part.units)) for part in self.parts]

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money.total(amounts, self.gross.currency)


class KeptFiguresChanged(Exception):
    """A line would be sold for something else than what refunds of it were worked out from (rule 57)."""

    def __init__(self, line_id: str, why: str) -> None:
        super().__init__(why)
        self.line_id = line_id


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


NOTHING_KEPT: Mapping[str, tuple[SoldUnits, ...]] = {}


def book(order: Order, kept: Mapping[str, tuple[SoldUnits, ...]] = NOTHING_KEPT) -> Sale:
    """Split every discount of a paid order over its lines, in the order listed (rule 3).

    `kept` are by line the units that stay as they were sold before: what they carry of a discount is theirs, and the
    others share the rest (rule 57). Raises RefundRejected: `order_does_not_balance` with both sums, or
    `discount_exceeds_lines`; and KeptFiguresChanged.
    """
    if order.price != order.paid_and_owed:
        raise RefundRejected(
            Refusal.ORDER_DOES_NOT_BALANCE,
            f"lines + shipping − discounts come to {order.price.minor_units}, the payments less interest + owed to "
            f"{order.paid_and_owed.minor_units} ({order.currency} minor units); they must be equal",
        )
    booking = _Booking(order, kept)
    for place, discount in enumerate(order.reductions):
        booking.take_off(place, discount)
    below_zero = [line for line in order.lines if line.is_below_zero]
    for line, discount in zip(below_zero, order.reductions[len(order.discounts) :], strict=True):
        booking.take_tax_off(-line.tax.minor_units, order.covered_by(discount))
    return booking.sale()


class _Booking:
    """What is left of each line and of the shipping, in minor units, while the discounts are taken off one by one.

    Of a line with units that are kept as they were sold, it is what is left of the others.
    """

    def __init__(self, order: Order, kept: Mapping[str, tuple[SoldUnits, ...]]) -> None:
        self._order = order
        self._lines = [line for line in order.lines if not line.is_below_zero]
        self._rest = {line.line_id: _rest(line, kept.get(line.line_id, ())) for line in self._lines} if kept else {}
        self._kept = kept
        self._off_kept = {line_id: by_discount(parts) for line_id, parts in kept.items()}
        self._left = {line.line_id: line.gross.minor_units for line in self._lines}
        self._left |= {line_id: rest.gross for line_id, rest in self._rest.items()}
        self._shares: dict[str, list[DiscountShare]] = {line.line_id: [] for line in self._lines}
        self._taxes = {line.line_id: line.tax.minor_units for line in self._lines}
        self._points = dict.fromkeys(self._left, 0)
        self._kept_points = sum(part.points_spent for parts in kept.values() for part in parts)
        self._shipping = order.shipping.amount
        self._shipping_points = 0

    def take_off(self, place: int, discount: Discount) -> None:
        if discount.target is DiscountTarget.SHIPPING:
            if discount.amount.exceeds(self._shipping):
                raise _too_much(discount.amount.minor_units, self._shipping.minor_units, "the shipping")
            self._shipping -= discount.amount
            self._shipping_points += discount.points
            return
        kept = {line_id: off[place] for line_id, off in self._off_kept.items() if off.get(place)}
        shares = self._shares_of(discount, kept)
        for line_id, share in shares.items():
            left = self._left[line_id]
            if share > left:
                raise _too_much(share, left, f"line {line_id!r}")
            self._left[line_id] = left - share
        for line_id in dict.fromkeys((*shares, *kept)):
            amount = Money(self._order.currency, shares.get(line_id, 0) + kept.get(line_id, 0))
            self._shares[line_id].append(DiscountShare(place, amount))
        self._split_points(discount, shares)

    def _split_points(self, discount: Discount, shares: Mapping[str, int]) -> None:
        """Points go with what they took off; those of units that are kept stay with them."""
        shared = {line_id: share for line_id, share in shares.items() if self._has_others(line_id)}
        of_kept = min(self._kept_points, discount.points)
        self._kept_points -= of_kept
        if self._kept and discount.points > of_kept and not shared:
            raise KeptFiguresChanged(next(iter(self._kept)), "points would pay for units that are all in refunds")
        if shared:
            points = split(discount.points - of_kept, list(shared.values()))
            for line_id, line_points in zip(shared, points, strict=True):
                self._points[line_id] += line_points

    def _has_others(self, line_id: str) -> bool:
        return line_id not in self._rest or self._rest[line_id].quantity > 0

    def take_tax_off(self, tax: int, line_ids: Sequence[str]) -> None:
        """Take the tax inside a line below zero off that of the lines which it lowered, by what is inside them."""
        weights = [self._taxes[line_id] for line_id in line_ids]
        if tax > sum(weights):
            raise _too_much(tax, sum(weights), "the tax of the lines it covers")
        if tax:
            for line_id, share in zip(line_ids, split(tax, weights), strict=True):
                self._taxes[line_id] -= share

    def _shares_of(self, discount: Discount, kept: Mapping[str, int]) -> dict[str, int]:
        """Share out what a discount takes off the units that are not kept as they were."""
        if discount.allocations:
            named = {line_id: share.minor_units - kept.get(line_id, 0) for line_id, share in discount.allocations}
            for line_id in kept:
                if named.get(line_id, -1) < 0:
                    raise KeptFiguresChanged(line_id, f"a discount took {kept[line_id]} off line {line_id!r}")
            return named
        covered, amount = self._order.covered_by(discount), discount.amount.minor_units - sum(kept.values())
        if amount < 0:
            raise KeptFiguresChanged(next(iter(kept)), f"a discount took {-amount} more off it than it comes to now")
        weights = [self._left[line_id] for line_id in covered]
        if amount > sum(weights):
            raise _too_much(amount, sum(weights), "the lines it covers")
        return dict(zip(covered, split(amount, weights) if weights else (), strict=True))

    def sale(self) -> Sale:
        if self._kept_points:
            raise KeptFiguresChanged(next(iter(self._kept)), "units that are in refunds were paid with more points")
        sold = [self._sold(line, self._kept.get(line.line_id, ())) for line in self._lines]
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

    def _sold(self, line: OrderLine, kept: tuple[SoldUnits, ...]) -> SoldLine:
        currency = self._order.currency
        return SoldLine(
            line_id=line.line_id,
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            gift=line.gift,
            gross=line.gross,
            discount_shares=tuple(self._shares[line.line_id]),
            paid=Money(currency, self._left[line.line_id]) + Money.total((part.paid for part in kept), currency),
            tax=Money(currency, self._taxes[line.line_id]),
            points_spent=self._points[line.line_id] + sum(part.points_spent for part in kept),
            gift_value=_gift_value(line),
            gift_minimum_spend=line.gift_minimum_spend,
            kind=line.kind,
            measure=line.measure,
            bundle_id=line.bundle_id,
            kept=kept,
        )


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the units of a line come to that are not kept as they were sold, in minor units."""

    quantity: int
    gross: int


def _rest(line: OrderLine, kept: Sequence[SoldUnits]) -> _Rest:
    quantity = line.quantity - sum(part.units.count for part in kept)
    gross, tax = (
        line.gross.minor_units - sum(part.gross.minor_units for part in kept),
        line.tax.minor_units - sum(part.tax.minor_units for part in kept),
    )
    if quantity < 0:
        raise KeptFiguresChanged(line.line_id, f"{-quantity} units less of it would be sold than are in refunds")
    if min(gross, tax) < 0 or (not quantity and (gross or tax)):
        raise KeptFiguresChanged(line.line_id, "units of it would cost something else, or have another tax inside")
    return _Rest(quantity, gross)


def _gift_value(line: OrderLine) -> Money | None:
    if not line.gift:
        return Money.zero(line.tax.currency)
    return line.unit_price if line.gift_value is None else line.gift_value


def _too_much(share: int, left: int, what: str) -> RefundRejected:
    return RefundRejected(
        Refusal.DISCOUNT_EXCEEDS_LINES,
        f"a discount takes {share} off {what}, of which only {left} is left",
    )
