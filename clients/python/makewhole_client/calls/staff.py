# Written by `make client`; change the document, or the async half, instead.
"""Requests: staff."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    IdentityProviderAnswer,
    IdentityProviderBody,
    IdentityProviderList,
    OwnSessionAnswer,
    SignedOutAnswer,
    StaffRole,
    StaffSessionList,
)


def list_identity_providers() -> Call[IdentityProviderList]:
    return Call("GET", "/v1/identity-providers", call.json_of(IdentityProviderList))


def put_identity_provider(provider_id: str, body: IdentityProviderBody) -> Call[IdentityProviderAnswer]:
    return Call(
        "PUT", f"/v1/identity-providers/{call.in_path(provider_id)}", call.json_of(IdentityProviderAnswer), body=body
    )


def get_identity_provider(provider_id: str) -> Call[IdentityProviderAnswer]:
    return Call("GET", f"/v1/identity-providers/{call.in_path(provider_id)}", call.json_of(IdentityProviderAnswer))


def delete_identity_provider(provider_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/identity-providers/{call.in_path(provider_id)}", call.as_nothing)


def begin_sign_in(token: str, *, role: StaffRole | None = None, return_to: str | None = None) -> Call[None]:
    return Call(
        "GET", f"/v1/sign-in/{call.in_path(token)}", call.as_nothing, query={"role": role, "return_to": return_to}
    )


def complete_sign_in(
    token: str, *, state: str | None = None, code: str | None = None, iss: str | None = None, error: str | None = None
) -> Call[None]:
    return Call(
        "GET",
        f"/v1/sign-in/{call.in_path(token)}/callback",
        call.as_nothing,
        query={"state": state, "code": code, "iss": iss, "error": error},
    )


def list_staff_sessions(*, cursor: str | None = None, limit: int | None = None) -> Call[StaffSessionList]:
    return Call("GET", "/v1/staff-sessions", call.json_of(StaffSessionList), query={"cursor": cursor, "limit": limit})


def get_staff_session() -> Call[OwnSessionAnswer]:
    return Call("GET", "/v1/staff-sessions/current", call.json_of(OwnSessionAnswer))


def sign_out() -> Call[SignedOutAnswer]:
    return Call("DELETE", "/v1/staff-sessions/current", call.json_of(SignedOutAnswer))


def revoke_staff_session(session_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/staff-sessions/{call.in_path(session_id)}", call.as_nothing)
