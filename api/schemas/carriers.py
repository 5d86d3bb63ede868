"""A merchant's account at a carrier, and the labels that it makes."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from api.schemas.common import Flag, Id, Name, Wire
from api.schemas.gateways import Secret
from gateways.registry import CARRIERS

_Setting = Annotated[str, Field(max_length=300)]


class AddressBody(Wire):
    """Where goods come back to, as a label has it."""

    company_name: Name = Field(description="Whose address it is.")
    person_name: _Setting | None = Field(default=None, description="Who is there.")
    address_line1: Name = Field(description="Street and number.")
    address_line2: _Setting | None = Field(default=None, description="More of it.")
    city: Name = Field(description="The town.")
    state_code: _Setting | None = Field(default=None, description="The state or province, where there are any.")
    postal_code: Name = Field(description="The postcode.")
    country_code: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(description="The country, as ISO 3166 has it.")
    phone_number: _Setting | None = Field(default=None, description="A phone, where the carrier asks for one.")
    email: _Setting | None = Field(default=None, description="An e-mail address, where the carrier asks for one.")


class CarrierAccountBody(Wire):
    """What has to be known of an account so that its carrier makes labels."""

    adapter: Id = Field(description=f"By what the carrier is asked: {', '.join(CARRIERS)}.")
    carrier: Id = Field(description="Whose account it is, by the name of karrio's plugin: `generic`, `sendle`, ….")
    service: Id = Field(default="standard_service", description="What is bought of it, in its own words.")
    connection: dict[Id, _Setting | Flag] = Field(
        default_factory=dict,
        max_length=20,
        description="What the plugin's settings are made of and is no secret: for `generic` `display_name` and "
        "`custom_carrier_name`.",
    )
    address: AddressBody = Field(description="Where goods come back to.")
    weight_g: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(
        default=1_000, description="What a parcel is said to weigh, in grams: nobody has weighed it."
    )
    base_address: Annotated[str, Field(max_length=300)] = Field(
        default="",
        description="Where the carrier is, if not at its usual address; one of those that "
        "`MAKEWHOLE_GATEWAY_ADDRESSES` allows.",
    )
    secrets: dict[Id, Secret] = Field(
        default_factory=dict,
        max_length=20,
        description="By name: what the plugin asks for, and `webhook_secrets` (separated by spaces while one replaces "
        "another), which sign what is told of parcels. They are never shown again. One that is left out stays as it "
        "is, unless adapter, carrier or address change.",
    )


class CarrierAccountAnswer(Wire):
    """An account as it is stored, without its secrets."""

    carrier_id: Id = Field(description="What the merchant calls it.")
    adapter: Id = Field(description="By what the carrier is asked.")
    carrier: Id = Field(description="Whose account it is.")
    service: Id = Field(description="What is bought of it.")
    connection: dict[str, str | bool] = Field(description="What the plugin's settings are made of, but no secrets.")
    address: AddressBody = Field(description="Where goods come back to.")
    weight_g: int = Field(description="What a parcel is said to weigh, in grams.")
    base_address: str = Field(description="Where the carrier is; empty for its usual address.")
    secrets: list[Id] = Field(description="The names of the secrets that are kept, encrypted.")
    callback_path: str = Field(description="Where news of parcels are posted to, below this server's address.")
    updated_at: AwareDatetime | None = Field(description="When it was told last.")
