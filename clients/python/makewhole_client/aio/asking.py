"""Send calls: what goes over the wire is said in `call`, when it is sent again in `patience`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self, TypeVar

import httpx

from makewhole_client.call import Call, address
from makewhole_client.cutting import LineCutter
from makewhole_client.errors import Unreachable, error_of
from makewhole_client.paging import Items, Lines, further
from makewhole_client.patience import Attempts, Patience

T = TypeVar("T")
Page = TypeVar("Page", bound=Lines)


class AsyncAsks:
    """A connection to the API of one key, for asyncio. Close it, or use it by `async with`."""

    def __init__(
        self, url: str, api_key: str, *, patience: Patience | None = None, http: httpx.AsyncClient | None = None
    ) -> None:
        """Connect to `url`, https://refunds.shop.example; `http` is an httpx client of your own. Raises ValueError."""
        self._http = http or httpx.AsyncClient()
        self._http.base_url = address(url)
        self._api_key, self._patience = api_key, patience or Patience()

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, call: Call[T], patience: Patience | None = None) -> T:
        response, done = await self._answer(call, patience or self._patience)
        if not (done or response.is_success):
            raise error_of(response)
        return call.understood(response, response.content if not done else b"")

    async def _lines(self, call: Call[T]) -> AsyncIterator[T]:
        response, _ = await self._answer(call, self._patience)
        try:
            if not response.is_success:
                await response.aread()
                raise error_of(response)
            cutter = LineCutter()
            async for piece in response.aiter_bytes():
                for line in cutter.cut(piece):
                    if said := call.told_by(response, line):
                        yield call.understood(response, said)
            if said := call.told_by(response, cutter.rest()):
                yield call.understood(response, said)
        except httpx.TransportError as error:
            raise Unreachable(f"{call.method} {call.path} broke off: {error!r}") from error
        finally:
            await response.aclose()

    async def _items(self, page_at: Callable[[str | None], Call[Items[T]]]) -> AsyncIterator[T]:
        cursor: str | None = None
        while True:
            page = await self._ask(page_at(cursor))
            for item in page.items:
                yield item
            cursor = further(cursor, page.next)
            if cursor is None:
                return

    async def _pages(self, page_at: Callable[[str | None], Call[Page]]) -> AsyncIterator[Page]:
        cursor: str | None = None
        while True:
            page = await self._ask(page_at(cursor))
            yield page
            cursor = further(cursor, page.next_lines)
            if cursor is None:
                return

    async def _answer(self, call: Call[T], patience: Patience) -> tuple[httpx.Response, bool]:
        attempts = Attempts(call, patience, call.request(self._http, self._api_key))
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = await self._http.send(attempts.begin(), stream=call.comes_by_lines)
            except httpx.TransportError as error:
                outcome = error
            pause_s = attempts.pause_before_next(outcome)
            if isinstance(outcome, httpx.Response):
                if pause_s is None:
                    return outcome, attempts.done_before(outcome)
                await outcome.aclose()
            await asyncio.sleep(pause_s or 0.0)
