"""What is held about a customer: read on request, and erased on request."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.encoders import jsonable_encoder
from sqlalchemy import RowMapping, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Owner, Services, ServicesDep
from api.described import described
from api.paging import MOST_ANSWER_BYTES, Cursor, Limit, as_cursor, read_cursor
from api.paths import CustomerId
from api.schemas.personal_data import ErasureAnswer, HeldRecord, PersonalData
from db import bank_accounts as accounts
from db import customers, guests, journal, personal_data
from db.api_keys import Caller
from db.erasures import UnderWay
from db.personal_data import HELD, Key, Person
from db.schema import api_keys, bank_accounts, identity_codes, identity_sessions
from db.schema import guests as guests_table
from domain.audit_actions import AuditAction
from service.bank_accounts import opened
from service.erasing import NobodyKnown, erase, wanted
from service.vault import NotOpened

router = APIRouter(prefix="/v1/customers/{customer_id}/personal-data", tags=["customers"])

_HIDDEN = {
    api_keys: {"key_sha256"},
    identity_sessions: {"key_sha256"},
    identity_codes: {"code_id", "code_mark", "contact_mark"},
}
"""What is nobody's data, and helps who looks for a key or guesses at a code."""


@router.get("", **described("exportPersonalData", "not_found"))
async def export_personal_data(
    customer_id: CustomerId,
    services: ServicesDep,
    caller: Owner,
    response: Response,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> PersonalData:
    """Read everything that is held about a customer, page by page; that somebody began to is in the audit trail.

    What they have as a guest is theirs once it is given to them (`guest_of`).
    """
    kind, after = (0, None) if cursor is None else read_cursor(cursor, _place)
    async with services.engine.begin() as connection:
        person = await _person(connection, caller.merchant_id, customer_id)
        if cursor is None or not await _is_known_to_read(connection, caller, customer_id):
            note = journal.Note(
                AuditAction.PERSONAL_DATA_EXPORTED, "what is held about this customer is read", caller.name, {}
            )
            await journal.record_of_customer(connection, caller.merchant_id, customer_id, note)
        items, more = await _page(services, connection, person, kind, after, limit)
    response.headers["Cache-Control"] = "no-store"
    return PersonalData(customer_id=customer_id, items=items, next=more)


@router.delete("", **described("erasePersonalData", "not_found", "conflicting_state"))
async def erase_personal_data(customer_id: CustomerId, services: ServicesDep, caller: Owner) -> ErasureAnswer:
    """Erase what is personal of a customer, for good; books, figures and the audit trail stay as they are.

    409 while a refund of theirs is not over. What is said of them afterwards is kept like everything else: erase it in
    the shop first. Workers then have Temporal delete its copies, and note the erasure in a list outside of the
    database, by which it is done again after a restore.
    """
    erasure = wanted(caller.merchant_id, customer_id)
    try:
        async with services.engine.begin() as connection:
            theirs = await erase(connection, erasure, caller.name)
    except NobodyKnown as nobody:
        raise problems.not_found(f"customer {customer_id!r}") from nobody
    except UnderWay as under_way:
        raise problems.conflicting_state(f"{under_way}: erase when it is, or cancel it") from under_way
    return ErasureAnswer(
        erasure_id=erasure.erasure_id, customer_id=customer_id, erased_at=erasure.erased_at, refunds=len(theirs)
    )


async def _is_known_to_read(connection: AsyncConnection, caller: Caller, customer_id: str) -> bool:
    """A cursor is a place that anybody can write: who begins in the middle reads as well, and is noted once a day."""
    exported, whose = AuditAction.PERSONAL_DATA_EXPORTED, (caller.merchant_id, customer_id)
    return await journal.was_noted(connection, *whose, exported, caller.key_id, timedelta(days=1))


async def _person(connection: AsyncConnection, merchant_id: str, customer_id: str) -> Person:
    if await customers.find(connection, merchant_id, customer_id) is None:
        raise problems.not_found(f"customer {customer_id!r}")
    return Person(merchant_id, await guests.also_known_as(connection, merchant_id, customer_id))


async def _page(
    services: Services, connection: AsyncConnection, person: Person, kind: int, after: Key | None, limit: int
) -> tuple[list[HeldRecord], str | None]:
    """Read records from a place on, so many or as long as an answer may be; and name the next place."""
    items, size = list[HeldRecord](), 0
    for place, table in enumerate(HELD[kind:], kind):
        rows = await personal_data.page(connection, person, table, after=after, limit=limit - len(items) + 1)
        for row in rows:
            record = await _record(services, connection, table, row)
            size += len(record.model_dump_json())
            if items and (len(items) == limit or size > MOST_ANSWER_BYTES):
                return items, as_cursor(json.dumps([place, after]))
            items.append(record)
            after = personal_data.key_of(table, row)
        after = None
    return items, None


async def _record(services: Services, connection: AsyncConnection, table: Table, row: RowMapping) -> HeldRecord:
    hidden = _HIDDEN.get(table, ())
    data: dict[str, Any] = {name: value for name, value in row.items() if name not in hidden}
    if table is guests_table and row["sealed_contact"] is not None:
        data["contact"] = row["sealed_contact"]  # what lies there is a mark of it
    if table is bank_accounts:
        data["account"] = await _account(services, connection, row["refund_id"])
    return HeldRecord(kind=table.name, data=jsonable_encoder(data))


async def _account(services: Services, connection: AsyncConnection, refund_id: str) -> dict[str, str | None] | None:
    stored = await accounts.find(connection, refund_id)
    with suppress(NotOpened):
        account = opened(services.vault, stored) if stored else None
        return asdict(account) if account else None
    return None


def _place(text: str) -> tuple[int, Key | None]:
    match json.loads(text):
        case [int(kind), None] if 0 <= kind < len(HELD):
            return kind, None
        case [int(kind), list() as key] if 0 <= kind < len(HELD):
            return kind, personal_data.read_key(HELD[kind], key)
    raise ValueError("no place")
