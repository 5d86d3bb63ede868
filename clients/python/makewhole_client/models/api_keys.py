# Written by `make client`; change the document, or the async half, instead.
"""Models: api keys."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body, Word


class Role(Word):
    """What a caller may do."""

    MERCHANT = "merchant"
    REVIEWER = "reviewer"
    WAREHOUSE = "warehouse"
    OPS = "ops"
    OWNER = "owner"
    CUSTOMER = "customer"


class ApiKeyAnswer(Answer):
    """A key, without the key."""

    key_id: str
    prefix: str | None
    role: Role
    person: str | None
    customer_id: str | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class StaffRole(Word):
    """The roles of a merchant's staff and programs; customers' keys are made elsewhere."""

    MERCHANT = "merchant"
    REVIEWER = "reviewer"
    WAREHOUSE = "warehouse"
    OPS = "ops"
    OWNER = "owner"


class ApiKeyBody(Body):
    """A key to be made."""

    role: StaffRole
    person: str | None = None
    expires_at: datetime | None = None


class ApiKeyList(Answer):
    """One page of a merchant's keys, the newest first."""

    items: list[ApiKeyAnswer]
    next: str | None


class CallerAnswer(Answer):
    """Whoever has the key of this request."""

    merchant_id: str
    role: Role
    name: str
    person: str | None
    customer_id: str | None
    time_zone: str


class CustomerKeyBody(Body):
    """A key for a customer's own device."""

    expires_at: datetime | None = None


class KeyRotationBody(Body):
    """How a key is replaced."""

    overlap: str = "PT24H"
    expires_at: datetime | None = None


class NewApiKeyAnswer(Answer):
    """A key that was just made."""

    key_id: str
    prefix: str | None
    role: Role
    person: str | None
    customer_id: str | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    key: str | None
