"""What an order is made of: lines, shipping, discounts, rewards, payments."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from api.schemas.common import (
    MOST_MINOR,
    BasisPoints,
    Currency,
    Flag,
    Id,
    Minor,
    OptionalId,
    Points,
    Rate,
    Reference,
    SignedMinor,
    Text,
    Time,
    Wire,
)
from api.schemas.quantities import Quantity, Unit
from api.schemas.sizes import MOST_LINES
from domain.money import exchange
from domain.money.amounts import Money
from domain.sale.measures import THOUSAND, Measure, count_of, in_words
from domain.sale.orders import (
    DiscountSource,
    DiscountTarget,
    LineKind,
    PaymentMethod,
    PaymentStatus,
    RewardKind,
    SoldForGood,
)
from gateways import registry

MOST_NAMED = 20
"""So many ids an error names."""


class ReturnableBody(Wire):
    """Whether a line can be returned, and why not."""

    allowed: Flag = Field(description="False: it comes back only where the merchant is at fault.")
    because: SoldForGood | None = Field(
        default=None, description="Why it can't. Only, and always, with `allowed` false."
    )

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if self.allowed == (self.because is not None):
            raise ValueError("say `because` where `allowed` is false, and only there; `other` is one of its words")
        return self


def _is_empty(value: object) -> bool:
    """Lines are many: what they don't say is left out of answers, so that as many as before are on a page."""
    return value is None or value == ""


def _is_usual(returnable: ReturnableBody) -> bool:
    return returnable.allowed


class LineBody(Wire):
    """One line of the order: some units of one thing, so much of it by weight or another measure, or a gift."""

    line_id: Id = Field(description="The line's name, unique in its order; refunds name it.")
    kind: LineKind = Field(
        default=LineKind.GOODS,
        description="What it is. `goods` and `service` are units. The others come back as the policy's "
        "`line_kind_refund` says, by themselves, and the order is fully returned without them (rule 47).",
    )
    sku: Annotated[Text, Field(max_length=300)] = Field(
        default="", description="the merchant's name of the article; may be empty"
    )
    name: Annotated[Text, Field(max_length=300)] = Field(default="", description="What the customer knows it as.")
    category: Annotated[Text, Field(max_length=100)] = Field(
        default="",
        exclude_if=_is_empty,
        description="The merchant's word for its kind of goods; reasons to ask for a refund go by it. Left out of "
        "answers where it is empty.",
    )
    quantity: Quantity = Field(
        description="How many units were sold; or how much was measured, as a decimal of up to three places in text, "
        "where `unit` is given. Answers say quantities of the line in the same type."
    )
    unit: Unit | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="By what `quantity` was measured, as kg. Parts of it come back in proportion, down to a thousandth "
        "(rule 48). Left out of answers where nothing was measured.",
    )
    unit_price: SignedMinor | None = Field(
        default=None,
        description="What one unit cost before discounts, in minor units of the order's currency, tax included. "
        "Either this or `total`; of what was measured, only where the line comes to whole minor units. Below zero as "
        "`total`.",
    )
    total: SignedMinor | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="What the whole line cost before discounts, in minor units of the order's currency, tax included: "
        "for a price that its units do not divide, as three for 1.00. Its units come back as 0.34, 0.33 and 0.33 "
        "(rule 48). Either this or `unit_price`. Of all but a tip and gift wrap it may be below zero, as a till writes "
        "something off, a rounding or the deposit of empties: then it is no unit, and is taken off the other lines "
        "like a discount, of a bundle off the others of that. Left out of answers that have `unit_price`.",
        examples=[100],
    )
    tax: SignedMinor = Field(
        default=0,
        description="The tax inside the whole line, in minor units of the order's currency; at most what it cost. "
        "Of a line below zero it is below zero too, or zero, and is taken off the tax of the others.",
    )
    gift: Flag = Field(default=False, description="Whether it came with the goods for nothing or little (rule 27).")
    gift_value: Minor | None = Field(default=None, description="what one unit of a gift is worth; else what it cost")
    gift_minimum_spend: Minor | None = Field(
        default=None, description="what the goods kept must come to for the gift to stay; else any of them"
    )

    returnable: ReturnableBody = Field(
        default=ReturnableBody(allowed=True),
        exclude_if=_is_usual,
        description="Whether it can be returned. Where not, a request for a change of mind that names it is refused "
        "with `line_not_returnable` and the reason, and one for everything left leaves it out. Left out of answers "
        "where it can.",
    )

    bundle_id: Id | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="The bundle that the line is a part of; `bundles` of the order says how its parts come back. A "
        "fee, a deposit or another line that is no unit comes back with the goods of its bundle. Left out of answers "
        "where it is of none.",
    )

    @property
    def is_below_zero(self) -> bool:
        return (self.total or self.unit_price or 0) < 0

    @property
    def measure(self) -> Measure | None:
        return None if self.unit is None else Measure(self.unit, is_text=isinstance(self.quantity, str))

    @property
    def count(self) -> int:
        """The quantity as everything within counts it."""
        return count_of(self.quantity, self.measure)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        cost = self._cost()
        if not min(cost, 0) <= self.tax <= max(cost, 0):
            raise ValueError("tax is the tax inside the line and can't exceed quantity × unit_price, or total")
        if cost < 0 and (self.gift or not self.returnable.allowed or not self.kind.may_be_below_zero):
            raise ValueError(
                "what is below zero was taken off the others: it is no gift, tip or gift wrap, and not "
                "returnable by itself"
            )
        if not self.gift and (self.gift_value is not None or self.gift_minimum_spend is not None):
            raise ValueError("gift_value and gift_minimum_spend belong to a line with gift true")
        if not self.kind.is_unit and (self.gift or not self.returnable.allowed):
            raise ValueError(
                f"gift and returnable are for goods and services: the policy says when a {self.kind} comes back"
            )
        return self

    def _cost(self) -> int:
        if self.total is not None and self.unit_price is None:
            return self.total
        if self.unit_price is not None and self.total is None:
            return self._cost_of_units(self.unit_price)
        raise ValueError("a line says what it cost once: unit_price for each unit, or total for all of them together")

    def _cost_of_units(self, unit_price: int) -> int:
        if self.measure is None:
            return unit_price * self.count
        cost, rest = divmod(unit_price * self.count, THOUSAND)
        if rest:
            raise ValueError(
                f"{in_words(self.count, self.measure)} at a unit_price of {unit_price} come to {cost}.{rest:03d}: "
                "say in total, in place of unit_price, what was charged"
            )
        return cost


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
    points: Points = Field(
        default=0, description="The points that paid for it, for goods or for shipping. Only with source `points`."
    )
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
        if self.target is DiscountTarget.SHIPPING and (self.allocations or self.line_ids):
            raise ValueError("a discount on shipping has no lines and no allocations")
        return self


GrantedKind = Literal[RewardKind.COUPON, RewardKind.STORE_CREDIT]


class EarnedLotBody(Wire):
    """Points that the order earned for some of its lines."""

    points: Points = Field(description="Whole points.")
    line_ids: list[Id] = Field(
        default_factory=list,
        max_length=2_000,
        description="The lines that earned them, with which they go back; empty means all goods (rule 19).",
    )
    expires_at: Time | None = Field(default=None, description="Until when they are good. Left out: without an end.")
    fixed: Flag = Field(
        default=False,
        description="Whether they go back only with the last unit of the order, whatever its lines: a welcome bonus.",
    )

    @model_validator(mode="after")
    def _is_fixed_or_of_lines(self) -> Self:
        if self.fixed and self.line_ids:
            raise ValueError("fixed points are for the order, not for some of its lines")
        return self


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
    customer_id: Id | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="Somebody else whom it was granted to, for a referral or as a commission: it goes back from them, "
        "and what they have spent of it they owe; the refund is not less for it. Left out: who bought the order.",
    )
    expires_at: Time | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="Until when the credit can be spent; what is unspent then is gone, and does not go back once more. "
        "Only with kind `store_credit`: a coupon has its own end. Left out: without an end.",
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.kind is RewardKind.COUPON and (self.coupon_id is None or self.amount is not None):
            raise ValueError("a coupon that was granted is named in coupon_id, and has its amount there")
        if self.kind is RewardKind.STORE_CREDIT and (self.amount is None or self.coupon_id is not None):
            raise ValueError("store credit that was granted has an amount, and no coupon_id")
        if self.kind is RewardKind.COUPON and self.expires_at is not None:
            raise ValueError("a coupon has its own valid_until; expires_at is for store credit")
        return self


def _is_captured(status: PaymentStatus) -> bool:
    return status is PaymentStatus.CAPTURED


def _is_nothing(amount: int) -> bool:
    return amount == 0


class PaymentBody(Wire):
    """`instrument` tells one card or wallet from another, for example its fingerprint; it means nothing else to us."""

    payment_id: Id = Field(description="The payment's name, unique in its order.")
    method: PaymentMethod = Field(description="How it was paid.")
    status: PaymentStatus = Field(
        default=PaymentStatus.CAPTURED,
        exclude_if=_is_captured,
        description="How far it is. Only what is `captured` is paid back; of an `authorized` or `pending` one a refund "
        "leaves less to be captured (rule 50). Left out of answers where it is captured.",
    )
    gateway: Id = Field(default=registry.DEFAULT, description="The provider it was paid through.")
    gateway_ref: Reference = Field(
        default="",
        validate_default=True,
        description="The provider's name of the charge, kept letter by letter: what is paid back goes to it. "
        "Only `gift_card`, `store_credit` and `other` may leave it out, and what is not captured.",
    )
    amount: Minor = Field(description="What was captured, in minor units of the payment's currency.")
    currency: Currency | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="The ISO 4217 currency it was paid in. Left out: the order's. What is paid back goes in it, at the "
        "rate of the sale (rule 53).",
    )
    rate: Rate | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="How much of the order's currency one unit of the payment's was, as a decimal in a text. Only with "
        "another `currency`.",
    )
    order_amount: Minor | None = Field(
        default=None,
        exclude_if=_is_empty,
        description="The payment's share of the order, in minor units of the order's currency: `amount` at `rate`, "
        "rounded up or down. Left out: `amount`, or what `rate` makes of it. Only with another `currency`.",
    )
    interest: Minor = Field(
        default=0,
        exclude_if=_is_nothing,
        description="What an instalment cost, in the same minor units; it is inside `amount`, pays nothing of the "
        "order and comes back only for the merchant's fault (rule 50). Left out of answers where there is none.",
    )
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
        is_captured = known.data.get("status") is PaymentStatus.CAPTURED
        if is_captured and method is not None and method.needs_a_charge and not reference.strip():
            raise ValueError(f"a payment by {method} is paid back to its charge: name it in gateway_ref")
        return reference

    @model_validator(mode="after")
    def _can_be_paid_back(self) -> Self:
        if self.method is not PaymentMethod.STORE_CREDIT and self.gateway not in registry.PROVIDERS:
            raise ValueError(f"no gateway {self.gateway!r} here; there is {', '.join(registry.PROVIDERS)}")
        return self

    def share_of(self, currency: str) -> Money | None:
        """Return what it is worth in the order's currency; None where it was paid in that.

        Raises ValueError where currency, rate and share don't fit each other.
        """
        if self.currency in (None, currency):
            if self.order_amount not in (None, self.amount) or (
                self.rate is not None and exchange.rate(self.rate) != 1
            ):
                raise ValueError("rate and order_amount are for a payment in another currency than the order's")
            return None
        amount = Money(self.currency, self.amount)
        if self.method is PaymentMethod.STORE_CREDIT:
            raise ValueError("store credit is spent in the currency of the order")
        if self.rate is None and self.order_amount is None:
            raise ValueError(f"it was paid in {self.currency}: say the rate, or its share of the order in order_amount")
        at = None if self.rate is None else exchange.rate(self.rate)
        if self.order_amount is None:
            assert at is not None
            return _of_some_worth(amount, exchange.worth(amount, at, currency))
        share = Money(currency, self.order_amount)
        if at is not None and not exchange.fits(amount, at, share):
            at_rate = exchange.worth(amount, at, currency).minor_units
            raise ValueError(f"order_amount does not fit the rate: {self.amount} at {self.rate} come to {at_rate}")
        return _of_some_worth(amount, share)

    @model_validator(mode="after")
    def _has_its_interest_inside(self) -> Self:
        if self.interest > self.amount:
            raise ValueError("interest is inside the amount of its payment and can't exceed it")
        return self


def _of_some_worth(amount: Money, share: Money) -> Money:
    """Nothing is worth nothing, and something something: else it could not go back in proportion."""
    if bool(amount) != bool(share) or share.minor_units > MOST_MINOR:
        raise ValueError(
            f"{amount.minor_units} {amount.currency} can't be worth {share.minor_units} {share.currency} of the order"
        )
    return share


def minor_or_none(money: Money | None) -> int | None:
    return None if money is None else money.minor_units


def refuse_twice(what: str, names: list[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"{what} {', '.join(twice[:MOST_NAMED])} appears twice")
