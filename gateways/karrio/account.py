"""A merchant's account at a carrier, as karrio's plugin for it needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ADDRESS = ("company_name", "address_line1", "city", "postal_code", "country_code")
_OURS = ("carrier_id", "config", "id", "label_template", "metadata", "services")
"""Settings that nobody tells: a template of a label is a program."""

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


def what_it_lacks(account: KarrioAccount) -> dict[str, str]:
    """Say what is wrong with an account, by its places in the body: what karrio's plugin needs, and an address."""
    from gateways.karrio import calls  # karrio is an extra, and takes half a second to import

    plugins = calls.plugins()
    if account.carrier not in plugins:
        return {"/carrier": f"karrio has no plugin {account.carrier!r} here, it has {', '.join(plugins)}"}
    known = calls.settings_of(account.carrier)
    may_be_told = [name for name in known.all if name not in _OURS]
    lacks = [name for name in known.required if name not in _OURS and not account.connection.get(name)]
    strange = [name for name in account.connection if name not in may_be_told]
    wrong = {f"/secrets/{name}": f"{account.carrier} needs {name}, here or in connection" for name in lacks}
    wrong |= {f"/connection/{name}": f"{account.carrier} has {', '.join(may_be_told)}" for name in strange}
    missing = [name for name in _ADDRESS if not account.address.get(name)]
    return wrong | {f"/address/{name}": "a label needs it: say where goods come back to" for name in missing}
