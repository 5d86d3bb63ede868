"""The right to ask for refunds: suspended, appealed against, given back."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from api.schemas.common import Text, Time, Wire
from api.schemas.refunds import QuoteAnswer
from domain.rights import DECIDED_BY_OPERATIONS, SuspensionRule


class AppealAnswer(Wire):
    """The customer's word against the suspension in force."""

    at: Time
    by: str
    note: str


class RefundRights(Wire):
    """While `suspended`, new requests are refused until `restricted_until`; refunds under way go on."""

    suspended: bool
    restricted_until: Time | None = None
    rule: SuspensionRule | None = None
    reason: str | None = None
    appeal: AppealAnswer | None = None


class RightsAnswer(Wire):
    customer_id: str
    refund_rights: RefundRights


class RefundQuote(QuoteAnswer):
    """A quote is possible while the right to ask for refunds is suspended, but says so."""

    refund_rights: RefundRights


class SuspensionBody(Wire):
    """Everything may be left out; `until` is then as far away as the policy's `suspension`.

    `note` is another word for `reason`.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "three chargebacks in a month", "until": "2036-01-01T00:00:00Z"}]}
    )

    reason: Text = ""
    note: Text = ""
    until: Time | None = None

    @model_validator(mode="after")
    def _lies_ahead(self) -> Self:
        if self.until is not None and self.until <= datetime.now(UTC):
            raise ValueError("until is over already: say a time to come, or DELETE the suspension")
        return self

    @property
    def why(self) -> str:
        return self.reason or self.note or DECIDED_BY_OPERATIONS


class AppealBody(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "The parcels were yours, not mine."}]})

    note: Annotated[Text, Field(min_length=1)]
