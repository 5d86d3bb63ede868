"""How often Postgres went back to an older copy: whoever deals with makewhole begins anew then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tools.client import Refused


class Restores:
    def __init__(self) -> None:
        self._done = 0
        self._is_under_way = False
        self._was_last = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def going_back(self) -> AsyncIterator[None]:
        """The books go back for the length of an `async with`; all that people believed of them is void afterwards."""
        self._is_under_way = True
        try:
            yield
        finally:
            self._is_under_way = False
            self._done += 1
            await self._tell()

    async def was_last(self) -> None:
        self._was_last = True
        await self._tell()

    async def in_spite_of_them(self, act: Callable[[], Awaitable[None]]) -> None:
        """Act, and act anew after each restore, also where all was done: until no restore may follow.

        A no that is said because the books are going back is none, and two answers that differ may be of two books.
        """
        while True:
            seen = self._done
            acting = asyncio.ensure_future(act())
            going_back = asyncio.create_task(self._next(seen))
            try:
                await asyncio.wait({acting, going_back}, return_when=asyncio.FIRST_COMPLETED)
                if going_back.done() and going_back.result():
                    continue
                try:
                    await acting
                except (Refused, AssertionError):
                    if not self._is_under_way and self._done == seen:
                        raise
                if not await going_back:
                    return
            finally:
                for task in (acting, going_back):
                    task.cancel()
                await asyncio.gather(acting, going_back, return_exceptions=True)

    async def _next(self, seen: int) -> bool:
        """Wait for another restore; False where there will be none."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._done > seen or self._was_last)
            return self._done > seen

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
