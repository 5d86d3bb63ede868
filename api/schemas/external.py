"""Money that went back elsewhere: at the provider's dashboard, in a shop, by bank (rule 51)."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import Checked, Currency, Id, Minor, OptionalId, Text, Time, Wire
from api.schemas.faults import FieldFault
from api.schemas.order_parts import minor_or_none
from api.schemas.quantities import Quantity
from api.schemas.sizes import MOST_LINES
from domain.claims.reasons import Reason
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.sale.measures import as_said
from domain.sale.orders import Order
from domain.settlement.external import ExternalRefund
from service.counting import line_requests


class ExternalLineBody(Wire):
    """Some units of a line that came back or stay, or an amount off it without moving units."""

    line_id: Id = Field(description="The line of the order, as it was pushed.")
    quantity: Quantity | None = Field(
        default=None, description="How many units, or how much of a line with a `unit`. Either this or `amount`."
    )
    amount: Annotated[Minor, Field(ge=1)] | None = Field(
        default=None,
        description="Money off the line, in minor units of the order's currency; no units move (rule 5). "
        "Either this or `quantity`.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.quantity is None) == (self.amount is None):
            raise FieldFault("a line says either quantity or amount", "quantity" if self.amount is None else "amount")
        return self


class ExternalRefundBody(Wire):
    """What went back, to which payment, of which lines, and when.

    It counts like a refund of makewhole's: what units cost beyond the amount was kept back, what goes beyond the goods
    is for lines that come back with them, then for shipping.
    """

    ADDED_LATER = frozenset({"currency", "interest"})

    external_id: Id = Field(
        description="What it is called where it went back, best the provider's own id of it: then a later payout of "
        "the same payment does not stop for it. The same id with the same body is the same refund.",
        examples=["re_3Qx8"],
    )
    amount: Annotated[Minor, Field(ge=1)] = Field(description="What went back, in minor units of `currency`.")
    currency: Currency | None = Field(
        default=None,
        description="The ISO 4217 currency of `amount` and `interest`: the order's, or that of the payment which "
        "`payment_id` names; then it counts at the rate of the sale (rule 53). Left out: the order's.",
        examples=["CNY"],
    )
    interest: Minor | None = Field(
        default=None,
        description="What of `amount` is interest of an instalment, at most what is left of the payment's (rule 50). "
        "Left out: what goes beyond the rest that is left of the payment.",
    )
    lines: Annotated[list[ExternalLineBody], Checked] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_LINES,
        description="What it is for, at most 5,000 lines. Left out: everything that is left where the amount comes to "
        "exactly that; else money off all lines by what is left of them, then the shipping.",
    )
    payment_id: OptionalId = Field(
        default=None,
        description="The payment of the order that it went back to. Left out: as the policy's `tender_order` spreads a "
        "refund over the payments.",
    )
    at: Time = Field(description="When it went back: it counts for that day.")
    note: Text = Field(default="", description="What the merchant says about it.")
    reason: Id = Field(
        default=Reason.MERCHANT_BREACH,
        description="Why, if it is known: one of the four reasons of a refund, or one of the merchant's own.",
        examples=["merchant_breach"],
    )

    @model_validator(mode="after")
    def _has_its_interest_inside(self) -> Self:
        if self.interest is not None and self.interest > self.amount:
            raise FieldFault("interest is inside the amount that went back and can't exceed it", "interest")
        return self

    @model_validator(mode="after")
    def _names_lines_once(self) -> Self:
        names = [line.line_id for line in self.lines or []]
        if len(set(names)) < len(names):
            raise FieldFault("a line_id appears twice: say all of a line at once", "lines")
        return self

    def to_domain(self, order: Order) -> ExternalRefund:
        """Read it as it is said, in its own currency.

        Raises RequestRefused (`validation_failed`) for a quantity in text where a line is not measured.
        """
        currency = self.currency or order.currency
        return ExternalRefund(
            external_id=self.external_id,
            amount=Money(currency, self.amount),
            lines=None if self.lines is None else line_requests(order, self.lines),
            payment_id=self.payment_id,
            at=self.at,
            note=self.note,
            reason=self.reason,
            said_interest=None if self.interest is None else Money(currency, self.interest),
        )


class ExternalRefundAnswer(ExternalRefundBody):
    """The same with the refund that it is here."""

    order_id: str = Field(description="The order.")
    refund_id: str = Field(description="The refund that it counts as: `GET /v1/refunds/{refund_id}` has its effects.")
    currency: str = Field(description="The ISO 4217 currency of `amount` and `interest`.")
    order_amount: int = Field(
        description="What it counts for, interest with it, in minor units of the order's currency."
    )
    status: RefundStatus = Field(description="Where that refund stands: its money has moved, the rest follows.")

    @classmethod
    def of(cls, external: ExternalRefund, order: Order, refund_id: str, status: RefundStatus) -> Self:
        lines = None
        if external.lines is not None:
            measures = {line.line_id: line.measure for line in order.lines}
            lines = [
                ExternalLineBody(
                    line_id=each.line_id,
                    quantity=None if each.quantity is None else as_said(each.quantity, measures.get(each.line_id)),
                    amount=each.amount and each.amount.minor_units,
                )
                for each in external.lines
            ]
        said = external.as_said
        return cls(
            external_id=external.external_id,
            amount=said.amount.minor_units,
            interest=minor_or_none(said.said_interest),
            order_amount=external.amount.minor_units,
            lines=lines,
            payment_id=external.payment_id,
            at=external.at,
            note=external.note,
            reason=external.reason,
            order_id=order.order_id,
            refund_id=refund_id,
            currency=said.amount.currency,
            status=status,
        )


class ExternalAnswer(Wire):
    """That a refund's money went back elsewhere, and makewhole paid nothing (rule 51)."""

    external_id: str = Field(description="What it is called there.")
    payment_id: str | None = Field(description="The payment that it went back to; null where the merchant did not say.")
    at: Time = Field(description="When it went back.")
    note: str = Field(description="What the merchant said about it; empty for a customer's key.")
    is_dispute: bool = Field(
        description="Whether the bank took it, after a dispute whose id `external_id` is: it takes back what was "
        "earned and granted, and reinstates nothing that was spent (rule 52)."
    )

    @classmethod
    def of(cls, external: ExternalRefund) -> Self:
        return cls(
            external_id=external.external_id,
            payment_id=external.payment_id,
            at=external.at,
            note=external.note,
            is_dispute=external.is_loss,
        )
