# Written by `make client`; change the document, or the async half, instead.
"""Models: gateways."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body


class LimitsBody(Answer):
    """What the merchant's contract allows of refunds of one payment; what is null is as the provider says."""

    within_days: int | None = None
    most_refunds: int | None = None
    seconds_between: int | None = None


class AdapterAnswer(Answer):
    """A payment provider that makewhole speaks with."""

    adapter: str
    secrets: list[str]
    limits: LimitsBody


class GatewayAnswer(Answer):
    """An account as it is stored, without its secrets."""

    gateway_id: str
    adapter: str
    account: str
    base_address: str
    secrets: list[str]
    limits: LimitsBody
    callback_path: str
    updated_at: datetime | None


class GatewayBody(Body):
    """What has to be known of an account so that its payments can be paid back."""

    adapter: str
    account: str = ""
    base_address: str = ""
    secrets: dict[str, str] = Field(default_factory=dict)
    limits: LimitsBody | None = None


class GatewayList(Answer):
    """All accounts of a merchant, and what there may be accounts of."""

    items: list[GatewayAnswer]
    next: str | None = None
    adapters: list[AdapterAnswer]
