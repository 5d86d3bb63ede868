"""Where a merchant's systems are told what happens, and what each was told."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from api.schemas.common import Checked, Duration, Flag, Id, Time, Wire
from db.webhook_events import DeliveryStatus
from domain.durations import IsoDuration
from domain.merchant_events import MerchantEvent

Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class WebhookEndpointBody(Wire):
    """Where a merchant's system is, and what it is told."""

    url: Url = Field(
        description="Where events are posted to: `https`, at a public address, or one that the setting "
        "`MAKEWHOLE_WEBHOOK_ADDRESSES` allows."
    )
    event_types: Annotated[list[MerchantEvent], Checked] = Field(
        default_factory=list, max_length=200, description="What it is told; empty: everything, also what comes later."
    )
    enabled: Flag = Field(
        default=True, description="Whether it is told anything. What happens while it is not is not told later."
    )


class WebhookSecretAnswer(Wire):
    """A secret that signs, without the secret."""

    secret_id: str = Field(description="What it is called.")
    created_at: AwareDatetime = Field(description="When it was made.")
    ends_at: AwareDatetime | None = Field(description="Until when it signs; null for the newest, which has no end.")


class WebhookEndpointAnswer(Wire):
    """An endpoint as it is stored."""

    endpoint_id: Id = Field(description="The endpoint, as its owner named it.")
    url: str = Field(description="Where events are posted to.")
    event_types: list[MerchantEvent] = Field(description="What it is told; empty: everything.")
    enabled: bool = Field(description="Whether it is told anything.")
    disabled_because: str | None = Field(
        description="Why makewhole has disabled it: `failing`, it took nothing for three days, or `gone`, it answered "
        "410. Null where it is enabled, or its owner has disabled it."
    )
    failing_since: AwareDatetime | None = Field(description="Since when it has taken nothing; null where all is well.")
    secrets: list[WebhookSecretAnswer] = Field(description="The secrets that sign, the newest first.")
    secret: str | None = Field(
        description="The secret, `whsec_…`, when the endpoint is made, and never again: verify signatures with it as "
        "Standard Webhooks says."
    )
    updated_at: AwareDatetime = Field(description="When it was changed last.")


class WebhookEndpointList(Wire):
    """All endpoints of a merchant."""

    items: list[WebhookEndpointAnswer] = Field(description="The endpoints, by their names.")
    next: str | None = Field(default=None, description="Always null: there are at most twenty.")


class RotationBody(Wire):
    """How a secret is replaced."""

    overlap: Duration = Field(
        default=IsoDuration("PT24H"),
        description="For how long the secrets of before sign beside the new one, at most 30 days.",
    )


class RotationAnswer(WebhookSecretAnswer):
    """A new secret."""

    endpoint_id: Id = Field(description="The endpoint.")
    secret: str | None = Field(
        description="The secret, `whsec_…`. It is shown while it signs, to who repeats the request under the same "
        "`Idempotency-Key`, and to nobody else."
    )


class WebhookAttemptAnswer(Wire):
    """One time that an event was sent."""

    at: Time = Field(description="When.")
    url: str = Field(description="Where to.")
    duration_ms: int = Field(description="How long it took, in milliseconds.")
    status_code: int | None = Field(description="The HTTP status of the answer; null where there was none.")
    answer: str = Field(description="The beginning of what was answered, at most 1,000 bytes.")
    trouble: str | None = Field(description="Why there was no answer, or no end of one; null where there was.")


class WebhookDeliveryAnswer(Wire):
    """How far an endpoint has an event."""

    endpoint_id: Id = Field(description="The endpoint.")
    status: DeliveryStatus = Field(
        description="`pending`: it is sent, or sent again. `delivered`: it was answered with a 2xx. `failed`: it is "
        "given up, and sent again by hand only."
    )
    attempts: int = Field(description="How often it was sent, since it was sent again by hand if it was.")
    next_at: Time | None = Field(description="When it is sent next at the earliest; null where it is not pending.")
    log: list[WebhookAttemptAnswer] = Field(description="The last twenty times, the oldest first.")


class WebhookEventAnswer(Wire):
    """Something that happened, and who was told of it."""

    event_id: str = Field(description="The event, as in the header `webhook-id`.")
    type: MerchantEvent = Field(description="What happened.")
    refund_id: str | None = Field(description="The refund; null where it is about none.")
    order_id: str | None = Field(description="The order; null where it is about none.")
    sequence: int = Field(description="Its place in the refund's timeline; 0 where it is about none.")
    at: Time = Field(description="When it happened.")
    body: str | None = Field(description="What is sent, letter by letter; null until it is sent first.")
    deliveries: list[WebhookDeliveryAnswer] = Field(description="Whom it is told to, and how far they have it.")


class WebhookEventList(Wire):
    """One page of what was told, the newest first."""

    items: list[WebhookEventAnswer] = Field(description="The events of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class RedeliveryBody(Wire):
    """To whom an event is sent again."""

    endpoint_id: Id | None = Field(
        default=None, description="Only to this endpoint, also one that was not told; else to all that were."
    )
