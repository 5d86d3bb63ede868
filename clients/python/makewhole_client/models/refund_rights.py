# Written by `make client`; change the document, or the async half, instead.
"""Models: refund rights."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body
from makewhole_client.models.customers import RefundRights


class AppealBody(Body):
    """What speaks against a suspension."""

    note: str
    evidence: list[str] = Field(default_factory=list)


class RightsAnswer(Answer):
    """A customer's right to ask for refunds."""

    customer_id: str
    refund_rights: RefundRights


class SuspensionBody(Body):
    """Why and how long a customer may not ask for refunds."""

    reason: str = ""
    note: str = ""
    until: datetime | None = None
