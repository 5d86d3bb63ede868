"""Asking what past refunds would have come to under another policy."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api.schemas.common import Time, Wire
from api.schemas.policy import PolicyBody


class WhatIfBody(Wire):
    """A draft policy, and the range of past refunds by when they were settled; left out means all of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"policy": {"promotion_refund": "reprice"}, "settled_from": "2026-10-01T00:00:00Z"}]
        }
    )

    policy: PolicyBody = Field(default_factory=PolicyBody)
    settled_from: Time | None = None
    settled_to: Time | None = None

    @model_validator(mode="after")
    def _from_before_to(self) -> Self:
        if self.settled_from and self.settled_to and self.settled_from > self.settled_to:
            raise ValueError(f"settled_from {self.settled_from} is after settled_to {self.settled_to}: no range")
        return self


class WhatIfRefund(Wire):
    """One line of the answer for each refund that would have come out differently.

    `changes` has every figure that differs: what it was, and what it would have been. `refusal` is the code with which
    the draft would have refused the refund.
    """

    type: Literal["refund"] = "refund"
    refund_id: str
    order_id: str
    currency: str
    total_before: int
    total_after: int
    refusal: str | None
    changes: dict[str, list[Any]]


class WhatIfCurrency(Wire):
    total_before: int
    total_after: int
    difference: int


class WhatIfSummary(Wire):
    """The last line of the answer: how many refunds there are, how many differ, and what that comes to by currency."""

    type: Literal["summary"] = "summary"
    refunds: int
    different: int
    refused: int
    currencies: dict[str, WhatIfCurrency]
