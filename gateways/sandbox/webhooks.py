"""The sandbox's webhooks as we read them: signed as Standard Webhooks says."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, TypeAdapter

from domain import spelling
from gateways.parcel_webhooks import ParcelWebhook
from gateways.ports import Callback, GatewayStatus, ProviderEvent
from gateways.signatures import verify

_Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(spelling.storable)]
"""Our key comes back letter by letter, whatever ids of a merchant's an earlier version put into it."""


class SandboxPayout(BaseModel):
    """The payout as the sandbox provider has it now."""

    key: _Name = Field(description="The key under which makewhole asked for the payout.")
    reference: _Name = Field(description="The provider's reference of the payout.")
    status: GatewayStatus = Field(description="How the payout stands at the provider.")
    trace_number: _Name | None = Field(default=None, description="What a bank finds it by; null until there is one.")


class SandboxWebhook(BaseModel):
    """A provider may add fields, so what we don't know is left alone."""

    type: Literal["refund.pending", "refund.waiting_for_balance", "refund.succeeded", "refund.failed"] = Field(
        description="What happened."
    )
    timestamp: AwareDatetime = Field(description="When it happened.")
    data: SandboxPayout = Field(description="The payout it is about.")

    @property
    def event(self) -> ProviderEvent:
        return ProviderEvent(self.data.key, self.data.status, self.data.reference, self.data.trace_number)


_EITHER: TypeAdapter[SandboxWebhook | ParcelWebhook] = TypeAdapter(
    Annotated[SandboxWebhook | ParcelWebhook, Field(discriminator="type")]
)
"""The provider tells of payouts, the carrier of parcels, by one post office."""


def hear(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Callback:
    """Read a webhook that one of the secrets signed; raises BadSignature before it reads anything, or ValueError."""
    verify(secrets, headers, body)
    webhook = _EITHER.validate_json(body)
    return Callback(headers["webhook-id"], webhook.event, webhook.model_dump(mode="json"))
