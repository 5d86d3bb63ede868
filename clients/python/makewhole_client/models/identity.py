# Written by `make client`; change the document, or the async half, instead.
"""Models: identity."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body


class CodeAnswer(Answer):
    """The same, whether or not there is such an order and whoever it belongs to."""

    code_id: str
    expires_at: datetime


class CodeBody(Body):
    """A one-time code that is wanted for an order."""

    merchant_id: str
    order_id: str
    contact: str


class SessionAnswer(Answer):
    """A session, whose key is used as an API key is, in the role `customer`."""

    session_id: str
    key: str
    customer_id: str | None
    order_id: str | None
    expires_at: datetime


class SessionBody(Body):
    """A code that came."""

    code_id: str
    code: str
