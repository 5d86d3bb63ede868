"""Sessions: what a proof of who one is opens for a short while, used as an API key is. Only its hash is stored."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, delete, extract, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_keys import Caller, Known, Role, hashed
from db.built import built_once
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


async def open_(connection: AsyncConnection, caller: Caller, lasts: timedelta) -> Session:
    """Open a session in which one is `caller`, whose key is not said yet."""
    key = PREFIX + secrets.token_urlsafe(24)
    who = {"merchant_id": caller.merchant_id, "role": caller.role, "customer_id": caller.customer_id}
    new = insert(identity_sessions).values(
        **who, only_order_id=caller.only_order_id, key_sha256=hashed(key), expires_at=func.now() + lasts
    )
    told = new.returning(identity_sessions.c.session_id, identity_sessions.c.expires_at)
    row = (await connection.execute(told)).one()
    return Session(row.session_id, key, row.expires_at)


async def identify(connection: AsyncConnection, key: str) -> Known | None:
    """Find whose session it is; None for one that nobody knows, or that has ended."""
    row = (await _found(key_sha256=hashed(key)).on(connection)).one_or_none()
    if row is None:
        return None
    caller = Caller(row.merchant_id, Role(row.role), row.customer_id, row.session_id, only_order_id=row.only_order_id)
    return Known(caller, row.lasts_ms, is_used_anew=False)


@built_once
def _found(*, key_sha256: Any) -> Select[Any]:
    lasts = (extract("epoch", identity_sessions.c.expires_at - func.now()) * 1000).cast(BigInteger)
    is_open = identity_sessions.c.ended_at.is_(None) & (identity_sessions.c.expires_at > func.now())
    return select(identity_sessions, lasts.label("lasts_ms")).where(
        identity_sessions.c.key_sha256 == key_sha256, is_open
    )


async def is_open(connection: AsyncConnection, session_id: str) -> bool:
    """Whether a session of this name has not ended; an API key is none."""
    still = identity_sessions.c.ended_at.is_(None) & (identity_sessions.c.expires_at > func.now())
    query = select(literal(True)).where(identity_sessions.c.session_id == session_id, still)
    return (await connection.execute(query)).first() is not None


async def end(connection: AsyncConnection, session_id: str) -> str | None:
    """End a session; return its hash, None where there is none that could be ended."""
    ended = update(identity_sessions).where(
        identity_sessions.c.session_id == session_id, identity_sessions.c.ended_at.is_(None)
    )
    told = ended.values(ended_at=func.now()).returning(identity_sessions.c.key_sha256)
    found: str | None = (await connection.execute(told)).scalar_one_or_none()
    return found


async def forget_old(connection: AsyncConnection) -> int:
    """Forget sessions that were over a day ago, so many at once that nobody waits long; tell how many."""
    key = identity_sessions.c.key_sha256
    old = select(key).where(identity_sessions.c.expires_at < func.now() - _KEPT)
    some = old.order_by(identity_sessions.c.expires_at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(identity_sessions).where(key.in_(some)))).rowcount
