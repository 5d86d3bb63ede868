# Written by `make client`; change the document, or the async half, instead.
"""Models: entitlement systems."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body


class EntitlementSystemAnswer(Answer):
    """A system as it is stored, without its secrets."""

    system_id: str
    url: str
    adapter: str
    secret_count: int
    updated_at: datetime | None


class EntitlementSystemBody(Body):
    """Where a merchant's system is, and what requests and answers are signed with."""

    adapter: str = "contract"
    url: str
    secrets: list[str] = Field(default_factory=list)
    credentials: dict[str, str] = Field(default_factory=dict)
