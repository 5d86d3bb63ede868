"""Sessions of staff who signed in, each under one role; only the hash of a session's key is stored."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import idle
from db.api_keys import Caller, Known, Role, hashed
from db.built import built_once
from db.idle import Lasts
from db.schema import staff_sessions

PREFIX = "mk_staff_"
"""How the key of a staff session begins, and no API key."""

_KEPT = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session as it is listed."""

    session_id: str
    provider_id: str
    role: Role
    person: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    number: int
    key_sha256: str = field(repr=False)


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


async def open_(
    connection: AsyncConnection, caller: Caller, provider_id: str, key: str, hint: bytes | None, lasts: Lasts
) -> StaffSession:
    """Open a session in which one is `caller`. hint: what its own key opens again, for whoever has that key."""
    who = {"merchant_id": caller.merchant_id, "role": caller.role, "person": caller.person, "provider_id": provider_id}
    times = {"expires_at": func.now() + lasts.used, "idle_s": lasts.idle_s}
    new = insert(staff_sessions).values(**who, **times, hint=hint, key_sha256=hashed(key))
    row = (await connection.execute(new.returning(*_listed_columns()))).one()
    return _row(row)


async def identify(connection: AsyncConnection, key: str) -> Known | None:
    """Find whose session it is; None for one that nobody knows, or that has ended."""
    row = (await _found(key_sha256=hashed(key)).on(connection)).one_or_none()
    if row is None:
        return None
    caller = Caller(row.merchant_id, Role(row.role), None, row.session_id, row.person)
    return Known(caller, row.lasts_ms, row.is_used_anew)


@built_once
def _found(*, key_sha256: Any) -> Select[Any]:
    lasts, anew = idle.lasts_ms(staff_sessions.c), idle.is_used_anew(staff_sessions.c)
    found = select(staff_sessions, lasts.label("lasts_ms"), anew.label("is_used_anew"))
    return found.where(staff_sessions.c.key_sha256 == key_sha256, _is_open())


async def note_use(connection: AsyncConnection, session_id: str) -> None:
    """Note that a session is used, unless that was noted a short while ago."""
    is_it = (staff_sessions.c.session_id == session_id) & _is_open()
    used = update(staff_sessions).where(is_it, idle.is_used_anew(staff_sessions.c))
    await connection.execute(used.values(last_used_at=func.now()))


async def find(connection: AsyncConnection, merchant_id: str, session_id: str) -> StaffSession | None:
    query = select(*_listed_columns()).where(
        staff_sessions.c.merchant_id == merchant_id, staff_sessions.c.session_id == session_id
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _row(row)


async def listed(connection: AsyncConnection, merchant_id: str, *, before: int, limit: int) -> Sequence[StaffSession]:
    """List open sessions of a merchant, the newest first, from the one before number `before` on; nought begins."""
    query = select(*_listed_columns()).where(staff_sessions.c.merchant_id == merchant_id, _is_open())
    if before:
        query = query.where(staff_sessions.c.number < before)
    rows = await connection.execute(query.order_by(staff_sessions.c.number.desc()).limit(limit))
    return [_row(row) for row in rows]


async def hint_of(connection: AsyncConnection, session_id: str) -> bytes | None:
    query = select(staff_sessions.c.hint).where(staff_sessions.c.session_id == session_id)
    found: bytes | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def end(connection: AsyncConnection, session_id: str) -> str | None:
    """End a session; return its hash, None where it had ended before."""
    return next(iter(await _end(connection, staff_sessions.c.session_id == session_id)), None)


async def end_of_key(connection: AsyncConnection, key: str) -> None:
    """End the session that has this key, if there is one."""
    await _end(connection, staff_sessions.c.key_sha256 == hashed(key))


async def end_all_of_provider(connection: AsyncConnection, merchant_id: str, provider_id: str) -> Sequence[str]:
    """End all sessions that were opened by a provider; return their hashes."""
    theirs = (staff_sessions.c.merchant_id == merchant_id) & (staff_sessions.c.provider_id == provider_id)
    return await _end(connection, theirs)


async def forget_old(connection: AsyncConnection) -> int:
    """Forget sessions that were over a day ago, so many at once that nobody waits long; tell how many."""
    key = staff_sessions.c.key_sha256
    old = select(key).where(staff_sessions.c.expires_at < func.now() - _KEPT)
    some = old.order_by(staff_sessions.c.expires_at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(staff_sessions).where(key.in_(some)))).rowcount


async def _end(connection: AsyncConnection, those: Any) -> Sequence[str]:
    ended = update(staff_sessions).where(those, _is_open()).values(ended_at=func.now(), hint=None)
    return list((await connection.execute(ended.returning(staff_sessions.c.key_sha256))).scalars())


def _is_open() -> Any:
    return idle.is_open(staff_sessions.c)


def _listed_columns() -> list[Any]:
    return [staff_sessions.c[name] for name in StaffSession.__slots__]


def _row(row: Any) -> StaffSession:
    return StaffSession(**{**row._mapping, "role": Role(row.role)})
