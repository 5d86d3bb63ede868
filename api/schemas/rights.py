"""The right to ask for refunds: suspended, appealed against, given back."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import Text, Time, Wire
from api.schemas.evidence import PIECES, Piece
from api.schemas.faults import FieldFault
from api.schemas.refund_answers import QuoteAnswer
from domain import clock
from domain.rights.suspensions import DECIDED_BY_OPERATIONS, SuspensionRule


class AppealAnswer(Wire):
    """The customer's word against the suspension in force."""

    at: Time = Field(description="When it was said.")
    by: str = Field(description="Whose key said it: `merchant`, or `customer:` and the customer.")
    note: str = Field(description="What speaks against the suspension.")
    evidence: list[str] = Field(default_factory=list, description="Links and pictures that show it.")


class RefundRights(Wire):
    """Whether a customer may ask for refunds. Refunds under way go on in any case."""

    suspended: bool = Field(description="Whether new requests are refused now.")
    restricted_until: Time | None = Field(default=None, description="Until when; null if they are not.")
    rule: SuspensionRule | None = Field(
        default=None, description="What suspended them: their conduct by rule 34, or operations; null if nothing did."
    )
    reason: str | None = Field(default=None, description="Why, as a sentence; null if they are not.")
    appeal: AppealAnswer | None = Field(default=None, description="What the customer said against it; null if nothing.")


class RightsAnswer(Wire):
    """A customer's right to ask for refunds."""

    customer_id: str = Field(description="The customer.")
    refund_rights: RefundRights = Field(description="Whether they may.")


class RefundQuote(QuoteAnswer):
    """A quote is possible while the right to ask for refunds is suspended, but says so."""

    refund_rights: RefundRights = Field(description="Whether the customer may ask for this refund now.")


class SuspensionBody(Wire):
    """Why and how long a customer may not ask for refunds. Everything may be left out."""

    reason: Text = Field(default="", description="Why, as a sentence that the customer is told.")
    note: Text = Field(default="", description="Another word for `reason`.")
    until: Time | None = Field(
        default=None, description="Until when, in the future. Left out: as far away as the policy's `suspension`."
    )

    @model_validator(mode="after")
    def _lies_ahead(self) -> Self:
        if self.until is not None and self.until <= clock.now():
            raise FieldFault("until is over already: say a time to come, or DELETE the suspension", "until")
        return self

    @property
    def why(self) -> str:
        return self.reason or self.note or DECIDED_BY_OPERATIONS


class AppealBody(Wire):
    """What speaks against a suspension."""

    ADDED_LATER = frozenset({"evidence"})

    note: Annotated[Text, Field(min_length=1)] = Field(description="The customer's words.")
    evidence: list[Piece] = Field(default_factory=list, max_length=20, description=f"At most 20: {PIECES}.")
