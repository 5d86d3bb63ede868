"""What a refund does beside paying out: what was not paid yet is lessened, interest and cents too much come back."""

from dataclasses import dataclass

from domain.money.amounts import Money


@dataclass(frozen=True, slots=True)
class PaymentPart:
    """So much of one payment."""

    payment_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Lessened:
    """What a refund takes off what was not paid yet, and does not pay out (rule 50); `total` is all of it.

    `owed` is taken off what the order still owes, `released` off payments that are not captured: the merchant captures
    so much less of them. `total` is kept beside its parts, so that a statement can sum it up.
    """

    total: Money
    owed: Money
    released: tuple[PaymentPart, ...]


@dataclass(frozen=True, slots=True)
class PaidBefore:
    """What earlier refunds paid to a payment: of its worth, and in its own currency."""

    worth: Money
    own: Money
