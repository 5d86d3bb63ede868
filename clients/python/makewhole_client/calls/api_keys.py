# Written by `make client`; change the document, or the async half, instead.
"""Requests: api keys."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    ApiKeyBody,
    ApiKeyList,
    CallerAnswer,
    CustomerKeyBody,
    KeyRotationBody,
    NewApiKeyAnswer,
)


def make_api_key(body: ApiKeyBody, *, idempotency_key: str | None = None) -> Call[NewApiKeyAnswer]:
    return Call(
        "POST",
        "/v1/api-keys",
        call.json_of(NewApiKeyAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def list_api_keys(*, cursor: str | None = None, limit: int | None = None) -> Call[ApiKeyList]:
    return Call("GET", "/v1/api-keys", call.json_of(ApiKeyList), query={"cursor": cursor, "limit": limit})


def rotate_api_key(key_id: str, body: KeyRotationBody, *, idempotency_key: str | None = None) -> Call[NewApiKeyAnswer]:
    return Call(
        "POST",
        f"/v1/api-keys/{call.in_path(key_id)}/rotation",
        call.json_of(NewApiKeyAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def revoke_api_key(key_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/api-keys/{call.in_path(key_id)}", call.as_nothing)


def make_customer_key(
    customer_id: str, body: CustomerKeyBody | None = None, *, idempotency_key: str | None = None
) -> Call[NewApiKeyAnswer]:
    return Call(
        "POST",
        f"/v1/customers/{call.in_path(customer_id)}/keys",
        call.json_of(NewApiKeyAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def get_caller() -> Call[CallerAnswer]:
    return Call("GET", "/v1/caller", call.json_of(CallerAnswer))
