"""The sandbox's webhooks as we read them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from domain import spelling
from gateways.ports import GatewayStatus, ProviderEvent

_Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(spelling.storable)]
"""Our key comes back letter by letter, whatever ids of a merchant's an earlier version put into it."""


class SandboxPayout(BaseModel):
    """The payout as the sandbox provider has it now."""

    key: _Name = Field(description="The key under which makewhole asked for the payout.")
    reference: _Name = Field(description="The provider's reference of the payout.")
    status: GatewayStatus = Field(description="How the payout stands at the provider.")


class SandboxWebhook(BaseModel):
    """A provider may add fields, so what we don't know is left alone."""

    type: Literal["refund.pending", "refund.succeeded", "refund.failed"] = Field(description="What happened.")
    timestamp: AwareDatetime = Field(description="When it happened.")
    data: SandboxPayout = Field(description="The payout it is about.")

    @property
    def event(self) -> ProviderEvent:
        return ProviderEvent(self.data.key, self.data.status, self.data.reference)
