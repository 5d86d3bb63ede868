"""Refund requests."""

from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.bank_accounts import BankAccountBody
from api.schemas.common import Checked, Flag, Id, Metadata, Minor, Text, Time, Wire
from api.schemas.evidence import PIECES, Piece
from api.schemas.faults import FieldFault
from api.schemas.quantities import Quantity
from api.schemas.sizes import MOST_LINES
from domain.claims.reasons import RefundKind
from domain.claims.requests import RefundRequest, RequestedLine
from domain.payout.choice import RefundTo

GivenReasonId = Annotated[Id, Field(examples=["changed_mind", "too_small"])]
"""One of the four, or one of the merchant's own."""


class RefundLineBody(Wire):
    """Some units of a line, or an amount off it without moving units."""

    ADDED_LATER = frozenset({"reason"})

    line_id: Id = Field(description="The line of the order, as it was pushed.")
    quantity: Quantity | None = Field(
        default=None,
        description="How many units are refunded; of a line with a `unit` how much of it, also as a decimal in text. "
        "Either this or `amount`.",
    )
    amount: Annotated[Minor, Field(ge=1)] | None = Field(
        default=None,
        description=(
            "Money off the line, in minor units of the order's currency; no units move (rule 5). "
            "Either this or `quantity`."
        ),
    )
    reason: GivenReasonId | None = Field(
        default=None, description="Why, where it is another reason than that of the refund (rule 55)."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.quantity is None) == (self.amount is None):
            raise FieldFault("a line says either quantity or amount", "quantity" if self.amount is None else "amount")
        return self

    def to_domain(self) -> RequestedLine:
        return RequestedLine(self.line_id, self.quantity, self.amount, self.reason)


class RefundBody(Wire):
    """`lines` left out means everything left.

    `include_shipping`, `shipping_amount`, `beneficiary` and `requested_at` are the merchant's to say.
    """

    ADDED_LATER = frozenset(
        {"metadata", "confirm_duplicate", "shipping_amount", "refund_to", "beneficiary", "bank_account"}
    )
    EARLIER_DEFAULTS = MappingProxyType({"kind": "return"})

    order_id: Id = Field(description="The order to refund.")
    reason: GivenReasonId = Field(
        description="Why: `quality_issue`, `delivery_error`, `changed_mind`, `merchant_breach`, or one of the "
        "merchant's own, which stands for one of them (`PUT /v1/reasons`). Fees, shipping and the review depend on "
        "what it stands for (rules 8, 9, 33 and 55)."
    )
    kind: RefundKind | None = Field(
        default=None,
        description="`return`: goods come back first. `refund_only`: nothing comes back. Left out: `return`, or "
        "`refund_only` where nothing of it was sent yet, or it was and never came (`delivery_error`, rule 49).",
    )
    lines: Annotated[list[RefundLineBody], Checked] | None = Field(
        default=None,
        max_length=MOST_LINES,
        description="What is refunded of which lines, at most 5,000. Left out: everything that is left.",
    )
    note: Text = Field(default="", description="What the customer says about it; reviewers read it.")
    evidence: list[Piece] = Field(
        default_factory=list,
        max_length=20,
        description=f"At most 20: {PIECES}.",
    )
    include_shipping: Flag | None = Field(
        default=None,
        description="Whether shipping comes back, whatever the policy says. Only a merchant's key may say it.",
    )
    shipping_amount: Minor | None = Field(
        default=None,
        description="How much of the shipping comes back, whatever the policy says, in minor units of the order's "
        "currency: at most what is left of it over all refunds (rule 49). Either this or `include_shipping`. Only a "
        "merchant's key may say it.",
        examples=[500],
    )
    requested_at: Time | None = Field(
        default=None,
        description=(
            "When the customer asked, if that was earlier; windows are counted by it. Only a merchant's key may say it."
        ),
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="The merchant's own keys and values; makewhole keeps them and reads nothing in them.",
    )
    pickup: Flag = Field(
        default=False,
        description=("Whether the carrier shall collect the return, where it offers that. Only with kind `return`."),
    )

    refund_to: RefundTo = Field(
        default=RefundTo.ORIGINAL,
        description="Where the customer wants the money (rule 54). `original`: back where it came from. "
        "`store_credit`: as credit in the order's currency, with the policy's `store_credit_bonus_bp` on top; what "
        "was paid by gift card or store credit goes back to itself. `bank_transfer`: to `bank_account`, where the "
        "policy's `refund_to_allowed` has it; two reviewers approve that, each with another key, and operations "
        "transfer it by hand. It is the customer's own choice, which a merchant says for them.",
    )
    bank_account: BankAccountBody | None = Field(
        default=None,
        description="Where to, with `refund_to` `bank_transfer`; a quote may leave it out. It is kept encrypted and "
        "erased when the refund has ended; answers show how its number ends, and nothing more.",
        repr=False,
    )
    beneficiary: Id | None = Field(
        default=None,
        description="The customer who got the goods as a gift and returns them: they get store credit for all of it, "
        "are told, and may read and follow the refund; who bought them is not told, and gets nothing. Points, coupons "
        "and campaigns of the order are corrected as for any refund (rule 56). Only a merchant's key may say it.",
        examples=["han-meimei"],
    )
    confirm_duplicate: Flag = Field(
        default=False,
        description="Whether the same amounts of the same lines are meant once more, where they were asked for within "
        "the last 60 seconds for the same reason.",
    )

    @model_validator(mode="after")
    def _names_lines_once(self) -> Self:
        names = [line.line_id for line in self.lines or []]
        if len(set(names)) < len(names):
            raise FieldFault("a line_id appears twice: ask for all of a line's units at once", "lines")
        if self.include_shipping is not None and self.shipping_amount is not None:
            raise FieldFault(
                "say include_shipping for all that is left of the shipping, or shipping_amount for a part",
                "shipping_amount",
            )
        if self.lines == [] and not self.include_shipping and not self.shipping_amount:
            raise FieldFault("lines is empty: leave it out to refund everything left", "lines")
        return self

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if self.beneficiary is not None and self.refund_to not in (RefundTo.ORIGINAL, RefundTo.STORE_CREDIT):
            raise FieldFault("a beneficiary gets store credit: leave refund_to out", "refund_to")
        return self

    @model_validator(mode="after")
    def _has_something_to_collect(self) -> Self:
        if self.pickup and self.kind is RefundKind.REFUND_ONLY:
            raise FieldFault("pickup is for returns: nothing is collected for a refund_only", "pickup")
        return self

    def to_domain(self) -> RefundRequest:
        return RefundRequest(
            order_id=self.order_id,
            reason=self.reason,
            kind=self.kind,
            lines=None if self.lines is None else tuple(line.to_domain() for line in self.lines),
            note=self.note,
            evidence=tuple(self.evidence),
            include_shipping=self.include_shipping,
            shipping_amount=self.shipping_amount,
            requested_at=self.requested_at,
            metadata=self.metadata,
            pickup=self.pickup,
            refund_to=self.refund_to,
            bank_account=None if self.bank_account is None else self.bank_account.to_domain(),
            beneficiary=self.beneficiary,
            confirm_duplicate=self.confirm_duplicate,
        )
