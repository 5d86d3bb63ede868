# Written by `make client`; change the document, or the async half, instead.
"""Requests: identity."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CodeAnswer, CodeBody, SessionAnswer, SessionBody


def ask_for_code(body: CodeBody) -> Call[CodeAnswer]:
    return Call("POST", "/v1/identity/codes", call.json_of(CodeAnswer), body=body)


def open_session(body: SessionBody) -> Call[SessionAnswer]:
    return Call("POST", "/v1/identity/sessions", call.json_of(SessionAnswer), body=body)


def end_session() -> Call[None]:
    return Call("DELETE", "/v1/identity/sessions", call.as_nothing)
