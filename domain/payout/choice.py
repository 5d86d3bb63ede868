"""Where the money of a refund goes by the customer's choice (rule 54)."""

from enum import StrEnum

from domain.sale.payments import PaymentMethod


class RefundTo(StrEnum):
    """Where a customer wants the money: back where it came from, as credit to spend here, or to their bank account."""

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    BANK_TRANSFER = "bank_transfer"


_BACK_TO_THEMSELVES = (PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT)
"""What no choice changes (rule 11): a bonus on it could be had for ever, and it would become money it never was."""


def way_of(method: PaymentMethod, chosen: RefundTo) -> RefundTo:
    """Say where the share of a payment goes: gift cards and store credit go back to themselves, whatever is chosen."""
    return RefundTo.ORIGINAL if method in _BACK_TO_THEMSELVES else chosen
