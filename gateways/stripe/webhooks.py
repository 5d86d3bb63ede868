"""Stripe's webhooks as we read them, and their signatures: an HMAC over the time and the body."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from domain import clock
from gateways.ports import Callback, ProviderEvent
from gateways.signatures import BadSignature
from gateways.stripe.answers import KEY, status_of

HEADER = "stripe-signature"
_GOOD_FOR = timedelta(minutes=5)
_REFUND = "refund"

_Name = Annotated[str, Field(min_length=1, max_length=300)]


class StripeObject(BaseModel):
    """What an event is about: of a refund its status, and our key in its metadata; all else is left alone."""

    id: _Name = Field(description="Stripe's id of it.")
    object: _Name = Field(description="What it is, for example `refund`.")
    status: str | None = Field(default=None, description="How it stands.")
    metadata: dict[str, str] = Field(default_factory=dict, description="What whoever made it put there.")


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
        return ProviderEvent(about.metadata.get(KEY, ""), status_of(about.status), about.id)


def hear(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Callback:
    """Read an event that one of the secrets signed; raises BadSignature before it reads anything, or ValueError."""
    _verify(secrets, headers.get(HEADER, ""), body)
    webhook = StripeWebhook.model_validate_json(body)
    return Callback(webhook.id, webhook.event, webhook.model_dump(mode="json"))


def _verify(secrets: Sequence[str], header: str, body: bytes) -> None:
    """Accept `t=…,v1=…` of any of the secrets, made within five minutes of now."""
    parts: list[Any] = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
        raise BadSignature
    age_s = abs(clock.now().timestamp() - int(times[0]))
    if age_s > _GOOD_FOR.total_seconds():
        raise BadSignature
    signed = times[0].encode() + b"." + body
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in made for other in given):
        raise BadSignature
