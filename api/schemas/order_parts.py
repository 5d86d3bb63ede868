"""What an order is made of: lines, shipping, discounts, rewards."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import (
    BasisPoints,
    Flag,
    Id,
    Minor,
    OptionalId,
    Points,
    SignedMinor,
    Text,
    Time,
    Wire,
    is_empty,
)
from api.schemas.faults import FieldFault
from api.schemas.quantities import Quantity, Unit
from api.schemas.sizes import MOST_LINES
from domain.money.amounts import Money
from domain.sale.measures import THOUSAND, Measure, as_said, count_of, in_words
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    LineKind,
    OrderLine,
    SoldForGood,
)


class ReturnableBody(Wire):
    """Whether a line can be returned, and why not."""

    allowed: Flag = Field(description="False: it comes back only where the merchant is at fault.")
    because: SoldForGood | None = Field(
        default=None, description="Why it can't. Only, and always, with `allowed` false."
    )

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if self.allowed == (self.because is not None):
            raise FieldFault(
                "say `because` where `allowed` is false, and only there; `other` is one of its words", "because"
            )
        return self


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
        exclude_if=is_empty,
        description="The merchant's word for its kind of goods; reasons to ask for a refund go by it. Left out of "
        "answers where it is empty.",
    )
    quantity: Quantity = Field(
        description="How many units were sold; or how much was measured, as a decimal of up to three places in text, "
        "where `unit` is given. Answers say quantities of the line in the same type."
    )
    unit: Unit | None = Field(
        default=None,
        exclude_if=is_empty,
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
        exclude_if=is_empty,
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
        exclude_if=is_empty,
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
        try:
            return count_of(self.quantity, self.measure)
        except ValueError as unfit:
            raise FieldFault(str(unfit), "quantity") from unfit

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        _, cost = (
            self.count,
            self._cost(),
        )  # a quantity that does not fit is told first, whichever way the price is said
        if not min(cost, 0) <= self.tax <= max(cost, 0):
            raise FieldFault("tax is the tax inside the line and can't exceed quantity × unit_price, or total", "tax")
        if cost < 0 and (self.gift or not self.returnable.allowed or not self.kind.may_be_below_zero):
            raise FieldFault(
                "what is below zero was taken off the others: it is no gift, tip or gift wrap, and not "
                "returnable by itself",
                "gift" if self.gift else "kind" if self.returnable.allowed else "returnable",
            )
        if not self.gift and (self.gift_value is not None or self.gift_minimum_spend is not None):
            raise FieldFault(
                "gift_value and gift_minimum_spend belong to a line with gift true",
                "gift_minimum_spend" if self.gift_value is None else "gift_value",
            )
        if not self.kind.is_unit and (self.gift or not self.returnable.allowed):
            raise FieldFault(
                f"gift and returnable are for goods and services: the policy says when a {self.kind} comes back",
                "gift" if self.gift else "returnable",
            )
        return self

    def _cost(self) -> int:
        if self.total is not None and self.unit_price is None:
            return self.total
        if self.unit_price is not None and self.total is None:
            return self._cost_of_units(self.unit_price)
        raise FieldFault(
            "a line says what it cost once: unit_price for each unit, or total for all of them together",
            "unit_price" if self.total is None else "total",
        )

    def _cost_of_units(self, unit_price: int) -> int:
        if self.measure is None:
            return unit_price * self.count
        cost, rest = divmod(unit_price * self.count, THOUSAND)
        if rest:
            raise FieldFault(
                f"{in_words(self.count, self.measure)} at a unit_price of {unit_price} come to {cost}.{rest:03d}: "
                "say in total, in place of unit_price, what was charged",
                "unit_price",
            )
        return cost

    def to_domain(self, currency: str) -> OrderLine:
        """Read it as a line of an order in this currency."""
        return OrderLine(
            line_id=self.line_id,
            sku=self.sku,
            name=self.name,
            quantity=self.count,
            unit_price=_money_or_none(currency, self.unit_price),
            tax=Money(currency, self.tax),
            gift=self.gift,
            gift_value=_money_or_none(currency, self.gift_value),
            gift_minimum_spend=_money_or_none(currency, self.gift_minimum_spend),
            total=_money_or_none(currency, self.total),
            sold_for_good=self.returnable.because,
            category=self.category,
            kind=self.kind,
            measure=self.measure,
            bundle_id=self.bundle_id or "",
        )

    @classmethod
    def of(cls, line: OrderLine) -> "LineBody":
        """Show a stored line as it was pushed."""
        return cls.model_construct(
            line_id=line.line_id,
            sku=line.sku,
            name=line.name,
            quantity=as_said(line.quantity, line.measure),
            unit=line.measure.unit if line.measure else None,
            unit_price=minor_or_none(line.unit_price),
            kind=line.kind,
            total=minor_or_none(line.total),
            returnable=ReturnableBody(allowed=line.sold_for_good is None, because=line.sold_for_good),
            tax=line.tax.minor_units,
            gift=line.gift,
            gift_value=minor_or_none(line.gift_value),
            gift_minimum_spend=minor_or_none(line.gift_minimum_spend),
            category=line.category,
            bundle_id=line.bundle_id or None,
        )


class ShippingBody(Wire):
    """What the customer paid for shipping."""

    amount: Minor = Field(default=0, description="Shipping, in minor units of the order's currency, tax included.")
    tax: Minor = Field(default=0, description="The tax inside it, in minor units of the order's currency.")

    @model_validator(mode="after")
    def _tax_is_inside(self) -> Self:
        if self.tax > self.amount:
            raise FieldFault("tax is the tax inside the shipping amount and can't exceed it", "tax")
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
            raise FieldFault("a coupon discount names its coupon in `id`", "id")
        if self.source is DiscountSource.EXCLUSIVE_DISCOUNT and self.id is None:
            raise FieldFault("an exclusive discount is named in `id`", "id")
        if self.valid_until is not None and self.source is not DiscountSource.EXCLUSIVE_DISCOUNT:
            raise FieldFault("valid_until belongs to an exclusive discount; a coupon has its own", "valid_until")
        if self.points and self.source is not DiscountSource.POINTS:
            raise FieldFault("only a discount of source `points` has points", "points")
        if self.allocations and sum(self.allocations.values()) != self.amount:
            raise FieldFault(
                f"allocations come to {sum(self.allocations.values())}, the amount is {self.amount}", "allocations"
            )
        if self.allocations and self.line_ids:
            raise FieldFault("say `line_ids` or `allocations`, not both", "allocations")
        if self.target is DiscountTarget.SHIPPING and (self.allocations or self.line_ids):
            raise FieldFault(
                "a discount on shipping has no lines and no allocations",
                "allocations" if self.allocations else "line_ids",
            )
        return self

    def to_domain(self, currency: str) -> Discount:
        """Read it as a discount of an order in this currency."""
        return Discount(
            source=self.source,
            source_id=self.id,
            amount=Money(currency, self.amount),
            points=self.points,
            line_ids=tuple(self.line_ids),
            target=self.target,
            allocations=tuple((line_id, Money(currency, share)) for line_id, share in self.allocations.items()),
            minimum_spend=_money_or_none(currency, self.minimum_spend),
            rate_bp=self.rate_bp,
            valid_until=self.valid_until,
        )

    @classmethod
    def of(cls, discount: Discount) -> "DiscountBody":
        """Show a stored discount as it was pushed."""
        return cls.model_construct(
            source=discount.source,
            id=discount.source_id,
            amount=discount.amount.minor_units,
            points=discount.points,
            line_ids=list(discount.line_ids),
            target=discount.target,
            allocations={line_id: share.minor_units for line_id, share in discount.allocations},
            minimum_spend=minor_or_none(discount.minimum_spend),
            rate_bp=discount.rate_bp,
            valid_until=discount.valid_until,
        )


def _money_or_none(currency: str, amount: int | None) -> Money | None:
    return None if amount is None else Money(currency, amount)


def minor_or_none(money: Money | None) -> int | None:
    return None if money is None else money.minor_units
