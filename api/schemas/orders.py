"""Orders as merchants push them, and the order detail page."""

from typing import Annotated, Self, cast

from pydantic import Field, model_validator

from api.schemas.bundles import BundleBody, check_bundles
from api.schemas.common import (
    MOST_MINOR,
    Checked,
    Currency,
    Id,
    Metadata,
    Points,
    SignedMinor,
    Time,
    Wire,
)
from api.schemas.earned import EarnedLotBody, GrantedKind, OrderRewardBody
from api.schemas.faults import MOST_NAMED, FieldFault, refuse_twice
from api.schemas.guests import GuestBody
from api.schemas.order_parts import (
    DiscountBody,
    LineBody,
    ShippingBody,
)
from api.schemas.payments import PaymentBody
from api.schemas.shipments import MOST_SHIPPED, OrderShipmentBody
from api.schemas.sizes import MOST_LINES, MOST_SHARES
from domain.money.amounts import Money
from domain.sale.guests import account
from domain.sale.measures import Measure
from domain.sale.orders import DiscountTarget, EarnedLot, LineKind, Order, OrderReward, OrderStatus, Shipping
from domain.sale.payments import PaymentStatus
from domain.sale.shipments import BoughtLine, refuse_misfits


def _are_none(bundles: list[BundleBody]) -> bool:
    return not bundles


class OrderBody(Wire):
    """An order as it was sold. Lines, shipping and discounts come to the same as the payments."""

    customer_id: Id | None = Field(
        default=None, description="Who bought it; it never changes. Either this or `guest`; null for a guest."
    )
    guest: GuestBody | None = Field(
        default=None,
        description="Who bought it without an account: by e-mail or by phone. Either this or `customer_id`; an order "
        "that was given to a customer shows both.",
    )
    currency: Currency = Field(description="The ISO 4217 currency of every amount of the order.")
    status: OrderStatus = Field(
        description="How far it is. `placed` is not paid: it books nothing and can't be refunded (rule 22)."
    )
    placed_at: Time = Field(description="When it was placed.")
    paid_at: Time | None = Field(
        default=None,
        description="When it was paid. A must from status `paid` on, unless a part of it is not paid yet: then it is "
        "sold when it was placed.",
    )
    delivered_at: Time | None = Field(default=None, description="Once known it stays known, whatever comes late.")
    updated_at: Time | None = Field(
        default=None,
        description="When the merchant's system last changed the order: an older snapshot changes nothing, and what a "
        "booked order came to changes only with a newer one.",
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="The merchant's own keys and values; makewhole keeps them and reads nothing in them.",
    )
    lines: Annotated[list[LineBody], Checked] = Field(
        min_length=1, max_length=MOST_LINES, description="What was sold, from 1 to 5,000 lines."
    )
    shipping: ShippingBody = Field(default=ShippingBody(), description="What shipping cost.")
    shipments: Annotated[list[OrderShipmentBody], Checked] = Field(
        default_factory=list,
        max_length=100,
        description="The parcels in which it is sent, at most 100 of 5,000 lines together: of each unit the return "
        "window runs from its own parcel's delivery (rule 49). They never ship more than was bought, and what they "
        "cost comes to `shipping`. Left out: all that is known of them stays known.",
    )
    discounts: Annotated[list[DiscountBody], Checked] = Field(
        default_factory=list,
        max_length=200,
        description="What was taken off, in the order in which it was given, at most 200.",
    )
    payments: list[PaymentBody] = Field(
        default_factory=list, max_length=50, description="What it was paid with, at most 50."
    )
    owed: SignedMinor = Field(
        default=0,
        description="What no payment stands for yet, in minor units of the order's currency: cash on delivery, an "
        "invoice, the rest of it. Lines + shipping − discounts come to the payments less their interest + `owed`. "
        "Below zero: it was paid too much, by at most the policy's `overpaid_at_most` (rule 50).",
    )
    points_earned: Points | Annotated[list[EarnedLotBody], Field(max_length=100)] = Field(
        default=0,
        description="Points that the purchase earned: a number, for all goods and without an end, or up to 100 lots.",
        examples=[500, [{"points": 500, "line_ids": ["l1"], "expires_at": "2099-12-31T00:00:00Z", "fixed": False}]],
    )
    rewards: list[OrderRewardBody] = Field(
        default_factory=list,
        max_length=100,
        description="What the order itself granted, to who bought it or to somebody else, at most 100.",
    )
    bundles: Annotated[list[BundleBody], Checked] = Field(
        default_factory=list,
        max_length=MOST_LINES,
        exclude_if=_are_none,
        description="How the parts of the order's bundles come back. Left out, or without a bundle: each alone. Left "
        "out of answers where it is empty.",
    )

    @model_validator(mode="after")
    def _says_who_bought(self) -> Self:
        if (self.customer_id is None) == (self.guest is None):
            raise FieldFault(
                "an order says who bought it once: customer_id for a customer, or guest with an email or a phone",
                "customer_id" if self.guest is None else "guest",
            )
        return self

    @model_validator(mode="after")
    def _is_not_too_large(self) -> Self:
        shares = len(self.lines) * len(self.discounts)
        if shares > MOST_SHARES:
            raise FieldFault(
                f"{len(self.lines)} lines times {len(self.discounts)} discounts are {shares} shares, "
                f"an order has at most {MOST_SHARES}: put discounts of one source together, or split the order",
                "discounts",
            )
        return self

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Self:
        line_ids = [line.line_id for line in self.lines]
        below_zero = {line.line_id for line in self.lines if line.is_below_zero}
        if len(below_zero) == len(self.lines):
            raise FieldFault("every line is below zero: there is nothing that they were taken off", "lines")
        check_bundles(self.lines, self.bundles)
        refuse_twice("line_id", line_ids, "lines", each="line_id")
        refuse_twice("payment_id", [each.payment_id for each in self.payments], "payments", each="payment_id")
        granted = [each.coupon_id for each in self.rewards]
        refuse_twice("coupon_id of rewards", granted, "rewards", each="coupon_id")
        for place, lot in enumerate(self._earned_lots):
            refuse_twice("line_ids of points_earned", lot.line_ids, "points_earned", place, "line_ids")
            if unknown := set(lot.line_ids) - set(line_ids):
                raise FieldFault(
                    f"points_earned names lines that the order does not have: {', '.join(sorted(unknown))}",
                    "points_earned",
                    place,
                    "line_ids",
                )
        if sum(lot.points for lot in self._earned_lots) > MOST_MINOR:
            raise FieldFault(f"points_earned comes to more than {MOST_MINOR} points", "points_earned")
        for place, reward in enumerate(self.rewards):
            refuse_twice("line_ids of a reward", reward.line_ids, "rewards", place, "line_ids")
            if unknown := set(reward.line_ids) - set(line_ids):
                raise FieldFault(
                    f"a reward names lines that the order does not have: {', '.join(sorted(unknown))}",
                    "rewards",
                    place,
                    "line_ids",
                )
        for place, discount in enumerate(self.discounts):
            refuse_twice("line_ids of a discount", discount.line_ids, "discounts", place, "line_ids")
            unknown = {*discount.line_ids, *discount.allocations} - set(line_ids)
            if unknown:
                raise FieldFault(
                    f"a discount names lines that the order does not have: {', '.join(sorted(unknown)[:MOST_NAMED])}",
                    "discounts",
                    place,
                    "allocations" if discount.allocations else "line_ids",
                )
            if below_zero.intersection((*discount.line_ids, *discount.allocations)):
                raise FieldFault(
                    "a discount names a line that is below zero: nothing can be taken off it",
                    "discounts",
                    place,
                    "allocations" if discount.allocations else "line_ids",
                )
            can_bear = (not line.gift and line.line_id not in below_zero for line in self.lines)
            is_spread = discount.target is DiscountTarget.LINES and not discount.line_ids and not discount.allocations
            if discount.points and is_spread and not any(can_bear):
                raise FieldFault("points can't be spread: the order has gifts only", "discounts", place, "points")
        return self

    @model_validator(mode="after")
    def _is_sent_as_bought(self) -> Self:
        names = [shipment.shipment_id for shipment in self.shipments]
        refuse_twice("shipment_id", names, "shipments", each="shipment_id")
        shipped = sum(len(shipment.lines) for shipment in self.shipments)
        if shipped > MOST_SHIPPED:
            raise FieldFault(
                f"the shipments have {shipped} lines together, an order has at most {MOST_SHIPPED}", "shipments"
            )
        bought = [
            BoughtLine(line.line_id, line.count, line.kind is LineKind.GOODS and not line.is_below_zero, line.measure)
            for line in self.lines
        ]
        try:
            shipments = [shipment.to_domain(self.currency, self._measures) for shipment in self.shipments]
            refuse_misfits(shipments, bought, self.shipping.amount, self.shipping.tax)
        except ValueError as wrong:
            raise FieldFault(str(wrong), "shipments") from wrong
        return self

    @model_validator(mode="after")
    def _is_earned_by_goods(self) -> Self:
        extras = {line.line_id for line in self.lines if not line.kind.is_unit or line.is_below_zero}
        earning = {line_id for lot in self._earned_lots for line_id in lot.line_ids}
        earning |= {line_id for reward in self.rewards for line_id in reward.line_ids}
        if wrong := sorted(extras & earning):
            raise FieldFault(
                f"points and rewards are earned by goods and services: leave {', '.join(wrong[:MOST_NAMED])} out of "
                "their line_ids",
                *self._earned_by(wrong[0]),
            )
        return self

    def _earned_by(self, line_id: str) -> tuple[str, int, str, int]:
        """Lead to where something is said to be earned by this line."""
        lots = (("points_earned", place, lot.line_ids) for place, lot in enumerate(self._earned_lots))
        rewards = (("rewards", place, reward.line_ids) for place, reward in enumerate(self.rewards))
        said = ((field, place, names) for field, place, names in (*lots, *rewards) if line_id in names)
        field, place, names = next(said)
        return field, place, "line_ids", names.index(line_id)

    @model_validator(mode="after")
    def _was_paid_at_its_rates(self) -> Self:
        for place, payment in enumerate(self.payments):
            try:
                payment.share_of(self.currency)
            except FieldFault as wrong:
                detail = f"payment {payment.payment_id!r}: {wrong}"
                raise FieldFault(detail, "payments", place, *wrong.place) from wrong
        return self

    @model_validator(mode="after")
    def _is_paid_or_not(self) -> Self:
        if self.status is OrderStatus.PLACED and self.payments:
            raise FieldFault("a placed order is not paid yet: leave out payments, or say status paid", "payments")
        is_on_its_way = self.status in (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        if is_on_its_way and self.paid_at is None and not self.is_paid_later:
            raise FieldFault(
                f"an order that is {self.status} was paid: say when in paid_at, or what is not paid yet in owed",
                "paid_at",
            )
        return self

    @property
    def is_paid_later(self) -> bool:
        return self.owed > 0 or any(payment.status is not PaymentStatus.CAPTURED for payment in self.payments)

    def to_domain(self, order_id: str) -> Order:
        def money(amount: int) -> Money:
            return Money(self.currency, amount)

        return Order(
            order_id=order_id,
            customer_id=self.customer_id or "",
            guest=None if self.guest is None else self.guest.to_domain(),
            currency=self.currency,
            status=self.status,
            placed_at=self.placed_at,
            paid_at=self.paid_at,
            delivered_at=self.delivered_at,
            lines=tuple(each.to_domain(self.currency) for each in self.lines),
            shipping=Shipping(money(self.shipping.amount), money(self.shipping.tax)),
            shipments=tuple(each.to_domain(self.currency, self._measures) for each in self.shipments),
            discounts=tuple(each.to_domain(self.currency) for each in self.discounts),
            payments=tuple(each.to_domain(self.currency) for each in self.payments),
            owed=money(self.owed) if self.owed else None,
            points_earned=sum(lot.points for lot in self._earned_lots),
            earned_lots=()
            if isinstance(self.points_earned, int)
            else tuple(
                EarnedLot(lot.points, tuple(lot.line_ids), lot.expires_at, lot.fixed) for lot in self._earned_lots
            ),
            bundles=tuple(each.to_domain() for each in self.bundles),
            updated_at=self.updated_at,
            metadata=tuple(sorted(self.metadata.items())),
            rewards=tuple(
                OrderReward(
                    each.kind,
                    each.coupon_id,
                    money(each.amount or 0),
                    tuple(each.line_ids),
                    (each.customer_id or "") if each.customer_id != self.customer_id else "",
                    each.expires_at,
                )
                for each in self.rewards
            ),
        )

    @property
    def _measures(self) -> dict[str, Measure]:
        """By what the lines are measured that are."""
        return {line.line_id: measure for line in self.lines if (measure := line.measure)}

    @property
    def _earned_lots(self) -> list[EarnedLotBody]:
        earned = self.points_earned
        return [EarnedLotBody(points=earned)] if isinstance(earned, int) else earned

    @staticmethod
    def of(order: Order) -> "OrderBody":
        """Show a stored order as it was pushed."""
        measures = {line.line_id: line.measure for line in order.lines if line.measure}
        return OrderBody.model_construct(
            customer_id=account(order.customer_id),
            guest=GuestBody.of(order.guest),
            currency=order.currency,
            status=order.status,
            placed_at=order.placed_at,
            paid_at=order.paid_at,
            delivered_at=order.delivered_at,
            updated_at=order.updated_at,
            metadata=dict(order.metadata),
            lines=[LineBody.of(each) for each in order.lines],
            shipping=ShippingBody.model_construct(
                amount=order.shipping.amount.minor_units, tax=order.shipping.tax.minor_units
            ),
            shipments=[OrderShipmentBody.of(each, measures) for each in order.shipments],
            discounts=[DiscountBody.of(each) for each in order.discounts],
            payments=[PaymentBody.of(each) for each in order.payments],
            owed=order.owed.minor_units if order.owed else 0,
            points_earned=_earned(order),
            rewards=[
                OrderRewardBody.model_construct(
                    kind=cast(GrantedKind, each.kind),
                    coupon_id=each.coupon_id,
                    amount=None if each.coupon_id else each.amount.minor_units,
                    line_ids=list(each.line_ids),
                    customer_id=each.customer_id or None,
                    expires_at=each.expires_at,
                )
                for each in order.rewards
            ],
            bundles=[BundleBody.model_construct(bundle_id=each.bundle_id, parts=each.parts) for each in order.bundles],
        )


def _earned(order: Order) -> int | list[EarnedLotBody]:
    """What the order earned, as it was said."""
    if not order.earned_lots:
        return order.points_earned
    return [
        EarnedLotBody.model_construct(
            points=each.points, line_ids=list(each.line_ids), expires_at=each.expires_at, fixed=each.is_fixed
        )
        for each in order.earned_lots
    ]
