"""A merchant's API keys: made, replaced and revoked by an owner; those of customers made by the merchant's back end."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import IdempotencyKey, Merchant, Owner, Services, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.keys import new_key
from api.paging import Cursor, Limit, page, place
from api.paths import CustomerId, KeyId
from api.schemas.api_keys import (
    ApiKeyAnswer,
    ApiKeyBody,
    ApiKeyList,
    CustomerKeyBody,
    KeyRotationBody,
    NewApiKeyAnswer,
)
from api.schemas.common import Wire
from db import api_keys, customers, journal
from db.api_keys import Caller, KeyRow, NewKey, Role
from domain import clock
from domain.audit_actions import AuditAction
from domain.durations import span

_LONGEST_OVERLAP = timedelta(days=30)
_CUSTOMERS = timedelta(hours=24)

router = APIRouter(tags=["api keys"])

Make = Callable[[AsyncConnection], Awaitable[tuple[KeyRow, str]]]
"""Makes a key within a transaction; returns it as it is listed, and the key."""


@router.post("/v1/api-keys", status_code=201, response_model=NewApiKeyAnswer, **described("makeApiKey"))
async def make_key(
    body: ApiKeyBody, services: ServicesDep, caller: Owner, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Make a key of your merchant. It is in this answer and in no other."""
    _refuse_past(body.expires_at)
    if body.person is not None and body.person in set(Role):
        raise problems.wrong_field("/person", "a person has a name of their own, not that of a role")

    async def make(connection: AsyncConnection) -> tuple[KeyRow, str]:
        key, role = new_key(Role(body.role)), Role(body.role)
        new = NewKey(key, caller.merchant_id, role, None, body.person, body.expires_at, caller.name)
        return await _stored(connection, new, caller), key

    return await _shown_once(services, caller, idempotency_key, "/v1/api-keys", body, make)


@router.get("/v1/api-keys", **described("listApiKeys"))
async def list_keys(services: ServicesDep, caller: Owner, cursor: Cursor = None, limit: Limit = 50) -> ApiKeyList:
    """List the keys of your merchant, also those that have ended, the newest first."""
    before = place(cursor)
    async with services.snapshots.connect() as connection:
        known = await api_keys.listed(connection, caller.merchant_id, before=before, limit=limit + 1)
    shown, more = page(known, limit, lambda row: row.number, lambda _: 500)
    return ApiKeyList(items=[_answer(row) for row in shown], next=more)


@router.post(
    "/v1/api-keys/{key_id}/rotation",
    status_code=201,
    response_model=NewApiKeyAnswer,
    **described("rotateApiKey", "not_found", "conflicting_state"),
)
async def rotate_key(
    key_id: KeyId,
    body: KeyRotationBody,
    services: ServicesDep,
    caller: Owner,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Make a key that replaces another, for the same role and person; the old one ends when the overlap is over."""
    _refuse_past(body.expires_at)
    overlap = span(body.overlap)
    if overlap > _LONGEST_OVERLAP:
        raise problems.wrong_field("/overlap", "keys work beside each other for at most 30 days")

    async def replace(connection: AsyncConnection) -> tuple[KeyRow, str]:
        owners = await api_keys.lock_owners(connection, caller.merchant_id)
        old = _known(await api_keys.lock(connection, caller.merchant_id, key_id), key_id)
        if old.is_over:
            raise problems.conflicting_state(f"key {key_id} has ended: make another")
        key, merchant_id = new_key(old.role), caller.merchant_id
        new = NewKey(key, merchant_id, old.role, old.customer_id, old.person, body.expires_at, caller.name)
        stored = await _stored(connection, new, caller, replaces=key_id)
        _refuse_to_leave_nobody(old, [*owners, stored])
        await api_keys.end_after(connection, key_id, overlap)
        return stored, key

    path = f"/v1/api-keys/{key_id}/rotation"
    return await _shown_once(services, caller, idempotency_key, path, body, replace)


@router.delete("/v1/api-keys/{key_id}", status_code=204, **described("revokeApiKey", "not_found", "conflicting_state"))
async def revoke_key(key_id: KeyId, services: ServicesDep, caller: Owner) -> Response:
    """Revoke a key at once, any number of times. The last key of an owner stays: make another first.

    Another owner's key has to last at least as long as the one that is revoked.
    """
    async with services.engine.begin() as connection:
        owners = await api_keys.lock_owners(connection, caller.merchant_id)
        known = _known(await api_keys.lock(connection, caller.merchant_id, key_id), key_id)
        _refuse_to_leave_nobody(known, owners)
        if await api_keys.revoke(connection, key_id):
            sentence = f"the key {key_id} of {_whose(known)} is revoked"
            detail = {"key_id": key_id, "role": known.role, "person": known.person}
            note = journal.Note(AuditAction.KEY_REVOKED, sentence, caller.name, detail)
            await _note(connection, caller, known.customer_id, note)
    services.callers.forget(known.key_sha256)
    return Response(status_code=204)


@router.post(
    "/v1/customers/{customer_id}/keys",
    status_code=201,
    response_model=NewApiKeyAnswer,
    **described("makeCustomerKey", "not_found"),
)
async def make_customer_key(
    customer_id: CustomerId,
    services: ServicesDep,
    caller: Merchant,
    body: CustomerKeyBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Make a key by which a customer of yours sees their own refunds, and nothing else."""
    asked = body or CustomerKeyBody()
    _refuse_past(asked.expires_at)

    async def make(connection: AsyncConnection) -> tuple[KeyRow, str]:
        if await customers.find(connection, caller.merchant_id, customer_id) is None:
            raise problems.not_found(f"customer {customer_id!r}")
        key, ends_at = new_key(Role.CUSTOMER), asked.expires_at or clock.of_this_machine() + _CUSTOMERS
        new = NewKey(key, caller.merchant_id, Role.CUSTOMER, customer_id, None, ends_at, caller.name)
        return await _stored(connection, new, caller), key

    path = f"/v1/customers/{customer_id}/keys"
    return await _shown_once(services, caller, idempotency_key, path, asked, make)


async def _shown_once(
    services: Services, caller: Caller, idempotency_key: str | None, path: str, body: Wire, make: Make
) -> JSONResponse:
    """Make a key and show it; what is remembered under the Idempotency-Key does not have it."""
    shown: str | None = None

    async def work(connection: AsyncConnection) -> NewApiKeyAnswer:
        nonlocal shown
        made, shown = await make(connection)
        return NewApiKeyAnswer(**_answer(made).model_dump(), key=None)

    request = IdempotentRequest(services.engine, caller, idempotency_key, path, body)
    answer, is_new = await request.once(201, work)
    if not is_new:
        return answer
    told = NewApiKeyAnswer.model_validate_json(bytes(answer.body))
    return JSONResponse(told.model_copy(update={"key": shown}).model_dump(mode="json"), answer.status_code)


async def _stored(connection: AsyncConnection, new: NewKey, caller: Caller, *, replaces: str | None = None) -> KeyRow:
    key_id = await api_keys.store(connection, new)
    assert key_id is not None, "no key is made twice"
    stored = await _found(connection, caller, key_id)
    detail: dict[str, Any] = {"key_id": key_id, "role": stored.role, "person": stored.person}
    detail |= {"expires_at": stored.expires_at and stored.expires_at.isoformat()}
    detail |= {"replaces": replaces} if replaces else {}
    note = journal.Note(AuditAction.KEY_MADE, f"a key is made for {_whose(stored)}", caller.name, detail)
    await _note(connection, caller, stored.customer_id, note)
    return stored


async def _note(connection: AsyncConnection, caller: Caller, customer_id: str | None, note: journal.Note) -> None:
    if customer_id is None:
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    else:
        await journal.record_of_customer(connection, caller.merchant_id, customer_id, note)


async def _found(connection: AsyncConnection, caller: Caller, key_id: str) -> KeyRow:
    return _known(await api_keys.find(connection, caller.merchant_id, key_id), key_id)


def _known(known: KeyRow | None, key_id: str) -> KeyRow:
    if known is None:
        raise problems.not_found(f"API key {key_id!r}")
    return known


def _refuse_to_leave_nobody(ending: KeyRow, owners: Sequence[KeyRow]) -> None:
    """Raise Problem (`conflicting_state`) where no other owner's key works at least as long as the one that ends."""
    if ending.role is not Role.OWNER or ending.is_over:
        return
    others = [each.expires_at for each in owners if each.key_id != ending.key_id and each.role is Role.OWNER]
    if not any(ends is None or (ending.expires_at is not None and ends >= ending.expires_at) for ends in others):
        raise problems.conflicting_state(
            f"without {ending.key_id} nobody could manage this merchant's keys any more: make another owner's key "
            "first, which lasts as long"
        )


def _whose(key: KeyRow) -> str:
    who = key.customer_id or key.person
    return f"{key.role}:{who}" if who else str(key.role)


def _refuse_past(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= clock.of_this_machine():
        raise problems.wrong_field("/expires_at", "a key ends in the future")


def _answer(row: KeyRow) -> ApiKeyAnswer:
    names = ApiKeyAnswer.model_fields
    return ApiKeyAnswer(**{name: getattr(row, name) for name in names})
