"""Orders as merchants push them, and the order detail page."""

from collections import Counter
from typing import Annotated, Literal, Self, cast

from pydantic import Field, ValidationInfo, field_validator, model_validator

from api.schemas.common import (
    BasisPoints,
    Checked,
    Currency,
    Flag,
    Id,
    Metadata,
    Minor,
    OptionalId,
    Points,
    Quantity,
    Reference,
    Text,
    Time,
    Wire,
)
from api.schemas.sizes import MOST_LINES, MOST_SHARES
from domain.money.amounts import Money
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    Order,
    OrderLine,
    OrderReward,
    OrderStatus,
    Payment,
    PaymentMethod,
    RewardKind,
    Shipping,
)
from gateways import registry

_NAMED = 20
"""So many ids an error names."""


class LineBody(Wire):
    """One line of the order: some units of one thing, or a gift."""

    line_id: Id = Field(description="The line's name, unique in its order; refunds name it.")
    sku: Annotated[Text, Field(max_length=300)] = Field(
        default="", description="the merchant's name of the article; may be empty"
    )
    name: Annotated[Text, Field(max_length=300)] = Field(default="", description="What the customer knows it as.")
    quantity: Quantity = Field(description="How many units were sold.")
    unit_price: Minor = Field(
        description=("What one unit cost before discounts, in minor units of the order's currency, tax included.")
    )
    tax: Minor = Field(
        default=0,
        description=(
            "The tax inside the whole line, in minor units of the order's currency; at most quantity × unit_price."
        ),
    )
    gift: Flag = Field(default=False, description="Whether it came with the goods for nothing or little (rule 27).")
    gift_value: Minor | None = Field(default=None, description="what one unit of a gift is worth; else its unit_price")
    gift_minimum_spend: Minor | None = Field(
        default=None, description="what the goods kept must come to for the gift to stay; else any of them"
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.tax > self.unit_price * self.quantity:
            raise ValueError("tax is the tax inside the line and can't exceed quantity × unit_price")
        if not self.gift and (self.gift_value is not None or self.gift_minimum_spend is not None):
            raise ValueError("gift_value and gift_minimum_spend belong to a line with gift true")
        return self


class ShippingBody(Wire):
    """What the customer paid for shipping."""

    amount: Minor = Field(default=0, description="Shipping, in minor units of the order's currency, tax included.")
    tax: Minor = Field(default=0, description="The tax inside it, in minor units of the order's currency.")

    @model_validator(mode="after")
    def _tax_is_inside(self) -> Self:
        if self.tax > self.amount:
            raise ValueError("tax is the tax inside the shipping amount and can't exceed it")
        return self


class DiscountBody(Wire):
    """Money off, in the order in which it was given (rule 3)."""

    source: DiscountSource = Field(description="Where it comes from.")
    id: OptionalId = Field(
        default=None, description="names the coupon, campaign or exclusive discount; empty or left out: none"
    )
    amount: Minor = Field(description="What it took off, in minor units of the order's currency.")
    points: Points = Field(default=0, description="The points that paid for it. Only with source `points`.")
    line_ids: list[Id] = Field(
        default_factory=list,
        max_length=MOST_LINES,
        description="The lines it is for, at most 5,000. Left out: all lines but gifts.",
    )
    target: DiscountTarget = Field(
        default=DiscountTarget.LINES, description="What it is taken off: the `lines`, or `shipping`."
    )
    allocations: dict[Id, Minor] = Field(
        default_factory=dict,
        max_length=MOST_LINES,
        description=(
            "What it took off each line, by line_id, in minor units of the order's currency; they "
            "come to `amount`. Left out: split by what is left of the lines."
        ),
    )
    minimum_spend: Minor | None = Field(
        default=None,
        description=(
            "It was given because its lines came to at least this before it, in minor units of the "
            "order's currency (rule 7)."
        ),
    )
    rate_bp: BasisPoints | None = Field(
        default=None, description="It is a percentage, in basis points: 1,000 is 10 % (rule 7)."
    )
    valid_until: Time | None = Field(default=None, description="the end of an exclusive discount")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.source is DiscountSource.COUPON and self.id is None:
            raise ValueError("a coupon discount names its coupon in `id`")
        if self.source is DiscountSource.EXCLUSIVE_DISCOUNT and self.id is None:
            raise ValueError("an exclusive discount is named in `id`")
        if self.valid_until is not None and self.source is not DiscountSource.EXCLUSIVE_DISCOUNT:
            raise ValueError("valid_until belongs to an exclusive discount; a coupon has its own")
        if self.points and self.source is not DiscountSource.POINTS:
            raise ValueError("only a discount of source `points` has points")
        if self.allocations and sum(self.allocations.values()) != self.amount:
            raise ValueError(f"allocations come to {sum(self.allocations.values())}, the amount is {self.amount}")
        if self.allocations and self.line_ids:
            raise ValueError("say `line_ids` or `allocations`, not both")
        if self.target is DiscountTarget.SHIPPING and (self.allocations or self.line_ids or self.points):
            raise ValueError("a discount on shipping has no lines, no allocations and no points")
        return self


GrantedKind = Literal[RewardKind.COUPON, RewardKind.STORE_CREDIT]


class OrderRewardBody(Wire):
    """Something the order itself granted: `coupon_id` for a coupon, `amount` for store credit."""

    kind: GrantedKind = Field(description="What it is.")
    coupon_id: Id | None = Field(default=None, description="The coupon that was granted. Only with kind `coupon`.")
    amount: Minor | None = Field(
        default=None,
        description=(
            "The credit that was granted, in minor units of the order's currency. Only with kind `store_credit`."
        ),
    )
    line_ids: list[Id] = Field(
        default_factory=list,
        max_length=2_000,
        description="the lines it was granted for, with which it goes back; empty means all goods (rule 45)",
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.kind is RewardKind.COUPON and (self.coupon_id is None or self.amount is not None):
            raise ValueError("a coupon that was granted is named in coupon_id, and has its amount there")
        if self.kind is RewardKind.STORE_CREDIT and (self.amount is None or self.coupon_id is not None):
            raise ValueError("store credit that was granted has an amount, and no coupon_id")
        return self


class PaymentBody(Wire):
    """`instrument` tells one card or wallet from another, for example its fingerprint; it means nothing else to us."""

    payment_id: Id = Field(description="The payment's name, unique in its order.")
    method: PaymentMethod = Field(description="How it was paid.")
    gateway: Id = Field(default=registry.DEFAULT, description="The provider it was paid through.")
    gateway_ref: Reference = Field(
        default="",
        validate_default=True,
        description="The provider's name of the charge, kept letter by letter: what is paid back goes to it. "
        "Only `gift_card`, `store_credit` and `other` may leave it out.",
    )
    amount: Minor = Field(description="What was captured, in minor units of the order's currency.")
    instrument: Reference = Field(
        default="",
        description=(
            "Tells one card or wallet from another, for example its fingerprint; it means nothing else to us."
        ),
    )

    @field_validator("gateway_ref")
    @classmethod
    def _names_its_charge(cls, reference: str, known: ValidationInfo) -> str:
        method: PaymentMethod | None = known.data.get("method")
        if method is not None and method.needs_a_charge and not reference.strip():
            raise ValueError(f"a payment by {method} is paid back to its charge: name it in gateway_ref")
        return reference

    @model_validator(mode="after")
    def _can_be_paid_back(self) -> Self:
        if self.method is not PaymentMethod.STORE_CREDIT and self.gateway not in registry.PROVIDERS:
            raise ValueError(f"no gateway {self.gateway!r} here; there is {', '.join(registry.PROVIDERS)}")
        return self


class OrderBody(Wire):
    """An order as it was sold. Lines, shipping and discounts come to the same as the payments."""

    customer_id: Id = Field(description="Who bought it; it never changes.")
    currency: Currency = Field(description="The ISO 4217 currency of every amount of the order.")
    status: OrderStatus = Field(
        description="How far it is. `placed` is not paid: it books nothing and can't be refunded (rule 22)."
    )
    placed_at: Time = Field(description="When it was placed.")
    paid_at: Time | None = Field(default=None, description="When it was paid. A must from status `paid` on.")
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
    discounts: Annotated[list[DiscountBody], Checked] = Field(
        default_factory=list,
        max_length=200,
        description="What was taken off, in the order in which it was given, at most 200.",
    )
    payments: list[PaymentBody] = Field(
        default_factory=list, max_length=50, description="What it was paid with, at most 50."
    )
    points_earned: Points = Field(default=0, description="Points that the purchase earned.")
    rewards: list[OrderRewardBody] = Field(
        default_factory=list, max_length=100, description="What the order itself granted, at most 100."
    )

    @model_validator(mode="after")
    def _is_not_too_large(self) -> Self:
        shares = len(self.lines) * len(self.discounts)
        if shares > MOST_SHARES:
            raise ValueError(
                f"{len(self.lines)} lines times {len(self.discounts)} discounts are {shares} shares, "
                f"an order has at most {MOST_SHARES}: put discounts of one source together, or split the order"
            )
        return self

    @model_validator(mode="after")
    def _names_are_unique_and_known(self) -> Self:
        line_ids = [line.line_id for line in self.lines]
        _refuse_twice("line_id", line_ids)
        _refuse_twice("payment_id", [payment.payment_id for payment in self.payments])
        _refuse_twice("coupon_id of rewards", [each.coupon_id for each in self.rewards if each.coupon_id])
        for reward in self.rewards:
            _refuse_twice("line_ids of a reward", reward.line_ids)
            if unknown := set(reward.line_ids) - set(line_ids):
                raise ValueError(f"a reward names lines that the order does not have: {', '.join(sorted(unknown))}")
        for discount in self.discounts:
            _refuse_twice("line_ids of a discount", discount.line_ids)
            unknown = {*discount.line_ids, *discount.allocations} - set(line_ids)
            if unknown:
                raise ValueError(
                    f"a discount names lines that the order does not have: {', '.join(sorted(unknown)[:_NAMED])}"
                )
            covers_nothing = (
                not discount.line_ids and not discount.allocations and all(line.gift for line in self.lines)
            )
            if discount.points and covers_nothing:
                raise ValueError("points can't be spread: the order has gifts only")
        return self

    @model_validator(mode="after")
    def _is_paid_or_not(self) -> Self:
        if self.status is OrderStatus.PLACED and self.payments:
            raise ValueError("a placed order is not paid yet: leave out payments, or say status paid")
        if self.status in (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED) and self.paid_at is None:
            raise ValueError(f"an order that is {self.status} was paid: say when in paid_at")
        return self

    def to_domain(self, order_id: str) -> Order:
        def money(amount: int) -> Money:
            return Money(self.currency, amount)

        return Order(
            order_id=order_id,
            customer_id=self.customer_id,
            currency=self.currency,
            status=self.status,
            placed_at=self.placed_at,
            paid_at=self.paid_at,
            delivered_at=self.delivered_at,
            lines=tuple(
                OrderLine(
                    line_id=line.line_id,
                    sku=line.sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=money(line.unit_price),
                    tax=money(line.tax),
                    gift=line.gift,
                    gift_value=None if line.gift_value is None else money(line.gift_value),
                    gift_minimum_spend=None if line.gift_minimum_spend is None else money(line.gift_minimum_spend),
                )
                for line in self.lines
            ),
            shipping=Shipping(money(self.shipping.amount), money(self.shipping.tax)),
            discounts=tuple(
                Discount(
                    source=each.source,
                    source_id=each.id,
                    amount=money(each.amount),
                    points=each.points,
                    line_ids=tuple(each.line_ids),
                    target=each.target,
                    allocations=tuple((line_id, money(share)) for line_id, share in each.allocations.items()),
                    minimum_spend=None if each.minimum_spend is None else money(each.minimum_spend),
                    rate_bp=each.rate_bp,
                    valid_until=each.valid_until,
                )
                for each in self.discounts
            ),
            payments=tuple(
                Payment(
                    each.payment_id, each.method, each.gateway, each.gateway_ref, money(each.amount), each.instrument
                )
                for each in self.payments
            ),
            points_earned=self.points_earned,
            updated_at=self.updated_at,
            metadata=tuple(sorted(self.metadata.items())),
            rewards=tuple(
                OrderReward(each.kind, each.coupon_id, money(each.amount or 0), tuple(each.line_ids))
                for each in self.rewards
            ),
        )

    @staticmethod
    def of(order: Order) -> "OrderBody":
        """Show a stored order as it was pushed."""
        return OrderBody.model_construct(
            customer_id=order.customer_id,
            currency=order.currency,
            status=order.status,
            placed_at=order.placed_at,
            paid_at=order.paid_at,
            delivered_at=order.delivered_at,
            updated_at=order.updated_at,
            metadata=dict(order.metadata),
            lines=[
                LineBody.model_construct(
                    line_id=line.line_id,
                    sku=line.sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=line.unit_price.minor_units,
                    tax=line.tax.minor_units,
                    gift=line.gift,
                    gift_value=_minor(line.gift_value),
                    gift_minimum_spend=_minor(line.gift_minimum_spend),
                )
                for line in order.lines
            ],
            shipping=ShippingBody.model_construct(
                amount=order.shipping.amount.minor_units, tax=order.shipping.tax.minor_units
            ),
            discounts=[
                DiscountBody.model_construct(
                    source=each.source,
                    id=each.source_id,
                    amount=each.amount.minor_units,
                    points=each.points,
                    line_ids=list(each.line_ids),
                    target=each.target,
                    allocations={line_id: share.minor_units for line_id, share in each.allocations},
                    minimum_spend=_minor(each.minimum_spend),
                    rate_bp=each.rate_bp,
                    valid_until=each.valid_until,
                )
                for each in order.discounts
            ],
            payments=[
                PaymentBody.model_construct(
                    payment_id=each.payment_id,
                    method=each.method,
                    gateway=each.gateway,
                    gateway_ref=each.gateway_ref,
                    amount=each.amount.minor_units,
                    instrument=each.instrument,
                )
                for each in order.payments
            ],
            points_earned=order.points_earned,
            rewards=[
                OrderRewardBody.model_construct(
                    kind=cast(GrantedKind, each.kind),
                    coupon_id=each.coupon_id,
                    amount=None if each.coupon_id else each.amount.minor_units,
                    line_ids=list(each.line_ids),
                )
                for each in order.rewards
            ],
        )


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor_units


def _refuse_twice(what: str, names: list[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"{what} {', '.join(twice[:_NAMED])} appears twice")
