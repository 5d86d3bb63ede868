"""Asking what past refunds would have come to under another policy."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from api.schemas.common import MOST_UNITS, Time, Wire
from api.schemas.faults import FieldFault
from api.schemas.policy import PolicyBody
from domain.rights.review_table import Then


class WhatIfBody(Wire):
    """A draft policy, and the range of past refunds by when they were settled; left out means all of them."""

    policy: PolicyBody = Field(
        default_factory=PolicyBody, description="The draft; fields left out take their defaults."
    )
    settled_from: Time | None = Field(
        default=None, description="Refunds settled from here on. Left out: from the first."
    )
    settled_to: Time | None = Field(default=None, description="Refunds settled until here. Left out: to the last.")

    listed_at_most: Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)] | None = Field(
        default=None,
        description="How many of the refunds that would have come out differently are told, each in a line; the "
        "summary counts all. Left out: every one.",
    )

    @model_validator(mode="after")
    def _from_before_to(self) -> Self:
        if self.settled_from and self.settled_to and self.settled_from > self.settled_to:
            raise FieldFault(
                f"settled_from {self.settled_from} is after settled_to {self.settled_to}: no range", "settled_to"
            )
        return self


class WhatIfRefund(Wire):
    """One line of the answer for each refund that would have come out differently.

    `changes` has every figure that differs: what it was, and what it would have been. `refusal` is the code with which
    the draft would have refused the refund.
    """

    type: Literal["refund"] = Field(default="refund", description="Tells this line from the summary.")
    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="Its order.")
    currency: str = Field(description="The ISO 4217 currency of its amounts.")
    total_before: int = Field(description="What it paid back, in minor units.")
    total_after: int = Field(description="What it would have paid back, in minor units.")
    refusal: str | None = Field(
        description="The code with which the draft would have refused it; null if it would not."
    )
    changes: dict[str, list[Any]] = Field(
        description="Every figure that differs, by name: what it was, and what it would have been."
    )


class WhatIfCurrency(Wire):
    """What the draft would have come to in one currency."""

    total_before: int = Field(description="What was paid back, in minor units.")
    total_after: int = Field(description="What would have been paid back, in minor units.")
    difference: int = Field(description="How much more that is, in minor units; below zero is less.")


class WhatIfRow(Wire):
    """What a row of the draft's `review_table` would have fitted, of the refunds asked for within the range."""

    name: str | None = Field(description="The row; null for all that no row fits.")
    then: Then | None = Field(description="What the row decides.")
    refunds: int = Field(description="How many refunds it fits.")
    approved: int = Field(description="How many of them were approved, by a person or a rule.")
    rejected: int = Field(description="How many of them a reviewer rejected.")
    malicious: int = Field(description="Of how many units were rejected at inspection.")


class WhatIfOutcomes(Wire):
    """What came of some past refunds; of the rest nobody has decided."""

    refunds: int = Field(description="How many they are.")
    approved: int = Field(description="How many of them were approved, by a person or a rule.")
    rejected: int = Field(description="How many of them a reviewer rejected.")
    malicious: int = Field(description="Of how many units were rejected at inspection.")


class WhatIfDecisions(Wire):
    """Who would have decided the refunds asked for within the range, under the draft.

    What orders and customers got by rule is worked out anew, from the begin of the range. Whether a refund came within
    its window, and how many had to approve it, stays as it was.
    """

    judged: int = Field(description="How many were judged.")
    by_rule: WhatIfOutcomes = Field(description="All that the draft would have approved by rule.")
    by_rule_instead: WhatIfOutcomes = Field(
        description="Those of them that waited for a reviewer: what the draft would save people, and miss."
    )
    by_reviewer_instead: WhatIfOutcomes = Field(
        description="What was approved by rule and would have waited for a reviewer."
    )


class WhatIfSummary(Wire):
    """The last line of the answer: how many refunds there are, how many differ, and what that comes to by currency."""

    type: Literal["summary"] = Field(default="summary", description="Tells this line from the refunds.")
    refunds: int = Field(description="How many refunds were worked out.")
    different: int = Field(description="How many would have come out differently.")
    refused: int = Field(description="How many of them would have been refused.")
    decisions: WhatIfDecisions = Field(description="Who would have decided, and what came of what they decided.")
    review_table: list[WhatIfRow] = Field(
        description="What each row of the draft's table would have fitted, in its order; empty without a table."
    )
    currencies: dict[str, WhatIfCurrency] = Field(description="What it comes to, by ISO 4217 currency.")
