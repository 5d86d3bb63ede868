# Written by `make client`; change the document, or the async half, instead.
"""Models: carriers."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body


class AddressBody(Answer):
    """Where goods come back to, as a label has it."""

    company_name: str
    person_name: str | None = None
    address_line1: str
    address_line2: str | None = None
    city: str
    state_code: str | None = None
    postal_code: str
    country_code: str
    phone_number: str | None = None
    email: str | None = None


class CarrierAccountAnswer(Answer):
    """An account as it is stored, without its secrets."""

    carrier_id: str
    adapter: str
    carrier: str
    service: str
    connection: dict[str, str | bool]
    address: AddressBody
    weight_g: int
    base_address: str
    secrets: list[str]
    callback_path: str
    updated_at: datetime | None


class CarrierAccountBody(Body):
    """What has to be known of an account so that its carrier makes labels."""

    adapter: str
    carrier: str
    service: str = "standard_service"
    connection: dict[str, str | bool] = Field(default_factory=dict)
    address: AddressBody
    weight_g: int = 1000
    base_address: str = ""
    secrets: dict[str, str] = Field(default_factory=dict)
