"""Speaking to servers that merchants name: no redirect is followed, no more of an answer is read than is kept."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpcore

from gateways import trusted
from gateways.addresses import Addresses, NotAllowed, Pinned

ANSWERS_WITHIN_S = 10.0
MOST_ANSWER_BYTES = 1_000
_MOST_CONNECTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking once; `status_code` is None where nobody answered, and `trouble` says why.

    Both are there where the answer had no end: `answer` is what came of it. The names of `headers` are in lower case.
    """

    duration_ms: int
    status_code: int | None
    answer: str
    trouble: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole_status(self) -> int | None:
        """The status of an answer that came whole; None where nobody answered, or its end did not come."""
        return self.status_code if self.trouble is None else None


@dataclass(slots=True)
class _Heard:
    """As much of an answer as has come."""

    status_code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: bytes = b""


class Poster:
    """Posts to public addresses; what it needs of one server is nothing to another."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        answers_within_s: float = ANSWERS_WITHIN_S,
        most_answer_bytes: int = MOST_ANSWER_BYTES,
    ) -> None:
        self._addresses = addresses
        self._answers_within_s = answers_within_s
        self._most_answer_bytes = most_answer_bytes
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted.by_this_machine(),
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=100,
            keepalive_expiry=30.0,
            network_backend=Pinned(addresses),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, most_bytes: int | None = None) -> Reply:
        """Post, and say what came of it; whatever the other side does, this ends in time.

        No more than `most_bytes` of the answer are read, or as many as of any.
        """
        return await self._ask("POST", url, body, {"content-type": "application/json", **headers}, most_bytes)

    async def get(self, url: str, headers: Mapping[str, str] | None = None, *, most_bytes: int | None = None) -> Reply:
        """Read a JSON document likewise."""
        return await self._ask("GET", url, b"", {"accept": "application/json", **(headers or {})}, most_bytes)

    async def _ask(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], most_bytes: int | None
    ) -> Reply:
        began = time.monotonic()
        heard, trouble = _Heard(), None
        try:
            self._addresses.check(url)
            async with asyncio.timeout(self._answers_within_s):
                await self._hear(heard, method, url, body, headers, most_bytes or self._most_answer_bytes)
        except TimeoutError:
            what = "no answer" if heard.status_code is None else "no end of its answer"
            trouble = f"{what} within {self._answers_within_s:g} s"
        except (
            NotAllowed,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            OSError,
        ) as failed:
            trouble = f"{type(failed).__name__}: {failed}"[:300]
        text = heard.answer.decode(errors="replace").replace("\x00", "\ufffd")
        return Reply(round((time.monotonic() - began) * 1_000), heard.status_code, text, trouble, heard.headers)

    async def _hear(
        self, heard: _Heard, method: str, url: str, body: bytes, headers: Mapping[str, str], most_bytes: int
    ) -> None:
        sent = {"user-agent": "makewhole", **headers}
        async with self._pool.stream(method, url, headers=list(sent.items()), content=body) as response:
            heard.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            heard.status_code = response.status
            async for part in response.aiter_stream():
                heard.answer = (heard.answer + part)[:most_bytes]
                if len(heard.answer) >= most_bytes:
                    break
