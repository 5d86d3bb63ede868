# Written by `make client`; change the document, or the async half, instead.
"""Send calls: what goes over the wire is said in `call`, when it is sent again in `patience`."""

import time
from collections.abc import Callable, Iterator
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


class Asks:
    """A connection to the API of one key. Close it, or use it by `with`."""

    def __init__(
        self, url: str, api_key: str, *, patience: Patience | None = None, http: httpx.Client | None = None
    ) -> None:
        """Connect to `url`, https://refunds.shop.example; `http` is an httpx client of your own. Raises ValueError."""
        self._http = http or httpx.Client()
        self._http.base_url = address(url)
        self._api_key, self._patience = api_key, patience or Patience()

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, call: Call[T], patience: Patience | None = None) -> T:
        response, done = self._answer(call, patience or self._patience)
        if not (done or response.is_success):
            raise error_of(response)
        return call.understood(response, response.content if not done else b"")

    def _lines(self, call: Call[T]) -> Iterator[T]:
        response, _ = self._answer(call, self._patience)
        try:
            if not response.is_success:
                response.read()
                raise error_of(response)
            cutter = LineCutter()
            for piece in response.iter_bytes():
                for line in cutter.cut(piece):
                    if said := call.told_by(response, line):
                        yield call.understood(response, said)
            if said := call.told_by(response, cutter.rest()):
                yield call.understood(response, said)
        except httpx.TransportError as error:
            raise Unreachable(f"{call.method} {call.path} broke off: {error!r}") from error
        finally:
            response.close()

    def _items(self, page_at: Callable[[str | None], Call[Items[T]]]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            page = self._ask(page_at(cursor))
            yield from page.items
            cursor = further(cursor, page.next)
            if cursor is None:
                return

    def _pages(self, page_at: Callable[[str | None], Call[Page]]) -> Iterator[Page]:
        cursor: str | None = None
        while True:
            page = self._ask(page_at(cursor))
            yield page
            cursor = further(cursor, page.next_lines)
            if cursor is None:
                return

    def _answer(self, call: Call[T], patience: Patience) -> tuple[httpx.Response, bool]:
        attempts = Attempts(call, patience, call.request(self._http, self._api_key))
        while True:
            outcome: httpx.Response | httpx.TransportError
            try:
                outcome = self._http.send(attempts.begin(), stream=call.comes_by_lines)
            except httpx.TransportError as error:
                outcome = error
            pause_s = attempts.pause_before_next(outcome)
            if isinstance(outcome, httpx.Response):
                if pause_s is None:
                    return outcome, attempts.done_before(outcome)
                outcome.close()
            time.sleep(pause_s or 0.0)
