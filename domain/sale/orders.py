"""An order as it was sold: a snapshot, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.money.amounts import Money
from domain.sale.bundles import Bundle, PartsComeBack
from domain.sale.guests import Guest
from domain.sale.measures import THOUSAND, Measure
from domain.sale.payments import Payment
from domain.sale.shipments import BoughtLine, Shipment


class OrderStatus(StrEnum):
    """How far an order is; from `paid` on it is booked and can be refunded."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class DiscountSource(StrEnum):
    """Where money off came from."""

    COUPON = "coupon"
    POINTS = "points"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    OTHER = "other"


class DiscountTarget(StrEnum):
    """What money was taken off."""

    LINES = "lines"
    SHIPPING = "shipping"


class LineKind(StrEnum):
    """What a line is; goods and services are units, the others are extras (rule 47)."""

    GOODS = "goods"
    SERVICE = "service"
    FEE = "fee"
    TIP = "tip"
    DEPOSIT = "deposit"
    GIFT_WRAP = "gift_wrap"
    ROUNDING = "rounding"

    @property
    def is_unit(self) -> bool:
        return self in (self.GOODS, self.SERVICE)

    @property
    def may_be_below_zero(self) -> bool:
        """Whether a till writes such lines below zero: something off, rounded down, empties handed in, a fee waived."""
        return self not in (self.TIP, self.GIFT_WRAP)


class SoldForGood(StrEnum):
    """Why a line can't be returned."""

    HYGIENE = "hygiene"
    DIGITAL = "digital"
    FINAL_SALE = "final_sale"
    CUSTOM_MADE = "custom_made"
    PERISHABLE = "perishable"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What a line cost before discounts, tax included: `unit_price` for each unit, or `total` for all of them.

    One of the two is None. A `total` need not divide evenly: three for 1.00. `quantity` is a number of units, or of
    thousandths of one where `measure` says by what was measured (rule 48). `tax` is the tax inside the line. Of a gift,
    `gift_value` is what one unit is worth (None: what it cost before discounts), and `gift_minimum_spend` what the
    other goods must come to for it to stay with the customer (None: any of them kept is enough). `sold_for_good` says
    why it can't be returned, None where it can. `category` is the merchant's word for its kind of goods; reasons are
    suggested by it, and nothing else (rule 55). `bundle_id` names the bundle that it is a part of, empty where it is of
    none; of a fee or a deposit it says with which goods it comes back, of a line below zero off which lines it was
    taken.
    """

    line_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Money | None
    tax: Money
    gift: bool
    gift_value: Money | None = None
    gift_minimum_spend: Money | None = None
    total: Money | None = None
    sold_for_good: SoldForGood | None = None
    category: str = ""
    kind: LineKind = LineKind.GOODS
    measure: Measure | None = None
    bundle_id: str = ""

    @property
    def is_unit(self) -> bool:
        """Whether it is something that was bought: no extra, and nothing that was taken off (rule 47)."""
        return self.kind.is_unit and not self.is_below_zero

    @property
    def is_below_zero(self) -> bool:
        price = self.unit_price if self.total is None else self.total
        return price is not None and price.minor_units < 0

    @property
    def gross(self) -> Money:
        if self.total is not None:
            return self.total
        assert self.unit_price is not None, "a line has a unit price or a total"
        return self.priced(self.unit_price)

    def priced(self, unit_price: Money) -> Money:
        """What all of it comes to at a price for each unit, to the nearest."""
        whole = unit_price.times(self.quantity)
        return whole if self.measure is None else whole.portion(whole.like(1), whole.like(THOUSAND))


@dataclass(frozen=True, slots=True)
class Shipping:
    amount: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Discount:
    """Money off, in the order in which it was given.

    `source_id` names the coupon, campaign or exclusive discount; `points` is set where points paid for it.
    `line_ids` empty means all lines but gifts; `allocations` gives the shares outright. `minimum_spend` says that it
    was given because its lines came to at least that before it, `rate_bp` that it is a percentage (rule 7).
    `valid_until` is the end of an exclusive discount (rule 26).
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
    valid_until: datetime | None = None


class RewardKind(StrEnum):
    """What a campaign or an order can grant."""

    COUPON = "coupon"
    STORE_CREDIT = "store_credit"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class OrderReward:
    """Something the order itself granted: a coupon by its id, or an amount of store credit (rule 16).

    `line_ids` are the lines that it was granted for; empty means all goods (rule 45). `customer_id` is somebody else
    whom it was granted to, empty for who bought the order. Credit is good until `expires_at`, None: without an end.
    """

    kind: RewardKind
    coupon_id: str | None
    amount: Money
    line_ids: tuple[str, ...] = ()
    customer_id: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EarnedLot:
    """Points that the order earned for some of its lines (empty: all goods), good until `expires_at` (None: no end).

    A fixed lot, a welcome bonus for example, goes back only with the last unit of the order (rule 19).
    """

    points: int
    line_ids: tuple[str, ...] = ()
    expires_at: datetime | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A snapshot of the order as sold, all in one currency; times are aware.

    `updated_at` is when the merchant's system last changed it: of two snapshots the newer counts (rule 57). `metadata`
    is the merchant's own, and means nothing here. `was_sent` says of a cancelled one that it was on its way before.
    `guest` is whom it names in place of a customer: `customer_id` is empty until it is known who has what they bought.
    `shipments` are the parcels in which it was sent, empty where nobody tells them apart (rule 49).
    `bundles` say how the parts of its bundles come back.
    `earned_lots` say for which lines its `points_earned` are, which they sum to; without any they are for all goods.
    `owed` is what no payment stands for yet: cash on delivery, an invoice. Below zero it was paid too much; None:
    nothing (rule 50).
    """

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
    rewards: tuple[OrderReward, ...] = ()
    updated_at: datetime | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    was_sent: bool = False
    guest: Guest | None = None
    earned_lots: tuple[EarnedLot, ...] = ()
    owed: Money | None = None
    shipments: tuple[Shipment, ...] = ()
    bundles: tuple[Bundle, ...] = ()

    @property
    def is_sold(self) -> bool:
        """Whether it is paid, or sold to be paid later: then it is booked and can be refunded."""
        return self.status is not OrderStatus.PLACED and (self.paid_at is not None or self.is_paid_later)

    @property
    def is_paid_later(self) -> bool:
        """Whether a part of it was not paid yet when it was sold (rule 50)."""
        return bool(self.not_paid_yet) or any(not payment.is_captured for payment in self.payments)

    @property
    def sold_at(self) -> datetime:
        """When it was paid; what is paid later is sold when it is placed."""
        return self.paid_at or self.placed_at

    @property
    def is_sent(self) -> bool:
        is_on_its_way = self.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        has_parcels = any(shipment.is_sent for shipment in self.shipments)
        return self.was_sent or is_on_its_way or has_parcels or self.delivered_at is not None

    @property
    def is_kept_from_sending(self) -> bool:
        """Whether it was cancelled before any of it was sent: nothing of it can come back."""
        return self.status is OrderStatus.CANCELLED and not self.is_sent

    @property
    def bought(self) -> tuple[BoughtLine, ...]:
        """Its lines as far as they are sent."""
        return tuple(
            BoughtLine(line.line_id, line.quantity, line.is_unit and line.kind is LineKind.GOODS, line.measure)
            for line in self.lines
        )

    @property
    def price(self) -> Money:
        """What the lines and the shipping come to after all discounts."""
        goods = Money.total((line.gross for line in self.lines), self.currency)
        off = Money.total((discount.amount for discount in self.discounts), self.currency)
        return goods + self.shipping.amount - off

    @property
    def captured(self) -> Money:
        return Money.total((payment.worth for payment in self.payments if payment.is_captured), self.currency)

    @property
    def paid_and_owed(self) -> Money:
        """What payments stand for and what is still owed come to: the price, where all is right (rule 50)."""
        paid = Money.total((payment.paid_for_the_order for payment in self.payments), self.currency)
        return paid + self.owed if self.owed else paid

    @property
    def has_interest(self) -> bool:
        return any(payment.interest for payment in self.payments)

    @property
    def not_paid_yet(self) -> Money:
        return self.owed.not_below_zero() if self.owed else Money.zero(self.currency)

    @property
    def overpaid(self) -> Money:
        """The cents that were paid too much."""
        return (self.owed.like(-self.owed.minor_units) if self.owed else Money.zero(self.currency)).not_below_zero()

    @property
    def reductions(self) -> tuple[Discount, ...]:
        """What was taken off, in order: the discounts, then the lines below zero, each off all other lines but gifts.

        One that is part of a bundle is taken off the others of that. So a receipt that was rounded down, and a discount
        that a till writes as a line, go back with the goods they lowered, to the cent (rule 47).
        """
        return (*self.discounts, *(self._as_discount(line) for line in self.lines if line.is_below_zero))

    def _as_discount(self, line: OrderLine) -> Discount:
        off, nothing = line.gross.like(-line.gross.minor_units), ()
        others = tuple(each.line_id for each in self._parts_of(line.bundle_id) if not each.gift)
        return Discount(DiscountSource.OTHER, None, off, 0, others, DiscountTarget.LINES, nothing, None, None)

    def _parts_of(self, bundle_id: str) -> list[OrderLine]:
        """List the parts of a bundle that cost something; of no bundle none."""
        return [line for line in self.lines if bundle_id and line.bundle_id == bundle_id and not line.is_below_zero]

    @property
    def kept_together(self) -> tuple[str, ...]:
        """Name the bundles whose parts come back only together."""
        return tuple(each.bundle_id for each in self.bundles if each.parts is PartsComeBack.TOGETHER)

    @property
    def rewarded_others(self) -> tuple[str, ...]:
        """The customers, other than who bought it, whom it granted something, each once."""
        return tuple(sorted({each.customer_id for each in self.rewards} - {"", self.customer_id}))

    @property
    def points_spent(self) -> int:
        return sum(discount.points for discount in self.discounts)

    def covered_by(self, discount: Discount) -> tuple[str, ...]:
        """Name the lines a discount is split over: those it lists, else all but gifts and lines below zero (rule 3)."""
        if discount.allocations:
            return tuple(line_id for line_id, _ in discount.allocations)
        return discount.line_ids or tuple(
            line.line_id for line in self.lines if not line.gift and not line.is_below_zero
        )

    def names(self, source: DiscountSource) -> tuple[str, ...]:
        """List the coupons, campaigns or exclusive discounts the order used, each once, as given."""
        used = (each.source_id for each in self.discounts if each.source is source and each.source_id is not None)
        return tuple(dict.fromkeys(used))
