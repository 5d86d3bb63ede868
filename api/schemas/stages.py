"""What the stages of a refund wrote down: its return, its review, its risk, its call for help."""

from pydantic import ConfigDict, Field

from api.schemas.common import Time, Wire
from domain.review import Decision


class Stored(Wire):
    """What a workflow wrote down earlier, perhaps an older version with more or fewer fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ReturnAnswer(Stored):
    """How the goods come back: the return authorization and its parcel."""

    rma: str | None = Field(
        default=None, description="The number of the return authorization; the warehouse looks for it."
    )
    label_url: str | None = Field(default=None, description="Where the label to print is.")
    address: str | None = Field(default=None, description="Where the parcel goes to.")
    guide: str | None = Field(default=None, description="What the customer has to do, as a sentence.")
    deliver_by: Time | None = Field(default=None, description="Until when the parcel has to be sent.")
    pickup_by: Time | None = Field(
        default=None, description="Until when the carrier collects it; null where the customer brings it."
    )
    carrier: str | None = Field(default=None, description="Who carries the parcel; null before it is sent.")
    tracking_number: str | None = Field(default=None, description="The carrier's number; null before it is sent.")


class ReviewAnswer(Stored):
    """What was decided about the request."""

    decision: Decision = Field(description="What was decided last.")
    by: str | None = Field(default=None, description="Who: `auto`, or the reviewer. A customer's key is not told.")
    rule: str | None = Field(default=None, description="The rule that decided by itself (rule 33); null for a person.")
    note: str = Field(default="", description="What the reviewer said about it. A customer's key is not told.")
    policy_version: int | None = Field(default=None, description="The version of the policy it was decided by.")


class RiskReasonAnswer(Stored):
    """One thing that speaks against the request."""

    code: str = Field(description="What, as a stable word, for example `refunds_7d`.")
    points: int = Field(description="How many points of the score it is.")
    message: str = Field(description="What, as a sentence.")


class RiskAnswer(Stored):
    """How risky the request looks (rule 34). A customer's key is not told."""

    score: int = Field(description="From 0, nothing speaks against it, to 100; from 70 on a reviewer decides.")
    reasons: list[RiskReasonAnswer] = Field(default_factory=list, description="What makes up the score.")


class AttentionAnswer(Stored):
    """What operations are asked to do (`POST …/resolution`)."""

    step: str = Field(description="The step that can't go on; name it in the resolution.")
    reason: str = Field(description="Why it can't go on, as a sentence.")
    actions: list[str] = Field(default_factory=list, description="What may be answered: `retry`, `skip`, `settle`.")
