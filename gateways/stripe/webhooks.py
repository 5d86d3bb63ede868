"""Stripe's webhooks as we read them, and their signatures: an HMAC over the time and the body."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from domain import clock
from domain.sale.disputes import DisputeStatus
from gateways.ports import Callback, ProviderDispute, ProviderEvent
from gateways.signatures import BadSignature
from gateways.stripe.answers import KEY, status_of, trace_number
from gateways.stripe.units import to_ours

HEADER = "stripe-signature"
_GOOD_FOR = timedelta(minutes=5)
_REFUND, _DISPUTE, _WARNING = "refund", "dispute", "radar.early_fraud_warning"

_DISPUTES = {
    "warning_needs_response": DisputeStatus.WARNING,
    "warning_under_review": DisputeStatus.WARNING,
    "warning_closed": DisputeStatus.WON,  # the bank asked, and no money has moved
    "needs_response": DisputeStatus.OPENED,
    "under_review": DisputeStatus.OPENED,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "appeal_needs_response": DisputeStatus.LOST,  # the customer has the money while the bank looks at it again
    "appeal_under_review": DisputeStatus.LOST,
}
"""What their statuses mean; of `prevented`, and of one that is new to us, nobody here knows who has the money."""

_Name = Annotated[str, Field(min_length=1, max_length=300)]


class StripeObject(BaseModel):
    """What an event is about: a refund with our key in its metadata, a dispute, a warning; all else is left alone."""

    id: _Name = Field(description="Stripe's id of it.")
    object: _Name = Field(description="What it is: `refund`, `dispute`, `radar.early_fraud_warning`.")
    status: str | None = Field(default=None, description="How it stands.")
    metadata: dict[str, str] = Field(default_factory=dict, description="What whoever made it put there.")
    pending_reason: str | None = Field(default=None, description="What a refund waits for.")
    failure_reason: str | None = Field(default=None, description="Why a refund has failed.")
    destination_details: dict[str, Any] | None = Field(default=None, description="Where a refund goes, and its trace.")
    charge: str | None = Field(default=None, description="The charge that it is about.")
    payment_intent: str | None = Field(default=None, description="The payment intent that it is about.")
    amount: int | None = Field(default=None, description="How much, in Stripe's units.")
    currency: str | None = Field(default=None, description="In which currency.")

    @model_validator(mode="before")
    @classmethod
    def _by_its_name_alone(cls, said: Any) -> Any:
        """Keep no more of something else: a balance has no id, and what is in fields of others is not ours to read."""
        kind = said.get("object") if isinstance(said, dict) else None
        if kind is None or kind in (_REFUND, _DISPUTE, _WARNING):
            return said
        return {"id": said.get("id") or kind, "object": kind}


class StripeData(BaseModel):
    """The object, as it was when the event was made."""

    object: StripeObject = Field(description="What the event is about.")


class StripeWebhook(BaseModel):
    """An event of Stripe's."""

    id: _Name = Field(description="The event's id, which is the same however often it is sent.")
    type: _Name = Field(description="What happened, for example `refund.updated`.")
    created: int = Field(description="When it happened, in seconds since 1970.")
    data: StripeData = Field(description="What it is about.")

    @property
    def event(self) -> ProviderEvent | None:
        """What is said of a refund; nothing where the event is about something else."""
        about = self.data.object
        if about.object != _REFUND:
            return None
        status = status_of(about.status, about.pending_reason, about.failure_reason)
        trace = trace_number(about.destination_details)
        return ProviderEvent(about.metadata.get(KEY, ""), status, about.id, trace)

    @property
    def dispute(self) -> ProviderDispute | None:
        """What is said of a dispute, or that the card's bank takes a payment for fraud; nothing in other events."""
        about = self.data.object
        if about.object not in (_DISPUTE, _WARNING):
            return None
        is_known = about.amount is not None and about.currency is not None
        return ProviderDispute(
            about.id,
            tuple(each for each in (about.charge, about.payment_intent) if each),
            DisputeStatus.WARNING if about.object == _WARNING else _DISPUTES.get(about.status or ""),
            about.status or about.object,
            to_ours(about.amount or 0, about.currency or "") if is_known else None,
            datetime.fromtimestamp(self.created, UTC),
        )


def hear(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Callback:
    """Read an event that one of the secrets signed; raises BadSignature before it reads anything, or ValueError."""
    _verify(secrets, headers.get(HEADER, ""), body)
    webhook = StripeWebhook.model_validate_json(body)
    return Callback(webhook.id, webhook.event, webhook.model_dump(mode="json"), webhook.dispute)


def _verify(secrets: Sequence[str], header: str, body: bytes) -> None:
    """Accept `t=…,v1=…` of any of the secrets, made within five minutes of now."""
    parts: list[Any] = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
        raise BadSignature
    age_s = abs(clock.of_this_machine().timestamp() - int(times[0]))
    if age_s > _GOOD_FOR.total_seconds():
        raise BadSignature
    signed = times[0].encode() + b"." + body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in made for other in given):
        raise BadSignature
