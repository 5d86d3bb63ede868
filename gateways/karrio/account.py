"""A merchant's account at a carrier, as karrio's plugin for it needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CARRIER, SERVICE, CONNECTION, ADDRESS = "carrier", "service", "connection", "address"


@dataclass(frozen=True, slots=True)
class KarrioAccount:
    """`carrier` names karrio's plugin, `service` what is bought of it, `address` is where goods come back to.

    `connection` is what the plugin's settings are made of, secrets included; `base_address` is where the carrier is,
    empty for its usual address. `weight_g` is what a parcel is said to weigh: nobody has weighed it.
    """

    carrier: str
    service: str
    connection: Mapping[str, Any] = field(repr=False)
    address: Mapping[str, str]
    base_address: str = ""
    weight_g: int = 1000


def account_of(settings: Mapping[str, Any], secrets: Mapping[str, str], base_address: str) -> KarrioAccount:
    """Read an account as it was told."""
    return KarrioAccount(
        carrier=settings[CARRIER],
        service=settings[SERVICE],
        connection={**settings[CONNECTION], **secrets},
        address=settings[ADDRESS],
        base_address=base_address,
        weight_g=settings["weight_g"],
    )
