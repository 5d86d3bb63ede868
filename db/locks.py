"""Work that one process or transaction does at a time, whichever of many does it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import ARRAY, Executable, Text, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.built import built_once, typed

_TRY = text("select pg_try_advisory_lock(:number)")
_GIVE_BACK = text("select pg_advisory_unlock(:number)")


@asynccontextmanager
async def alone(engine: AsyncEngine, number: int) -> AsyncIterator[bool]:
    """Tell whether nobody else holds this number, and hold it until the end if so.

    The lock is the session's, not a transaction's: a transaction that only waits is ended by Postgres after half a
    minute (`db/engine.py`), and the lock with it. It is given back at the end, so that who comes next finds it free;
    the connection is thrown away as well, so that whatever goes wrong, no pooled connection goes on holding it.
    """
    guard = await engine.connect()
    try:
        guard = await guard.execution_options(isolation_level="AUTOCOMMIT")
        is_held = bool((await guard.execute(_TRY, {"number": number})).scalar_one())
        yield is_held
        if is_held:
            with suppress(SQLAlchemyError):
                await guard.execute(_GIVE_BACK, {"number": number})
    finally:
        await guard.invalidate()
        await guard.close()


async def hold(connection: AsyncConnection, *names: str) -> None:
    """Let one transaction at a time work at what these names name, also where there is no row of it yet (rule 57).

    Of two transactions that would both make it, the second finds what the first one made. Held before any row is
    locked, so that nobody waits for each other; two things of one number only take turns.
    """
    await _held(named=json.dumps(names)).on(connection)


async def hold_together(connection: AsyncConnection, kind: str, merchant_id: str, names: Sequence[str]) -> None:
    """Let nobody `hold` these while this transaction lasts; others may hold them together with it."""
    if names:
        keys = [json.dumps((kind, merchant_id, name)) for name in names]
        await _held_together(keys=keys).on(connection)


@built_once
def _held(*, named: Any) -> Executable:
    return select(func.pg_advisory_xact_lock(func.hashtextextended(typed(named, Text), 0)))


@built_once
def _held_together(*, keys: Any) -> Executable:
    key = func.unnest(typed(keys, ARRAY(Text))).column_valued("key")
    return select(func.pg_advisory_xact_lock_shared(func.hashtextextended(key, 0)))
