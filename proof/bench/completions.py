"""Seeing that a refund is complete without asking anybody: PostgreSQL says so by NOTIFY when the row is written.

It costs one message a refund, and is the same for whatever moves the refund: nobody polls the API, or Temporal.
"""

import asyncio
from types import TracebackType
from typing import Any, Self

import psycopg

_TRIGGER = """
create or replace function bench_is_complete() returns trigger language plpgsql as
    $$ begin perform pg_notify('bench_complete', new.refund_id); return null; end $$;
create or replace trigger bench_is_complete after update of completed_at on refunds for each row
    when (old.completed_at is null and new.completed_at is not null) execute function bench_is_complete();
"""
_WITHIN_S = 120.0


class Completions:
    """Knows of each refund of one database when it was completed."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._waited_for: dict[str, asyncio.Future[None]] = {}

    async def __aenter__(self) -> Self:
        self._books = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        await self._books.execute(_TRIGGER)
        await self._books.execute("listen bench_complete")
        self._listening = asyncio.create_task(self._listen(self._books))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        await asyncio.wait([self._listening])
        await self._books.close()

    async def wait_for(self, refund_id: str) -> None:
        """Return when a refund is complete; raises TimeoutError where that takes minutes."""
        async with asyncio.timeout(_WITHIN_S):
            await self._of(refund_id)
        del self._waited_for[refund_id]

    async def _listen(self, books: psycopg.AsyncConnection[Any]) -> None:
        async for said in books.notifies():
            complete = self._of(said.payload)
            if not complete.done():
                complete.set_result(None)

    def _of(self, refund_id: str) -> asyncio.Future[None]:
        """It may be complete before its POST is answered."""
        return self._waited_for.setdefault(refund_id, asyncio.get_running_loop().create_future())
