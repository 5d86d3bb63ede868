# Written by `make client`; change the document, or the async half, instead.
"""Models: gateways."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body


class GatewayAnswer(Answer):
    """An account as it is stored, without its secrets."""

    gateway_id: str
    adapter: str
    account: str
    base_address: str
    secrets: list[str]
    callback_path: str
    updated_at: datetime | None


class GatewayBody(Body):
    """What has to be known of an account so that its payments can be paid back."""

    adapter: str
    account: str = ""
    base_address: str = ""
    secrets: dict[str, str] = Field(default_factory=dict)
