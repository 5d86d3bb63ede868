"""A merchant's own system in which entitlements live."""

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from api.schemas.common import Checked, Id, Wire
from api.schemas.webhook_endpoints import Url
from gateways.entitlements.registry import CONTRACT, SYSTEMS

_PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64


def _secret(told: str) -> str:
    """Take a secret as Standard Webhooks has it; what is wrong with one is said without repeating it."""
    try:
        length = len(base64.b64decode(told.removeprefix(_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if not told.startswith(_PREFIX) or not _FEWEST_BYTES <= length <= _MOST_BYTES:
        raise ValueError(f"write {_PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} random bytes in base64")
    return told


SystemSecret = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_secret)]

Credential = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]


_PRODUCTS = " and ".join(
    f"`{name}` ({', '.join(each.kinds)} alone live there)" for name, each in SYSTEMS.items() if name != CONTRACT
)


class EntitlementSystemBody(Wire):
    """Where a merchant's system is, and what requests and answers are signed with."""

    adapter: Id = Field(
        default=CONTRACT,
        description="`contract`: it answers `docs/entitlements.openapi.json`. Or the product that it is, of which "
        f"makewhole knows {_PRODUCTS}.",
    )
    url: Url = Field(
        description="Below it are `/do`, `/undo` and `/look-up` of the contract, or the API of the product: "
        "`https`, at a public address, or one that the setting `MAKEWHOLE_WEBHOOK_ADDRESSES` allows."
    )
    secrets: Annotated[list[SystemSecret], Checked] = Field(
        default_factory=list,
        max_length=5,
        description="`whsec_…` each, the newest first: all of them sign requests, any of them an answer. They are "
        "never shown again. Left out: they stay as they are, unless the address changes. Of the contract alone.",
    )
    credentials: dict[Id, Credential] = Field(
        default_factory=dict,
        max_length=5,
        description="What opens a product's API, by name, for `voucherify`: `app_id` and `app_token` of a project, "
        "for `talon_one`: the `api_key` of an Application. They are kept, and left out, as `secrets` are.",
    )


class EntitlementSystemAnswer(Wire):
    """A system as it is stored, without its secrets."""

    system_id: Id = Field(description="What the policy names it by in `entitlements_elsewhere`.")
    url: str = Field(description="Where it is.")
    adapter: Id = Field(description="What it is: `contract`, or a product.")
    secret_count: int = Field(description="How many secrets are kept of it, encrypted.")
    updated_at: AwareDatetime | None = Field(description="When it was told last.")
