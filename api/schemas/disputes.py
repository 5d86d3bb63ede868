"""Disputes of an order's payments, as the bank decides about them (rules 6, 46 and 52)."""

from typing import Annotated, Self

from pydantic import Field

from api.schemas.common import Currency, Id, Minor, Time, Wire
from domain.sale.disputes import Dispute, DisputeStatus


class DisputeBody(Wire):
    """What the bank says of a dispute, now or once more.

    It goes forward only: warned of, opened, then won or lost; one that was lost may be won after all.
    """

    ADDED_LATER = frozenset({"currency"})

    dispute_id: Id = Field(description="What the bank or the provider calls it.", examples=["dp_1Nz"])
    payment_id: Id = Field(description="The payment of the order that is disputed.")
    status: DisputeStatus = Field(
        description="`warning`: the bank asks, no money has moved. `opened`: the bank decides; nothing is paid out to "
        "the payment meanwhile. `won`: the merchant keeps the money. `lost`: the customer has it."
    )
    amount: Annotated[Minor, Field(ge=1)] = Field(
        description="What is disputed, in minor units of `currency`, interest with it; no more than the payment."
    )
    currency: Currency | None = Field(
        default=None,
        description="The ISO 4217 currency of `amount`: the order's, or the payment's; then it counts at the rate of "
        "the sale (rule 53). Left out: the order's.",
        examples=["CNY"],
    )
    at: Time = Field(description="When the bank said so: a loss counts for that day.")


class DisputeAnswer(DisputeBody):
    """A dispute as it stands, and what it does to its payment."""

    order_id: str = Field(description="The order.")
    currency: str = Field(description="The ISO 4217 currency of `amount`, as it was said last.")
    holds_payment: bool = Field(description="Whether nothing is paid out to the payment now (rule 46).")
    refund_id: str | None = Field(
        description="The refund that a loss counts as: `GET /v1/refunds/{refund_id}` has what it took back. Null where "
        "nothing was lost, or nothing was left to count."
    )
    more_refund_ids: list[str] = Field(
        default_factory=list,
        exclude_if=lambda more: not more,
        description="Where refunds under way had claimed some of it, the refunds that counted that later.",
    )
    uncounted: int = Field(
        description="What was lost beyond that, as refunds under way had claimed it, in minor units of the order's "
        "currency; while it is above 0 nothing is paid out to the payment. As soon as they let it go it is counted by "
        "itself."
    )

    @classmethod
    def of(cls, dispute: Dispute, order_id: str) -> Self:
        return cls(
            dispute_id=dispute.dispute_id,
            payment_id=dispute.payment_id,
            status=dispute.status,
            amount=dispute.last.amount.minor_units,
            at=dispute.last.at,
            order_id=order_id,
            currency=dispute.last.amount.currency,
            holds_payment=dispute.holds_its_payment,
            refund_id=dispute.refund_id,
            more_refund_ids=list(dispute.more_refund_ids),
            uncounted=dispute.uncounted.minor_units if dispute.uncounted else 0,
        )
