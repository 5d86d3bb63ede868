"""Sessions: what a proof of who one is opens for a short while, used as an API key is. Only its hash is stored."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import idle
from db.api_keys import Caller, Known, Role, hashed
from db.built import built_once
from db.idle import Lasts
from db.schema import identity_sessions

PREFIX = "mk_session_"
"""How the key of a session begins, and no API key: a session is looked for here alone."""

_KEPT = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was just opened. `key` is shown this once."""

    session_id: str
    key: str = field(repr=False)
    expires_at: datetime


async def open_(connection: AsyncConnection, caller: Caller, lasts: Lasts) -> Session:
    """Open a session in which one is `caller`, whose key is not said yet."""
    key = PREFIX + secrets.token_urlsafe(24)
    who = {"merchant_id": caller.merchant_id, "role": caller.role, "customer_id": caller.customer_id}
    new = insert(identity_sessions).values(
        **who,
        only_order_id=caller.only_order_id,
        made_by=caller.made_by or None,
        key_sha256=hashed(key),
        expires_at=func.now() + lasts.used,
        idle_s=lasts.idle_s,
    )
    told = new.returning(identity_sessions.c.session_id, identity_sessions.c.expires_at)
    row = (await connection.execute(told)).one()
    return Session(row.session_id, key, row.expires_at)


async def identify(connection: AsyncConnection, key: str) -> Known | None:
    """Find whose session it is; None for one that nobody knows, or that has ended."""
    row = (await _found(key_sha256=hashed(key)).on(connection)).one_or_none()
    if row is None:
        return None
    caller = Caller(
        row.merchant_id,
        Role(row.role),
        row.customer_id,
        row.session_id,
        only_order_id=row.only_order_id,
        made_by=row.made_by or "",
    )
    return Known(caller, row.lasts_ms, row.is_used_anew)


@built_once
def _found(*, key_sha256: Any) -> Select[Any]:
    of_key = identity_sessions.c.key_sha256 == key_sha256
    lasts, anew = idle.lasts_ms(identity_sessions.c), idle.is_used_anew(identity_sessions.c)
    found = select(identity_sessions, lasts.label("lasts_ms"), anew.label("is_used_anew"))
    return found.where(of_key, idle.is_open(identity_sessions.c))


async def note_use(connection: AsyncConnection, session_id: str) -> None:
    """Note that a session is used, unless that was noted a short while ago."""
    is_it = (identity_sessions.c.session_id == session_id) & idle.is_open(identity_sessions.c)
    used = update(identity_sessions).where(is_it, idle.is_used_anew(identity_sessions.c))
    await connection.execute(used.values(last_used_at=func.now()))


async def is_open(connection: AsyncConnection, session_id: str) -> bool:
    """Whether a session of this name has not ended; an API key is none."""
    is_it = identity_sessions.c.session_id == session_id
    query = select(literal(True)).where(is_it, idle.is_open(identity_sessions.c))
    return (await connection.execute(query)).first() is not None


async def end(connection: AsyncConnection, session_id: str) -> str | None:
    """End a session; return its hash, None where there is none that could be ended."""
    ended = update(identity_sessions).where(
        identity_sessions.c.session_id == session_id, identity_sessions.c.ended_at.is_(None)
    )
    told = ended.values(ended_at=func.now()).returning(identity_sessions.c.key_sha256)
    found: str | None = (await connection.execute(told)).scalar_one_or_none()
    return found


async def end_others(connection: AsyncConnection, merchant_id: str, customer_id: str, but: str = "") -> Sequence[str]:
    """End every session of a customer but the one of this name; return their hashes."""
    theirs = (identity_sessions.c.merchant_id == merchant_id) & (identity_sessions.c.customer_id == customer_id)
    open_ = identity_sessions.c.ended_at.is_(None) & (identity_sessions.c.expires_at > func.now())
    ended = update(identity_sessions).where(theirs, open_, identity_sessions.c.session_id != but)
    told = ended.values(ended_at=func.now()).returning(identity_sessions.c.key_sha256)
    return list((await connection.execute(told)).scalars())


async def forget_old(connection: AsyncConnection) -> int:
    """Forget sessions that were over a day ago, so many at once that nobody waits long; tell how many."""
    key = identity_sessions.c.key_sha256
    old = select(key).where(identity_sessions.c.expires_at < func.now() - _KEPT)
    some = old.order_by(identity_sessions.c.expires_at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(identity_sessions).where(key.in_(some)))).rowcount
