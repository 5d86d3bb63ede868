# Written by `make client`; change the document, or the async half, instead.
"""Models: identity."""

from datetime import datetime
from typing import Any

from makewhole_client.model_base import Answer, Body, Word


class Ceremony(Word):
    """What is done with a passkey: it is made, or used."""

    REGISTRATION = "registration"
    AUTHENTICATION = "authentication"


class CodeAnswer(Answer):
    """The same, whether or not there is such an order and whoever it belongs to."""

    code_id: str
    expires_at: datetime


class CodeBody(Body):
    """A one-time code that is wanted for an order."""

    merchant_id: str
    order_id: str
    contact: str


class PasskeyAnswer(Answer):
    """A passkey of a customer."""

    passkey_id: str
    synced: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeyBody(Body):
    """A passkey that a device has made."""

    challenge_id: str
    credential: dict[str, Any]


class PasskeyList(Answer):
    """The passkeys of a customer, the oldest first."""

    items: list[PasskeyAnswer]


class PasskeyOptionsAnswer(Answer):
    """What to hand to the browser, and the name to answer under."""

    challenge_id: str
    ceremony: Ceremony
    public_key: dict[str, Any]
    expires_at: datetime


class PasskeyOptionsBody(Body):
    """A challenge that is wanted: to sign in at a shop or, sent with the key of a session, to make a passkey."""

    merchant_id: str


class SessionAnswer(Answer):
    """A session, whose key is used as an API key is, in the role `customer`."""

    session_id: str
    key: str
    customer_id: str | None
    order_id: str | None
    expires_at: datetime


class SessionBody(Body):
    """A code that came, or a passkey that was used."""

    code_id: str | None = None
    code: str | None = None
    challenge_id: str | None = None
    credential: dict[str, Any] | None = None
