"""API keys, as their owner makes, lists and revokes them."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from api.schemas.common import Duration, Id, Time, Wire
from db.api_keys import Role
from domain.durations import IsoDuration


class StaffRole(StrEnum):
    """The roles of a merchant's staff and programs; customers' keys are made elsewhere."""

    MERCHANT = Role.MERCHANT.value
    REVIEWER = Role.REVIEWER.value
    WAREHOUSE = Role.WAREHOUSE.value
    OPS = Role.OPS.value
    OWNER = Role.OWNER.value


Person = Annotated[Id, Field(examples=["han.meimei"])]


class ApiKeyBody(Wire):
    """A key to be made."""

    role: StaffRole = Field(description="What the key may do.")
    person: Person | None = Field(
        default=None,
        description="Who has it, by a name of your own: timeline and audit trail say it, and nobody approves twice or "
        "what they have asked for, whichever of their keys they use. Left out for programs.",
    )
    expires_at: Time | None = Field(default=None, description="When it ends by itself; left out: not by itself.")


class KeyRotationBody(Wire):
    """How a key is replaced."""

    overlap: Duration = Field(
        default=IsoDuration("PT24H"), description="For how long the old key works beside the new one, at most 30 days."
    )
    expires_at: Time | None = Field(default=None, description="When the new key ends; left out: not by itself.")


class CustomerKeyBody(Wire):
    """A key for a customer's own device."""

    expires_at: Time | None = Field(default=None, description="When it ends; left out: in 24 hours.")


class ApiKeyAnswer(Wire):
    """A key, without the key."""

    key_id: str = Field(description="What it is called: no secret.")
    prefix: str | None = Field(
        description="How it begins, by which a key that was found somewhere is recognized; null where it was made "
        "before that was kept."
    )
    role: Role = Field(description="What it may do.")
    person: str | None = Field(description="Who has it; null where that is not said.")
    customer_id: Id | None = Field(description="The customer whose key it is; null for staff and programs.")
    made_by: str | None = Field(description="Who made it; null where that is not known.")
    created_at: AwareDatetime = Field(description="When it was made.")
    expires_at: AwareDatetime | None = Field(description="When it ends, or has ended, by itself; null for not.")
    revoked_at: AwareDatetime | None = Field(description="When it was revoked; null where it was not.")
    last_used_at: AwareDatetime | None = Field(
        description="When it was used last, to the hour; null where nobody has used it."
    )


class NewApiKeyAnswer(ApiKeyAnswer):
    """A key that was just made."""

    key: str | None = Field(
        description="The key, `mk_…`: it is shown this once, and stored nowhere. Null to who repeats the request: "
        "revoke that key then, and make another."
    )


class ApiKeyList(Wire):
    """One page of a merchant's keys, the newest first."""

    items: list[ApiKeyAnswer] = Field(description="The keys of this page, also those that have ended.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
