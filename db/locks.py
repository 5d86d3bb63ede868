"""Work that one process does at a time, whichever of many does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


@asynccontextmanager
async def alone(engine: AsyncEngine, number: int) -> AsyncIterator[bool]:
    """Tell whether nobody else holds this number, and hold it until the end if so.

    The lock is the session's, not a transaction's: a transaction that only waits is ended by Postgres after half a
    minute (`db/engine.py`), and the lock with it. The connection is thrown away afterwards, so that whatever goes
    wrong, no pooled connection goes on holding it.
    """
    guard = await engine.connect()
    try:
        guard = await guard.execution_options(isolation_level="AUTOCOMMIT")
        held = await guard.execute(text("select pg_try_advisory_lock(:number)"), {"number": number})
        yield bool(held.scalar_one())
    finally:
        await guard.invalidate()
        await guard.close()
