"""What an order was paid with."""

from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from api.schemas.common import MOST_MINOR, Currency, Id, Minor, OptionalId, Rate, Reference, Wire, is_empty
from api.schemas.faults import FieldFault
from api.schemas.order_parts import minor_or_none
from domain.money import exchange
from domain.money.amounts import Money
from domain.sale.payments import Payment, PaymentMethod, PaymentStatus


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
    gateway: OptionalId = Field(
        default=None,
        validate_default=True,
        exclude_if=is_empty,
        description="The provider it was paid through, which pays it back. Only `gift_card`, `store_credit` and "
        "`other` may leave it out: a gift card then goes back to itself in makewhole's books, and `other`, as cash, is "
        "booked as handed back by the merchant.",
    )
    gateway_ref: Reference = Field(
        default="",
        validate_default=True,
        description="The provider's name of the charge, kept letter by letter: what is paid back goes to it. "
        "Only `gift_card`, `store_credit` and `other` may leave it out, and what is not captured.",
    )
    amount: Minor = Field(description="What was captured, in minor units of the payment's currency.")
    currency: Currency | None = Field(
        default=None,
        exclude_if=is_empty,
        description="The ISO 4217 currency it was paid in. Left out: the order's. What is paid back goes in it, at the "
        "rate of the sale (rule 53).",
    )
    rate: Rate | None = Field(
        default=None,
        exclude_if=is_empty,
        description="How much of the order's currency one unit of the payment's was, as a decimal in a text. Only with "
        "another `currency`.",
    )
    order_amount: Minor | None = Field(
        default=None,
        exclude_if=is_empty,
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

    @field_validator("gateway")
    @classmethod
    def _names_its_provider(cls, gateway: str | None, known: ValidationInfo) -> str | None:
        method: PaymentMethod | None = known.data.get("method")
        if gateway is None and method is not None and method.needs_a_charge:
            raise ValueError(f"a payment by {method} is paid back by its provider: name it in gateway")
        return gateway

    @field_validator("gateway_ref")
    @classmethod
    def _names_its_charge(cls, reference: str, known: ValidationInfo) -> str:
        method: PaymentMethod | None = known.data.get("method")
        is_captured = known.data.get("status") is PaymentStatus.CAPTURED
        if is_captured and method is not None and method.needs_a_charge and not reference.strip():
            raise ValueError(f"a payment by {method} is paid back to its charge: name it in gateway_ref")
        return reference

    def share_of(self, currency: str) -> Money | None:
        """Return what it is worth in the order's currency; None where it was paid in that.

        Raises ValueError where currency, rate and share don't fit each other.
        """
        if self.currency in (None, currency):
            if self.order_amount not in (None, self.amount) or (
                self.rate is not None and exchange.rate(self.rate) != 1
            ):
                raise FieldFault(
                    "rate and order_amount are for a payment in another currency than the order's",
                    "order_amount" if self.rate is None else "rate",
                )
            return None
        amount = Money(self.currency, self.amount)
        if self.method is PaymentMethod.STORE_CREDIT:
            raise FieldFault("store credit is spent in the currency of the order", "currency")
        if self.rate is None and self.order_amount is None:
            raise FieldFault(
                f"it was paid in {self.currency}: say the rate, or its share of the order in order_amount", "rate"
            )
        at = None if self.rate is None else exchange.rate(self.rate)
        if self.order_amount is None:
            assert at is not None
            return _of_some_worth(amount, exchange.worth(amount, at, currency))
        share = Money(currency, self.order_amount)
        if at is not None and not exchange.fits(amount, at, share):
            at_rate = exchange.worth(amount, at, currency).minor_units
            raise FieldFault(
                f"order_amount does not fit the rate: {self.amount} at {self.rate} come to {at_rate}", "order_amount"
            )
        return _of_some_worth(amount, share)

    @model_validator(mode="after")
    def _has_its_interest_inside(self) -> Self:
        if self.interest > self.amount:
            raise FieldFault("interest is inside the amount of its payment and can't exceed it", "interest")
        return self

    def to_domain(self, currency: str) -> Payment:
        """Read it as a payment of an order in this currency."""
        own = self.currency or currency
        return Payment(
            payment_id=self.payment_id,
            method=self.method,
            gateway=self.gateway or "",
            gateway_ref=self.gateway_ref,
            amount=Money(own, self.amount),
            instrument=self.instrument,
            status=self.status,
            interest=Money(own, self.interest) if self.interest else None,
            order_amount=self.share_of(currency),
            rate=None if own == currency else self.rate,
        )

    @classmethod
    def of(cls, payment: Payment) -> "PaymentBody":
        """Show a stored payment as it was pushed."""
        return cls.model_construct(
            payment_id=payment.payment_id,
            method=payment.method,
            gateway=payment.gateway or None,
            gateway_ref=payment.gateway_ref,
            amount=payment.amount.minor_units,
            instrument=payment.instrument,
            status=payment.status,
            interest=payment.interest.minor_units if payment.interest else 0,
            currency=None if payment.order_amount is None else payment.amount.currency,
            rate=payment.rate,
            order_amount=minor_or_none(payment.order_amount),
        )


def _of_some_worth(amount: Money, share: Money) -> Money:
    """Nothing is worth nothing, and something something: else it could not go back in proportion."""
    if bool(amount) != bool(share) or share.minor_units > MOST_MINOR:
        raise FieldFault(
            f"{amount.minor_units} {amount.currency} can't be worth {share.minor_units} {share.currency} of the order",
            "amount",
        )
    return share
