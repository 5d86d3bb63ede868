"""A merchant's own system in which entitlements live."""

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from api.schemas.common import Checked, Id, Wire
from api.schemas.webhook_endpoints import Url

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


class EntitlementSystemBody(Wire):
    """Where a merchant's system is, and what requests and answers are signed with."""

    url: Url = Field(
        description="Below it are `/do`, `/undo` and `/look-up` of the contract (`docs/entitlements.openapi.json`): "
        "`https`, at a public address, or one that the setting `MAKEWHOLE_WEBHOOK_ADDRESSES` allows."
    )
    secrets: Annotated[list[SystemSecret], Checked] = Field(
        default_factory=list,
        max_length=5,
        description="`whsec_…` each, the newest first: all of them sign requests, any of them an answer. They are "
        "never shown again. Left out: they stay as they are, unless the address changes.",
    )


class EntitlementSystemAnswer(Wire):
    """A system as it is stored, without its secrets."""

    system_id: Id = Field(description="What the policy names it by in `entitlements_elsewhere`.")
    url: str = Field(description="Where it is.")
    secret_count: int = Field(description="How many secrets are kept of it, encrypted.")
    updated_at: AwareDatetime | None = Field(description="When it was told last.")
