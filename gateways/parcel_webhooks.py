"""Webhooks about parcels, from carriers or whoever stands between: signed as Standard Webhooks says."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from domain import spelling
from gateways.ports import Callback, ParcelNews, ParcelState
from gateways.signatures import verify

_Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(spelling.storable)]

PREFIX = "parcel."


class ToldParcel(BaseModel):
    """The parcel as its carrier has it now."""

    tracking_number: _Name = Field(description="The carrier's number of the parcel, as its label has it.")


class ParcelWebhook(BaseModel):
    """How far a parcel has come. Whoever sends it may add fields; what we don't know is left alone."""

    type: Literal["parcel.in_transit", "parcel.delivered", "parcel.lost"] = Field(description="What happened.")
    timestamp: AwareDatetime = Field(description="When it happened.")
    data: ToldParcel = Field(description="The parcel it is about.")

    @property
    def event(self) -> ParcelNews:
        return ParcelNews(self.data.tracking_number, ParcelState(self.type.removeprefix(PREFIX)), self.timestamp)


def hear(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Callback:
    """Read a webhook that one of the secrets signed; raises BadSignature before it reads anything, or ValueError."""
    verify(secrets, headers, body)
    webhook = ParcelWebhook.model_validate_json(body)
    return Callback(headers["webhook-id"], webhook.event, webhook.model_dump(mode="json"))
