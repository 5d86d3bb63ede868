"""What the stages of a refund wrote down: its return, its review, its risk, its call for help."""

from typing import Any

from pydantic import ConfigDict, Field

from api.schemas.bank_accounts import ApprovalAnswer
from api.schemas.common import Time, Wire
from api.schemas.quantities import SaidQuantity
from domain.rights.review import Decision


class Stored(Wire):
    """What a workflow wrote down earlier, perhaps an older version with more or fewer fields."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ReturnParcelAnswer(Stored):
    """One parcel on its way back."""

    carrier: str = Field(description="Who carries it.")
    tracking_number: str = Field(description="The carrier's number of it.")


class LostLineAnswer(Stored):
    """Units of a line that are lost."""

    line_id: str = Field(description="The line of the order.")
    quantity: SaidQuantity = Field(description="How many units of it, or how much, is lost.")


class LostParcelAnswer(Stored):
    """One of several parcels, lost on its way back."""

    lines: list[LostLineAnswer] = Field(description="What was in it.")
    is_paid: bool | None = Field(
        description="What a reviewer decided: true if its units are paid though they are lost, null before that."
    )


class ReturnLabelAnswer(Stored):
    """The label of one parcel."""

    parcel: int = Field(description="Which parcel of the return, from 1.")
    label_url: str = Field(
        description="Where the label is, for whoever has this address: as PDF, with `.zpl` behind it as ZPL. 410 when "
        "it is void."
    )
    carrier: str = Field(description="Whose label it is.")
    tracking_number: str = Field(description="The carrier's number of the parcel.")
    tracked: str | None = Field(
        default=None,
        description="How far the carrier says that it has come: `in_transit`, `delivered`, `lost`. Null before that. "
        "Delivered is not received: the warehouse says that.",
    )
    tracked_at: Time | None = Field(default=None, description="As of when.")


class ReturnAnswer(Stored):
    """How the goods come back: the return authorization and its parcels."""

    rma: str | None = Field(
        default=None, description="The number of the return authorization; the warehouse looks for it."
    )
    label_url: str | None = Field(default=None, description="Where the label of the first parcel is.")
    labels: list[ReturnLabelAnswer] = Field(
        default_factory=list, description="The label of every parcel, in the order in which they were asked for."
    )
    address: str | None = Field(default=None, description="Where the parcel goes to.")
    guide: str | None = Field(default=None, description="What the customer has to do, as a sentence in their language.")
    deliver_by: Time | None = Field(default=None, description="Until when the parcel has to be sent.")
    pickup_by: Time | None = Field(
        default=None, description="Until when the carrier collects it; null where the customer brings it."
    )
    carrier: str | None = Field(default=None, description="Who carries the last parcel; null before it is sent.")
    tracking_number: str | None = Field(default=None, description="The carrier's number; null before it is sent.")
    parcels: list[ReturnParcelAnswer] = Field(
        default_factory=list, description="Every parcel that was sent back, in the order in which they were told."
    )
    lost: list[LostParcelAnswer] = Field(
        default_factory=list, description="Which of several parcels are lost, in the order in which that was said."
    )


class ReviewAnswer(Stored):
    """What was decided about the request."""

    decision: Decision = Field(description="What was decided last.")
    by: str | None = Field(default=None, description="Who: `auto`, or the reviewer. A customer's key is not told.")
    rule: str | None = Field(default=None, description="The rule that decided by itself (rule 33); null for a person.")
    note: str = Field(default="", description="What the reviewer said about it. A customer's key is not told.")
    policy_version: int | None = Field(default=None, description="The version of the policy it was decided by.")
    reason_code: str | None = Field(
        default=None, description="Why it was rejected, as a stable word; null where none was given."
    )
    evidence_wanted: list[str] = Field(default_factory=list, description="What the customer was asked for.")
    approvals: list[ApprovalAnswer] = Field(
        default_factory=list,
        description="All who approved it, where several had to (`refund_to` `bank_transfer`). A customer's key is not "
        "told.",
    )


class EndedAnswer(Stored):
    """Why the refund came to nothing."""

    code: str = Field(
        description=(
            "Why, as a stable word: a reviewer's `reason_code`, else `review_timed_out`, `nothing_accepted`, "
            "`payment_disputed`, `no_parcel_sent`, `parcel_too_late`, `cancelled_by_customer`, "
            "`cancelled_by_merchant` or `cancelled`."
        )
    )
    message: str = Field(description="The same as a sentence for the customer, in the customer's language.")


class RiskReasonAnswer(Stored):
    """One thing that speaks against the request."""

    code: str = Field(description="What, as a stable word, for example `refunds_7d`.")
    points: int = Field(description="How many points of the score it is.")
    message: str = Field(description="What, as a sentence.")


class RiskAnswer(Stored):
    """How risky the request looks (rule 34). A customer's key is not told."""

    score: int = Field(description="From 0, nothing speaks against it, to 100; from 70 on a reviewer decides.")
    reasons: list[RiskReasonAnswer] = Field(default_factory=list, description="What makes up the score.")
    given_before: dict[str, int] = Field(
        default_factory=dict,
        description="How often the customer gave which reason in the 90 days before, the merchant's own by their ids; "
        "nothing of the score comes of it.",
    )


UNTOLD_RISK = RiskAnswer(score=0)
"""Stands where the caller is not even told that there is a risk: the field is left out."""


def is_untold(risk: RiskAnswer | None) -> bool:
    return risk is UNTOLD_RISK


class PossibleAnswer(Stored):
    """One thing that operations can answer, ready to be sent: over HTTP, or as an update in Temporal."""

    action: str = Field(
        description="What it is called: `retry`, `skip`, `settle`, `failed`, or what people do at this step."
    )
    means: str = Field(description="When it is right, as a sentence.")
    path: str = Field(description="Where to `POST` it over HTTP.")
    body: dict[str, Any] = Field(description="The JSON to send there; write what you did into `note`.")
    update: str = Field(description="The update of the workflow `refund-{refund_id}` that says the same in Temporal.")
    input: str = Field(description="The JSON text to paste there as its input; write your name and what you did.")


class AttentionAnswer(Stored):
    """What operations are asked to do, about how much, and how to answer."""

    step: str = Field(description="The step that can't go on; name it in the resolution.")
    reason: str = Field(description="Why it can't go on, as a sentence.")
    actions: list[str] = Field(
        default_factory=list, description="What may be answered: `retry`, `skip`, `settle`, `failed`."
    )
    amount: int | None = Field(
        default=None,
        description="What it is about, in minor units: the share of a payment, else what the refund comes to.",
    )
    currency: str | None = Field(default=None, description="The currency of `amount`, ISO 4217.")
    payment_id: str | None = Field(default=None, description="The payment whose share is stuck; null where none is.")
    reference: str | None = Field(
        default=None, description="How the provider finds the payout: its own reference, else our key."
    )
    answers: list[PossibleAnswer] = Field(default_factory=list, description="What can be answered, ready to be sent.")
