# Written by `make client`; change the document, or the async half, instead.
"""Requests: identity."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    CodeAnswer,
    CodeBody,
    PasskeyAnswer,
    PasskeyBody,
    PasskeyList,
    PasskeyOptionsAnswer,
    PasskeyOptionsBody,
    SessionAnswer,
    SessionBody,
)


def ask_for_code(body: CodeBody) -> Call[CodeAnswer]:
    return Call("POST", "/v1/identity/codes", call.json_of(CodeAnswer), body=body)


def open_session(body: SessionBody) -> Call[SessionAnswer]:
    return Call("POST", "/v1/identity/sessions", call.json_of(SessionAnswer), body=body)


def end_session() -> Call[None]:
    return Call("DELETE", "/v1/identity/sessions", call.as_nothing)


def ask_for_passkey(body: PasskeyOptionsBody) -> Call[PasskeyOptionsAnswer]:
    return Call("POST", "/v1/identity/passkeys/options", call.json_of(PasskeyOptionsAnswer), body=body)


def make_passkey(body: PasskeyBody) -> Call[PasskeyAnswer]:
    return Call("POST", "/v1/identity/passkeys", call.json_of(PasskeyAnswer), body=body)


def list_passkeys(*, customer_id: str) -> Call[PasskeyList]:
    return Call("GET", "/v1/identity/passkeys", call.json_of(PasskeyList), query={"customer_id": customer_id})


def forget_passkey(passkey_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/identity/passkeys/{call.in_path(passkey_id)}", call.as_nothing)
