"""How an order was paid: its payments, what captured them, and what they are worth in its currency."""

from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money


class PaymentMethod(StrEnum):
    """How something was paid."""

    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"

    @property
    def needs_a_charge(self) -> bool:
        """Whether a provider captured it, who pays it back to a charge of theirs."""
        return self not in (self.GIFT_CARD, self.STORE_CREDIT, self.OTHER)


class PaymentStatus(StrEnum):
    """How far a payment is; only what was captured can go back (rule 50)."""

    CAPTURED = "captured"
    AUTHORIZED = "authorized"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Payment:
    """`instrument` tells one card or wallet from another, for example its fingerprint; empty where nobody knows.

    `interest` is what an instalment cost beside the goods; it is inside `amount` (rule 50). None: nothing. Of a payment
    in another currency than the order's, `order_amount` is its share in the order's, and `rate` what one unit of its
    own was worth, as it was written; None: the same (rule 53).
    """

    payment_id: str
    method: PaymentMethod
    gateway: str
    gateway_ref: str
    amount: Money
    instrument: str = ""
    status: PaymentStatus = PaymentStatus.CAPTURED
    interest: Money | None = None
    order_amount: Money | None = None
    rate: str | None = None

    @property
    def is_captured(self) -> bool:
        return self.status is PaymentStatus.CAPTURED

    @property
    def worth(self) -> Money:
        """What it is in the order's currency."""
        return self.amount if self.order_amount is None else self.order_amount

    @property
    def interest_paid(self) -> Money:
        """What of its worth is interest."""
        interest = self.interest.minor_units if self.interest else 0
        return self.worth.portion(self.worth.like(interest), self.worth.like(self.amount.minor_units))

    @property
    def paid_for_the_order(self) -> Money:
        """What it pays, or will pay, of the order's price."""
        return self.worth - self.interest_paid

    def captured_for(self, share: Money) -> Money:
        """Return what was captured in its own currency for a share of its worth, floored (rule 53)."""
        return self.amount.like(self.amount.minor_units * share.minor_units // self.worth.minor_units)
