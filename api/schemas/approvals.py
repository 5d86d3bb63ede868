"""The parts of the policy that say what is approved, and how much of it: by rule, and by signal."""

from typing import Annotated

from pydantic import Field

from api.schemas.common import Currency, Duration, Minor, Wire
from domain.claims.reasons import Reason
from domain.policy import Policy

_DEFAULT = Policy()

Amount = Annotated[
    Minor | Annotated[dict[Currency, Minor], Field(max_length=200)],
    Field(examples=[20_000, {"CNY": 20_000, "USD": 3_000}]),
]
"""Minor units: a number for every currency, or a map by currency (rule 58)."""


class AutoApproveBody(Wire):
    """Which refunds need no reviewer (rule 33)."""

    reasons: list[Reason] = Field(
        default_factory=lambda: list(_DEFAULT.auto_approve.reasons), description="Reasons that are approved by rule."
    )
    max_amount: Amount = Field(
        default=_DEFAULT.auto_approve.max_amount,
        description="Minor units that an order gets by rule at most, all its refunds together; a number for every "
        "currency, or a map by currency: in one that it lacks nothing is approved by rule.",
    )
    max_risk: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(
        default=_DEFAULT.auto_approve.max_risk,
        description=(
            "The highest risk that is approved by rule, from 0 to 100; from 70 on a reviewer decides in any case."
        ),
    )


class FromTemporalBody(Wire):
    """Approvals at Temporal, by signal or update; rejections and requests for evidence are free."""

    allowed: bool = Field(
        default=_DEFAULT.approval_from_temporal.allowed, description="Whether anybody may approve there."
    )
    up_to: Amount = Field(
        default=_DEFAULT.approval_from_temporal.up_to,
        description="How much of an order may be approved there in all, in minor units; a number for every currency, "
        "or a map by currency: in one that it lacks nothing is approved there.",
    )


class PerCustomerBody(Wire):
    """What a customer gets by rule at most; over it a reviewer decides."""

    amount: Amount | None = Field(
        default=None,
        description="Minor units of all refunds approved by rule within the window; a number for every currency, or a "
        "map by currency. Left out: 50000, or `auto_approve.max_amount` where that is more.",
    )
    window: Duration = Field(
        default=_DEFAULT.auto_approve_per_customer.window,
        description="How far back refunds count, from the time when this one was asked for; always an exact span.",
    )
