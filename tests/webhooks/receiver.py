"""A merchant's system, as a server of its own: it takes what it is posted, refuses it, is slow, and goes away."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.shop import IN_TIME_S
from tools.stack import ports


@dataclass(frozen=True, slots=True)
class Posted:
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])


Answer = Callable[["Posted"], int]


@dataclass
class Receiver:
    """`status` is what it answers, `delay_s` how long it thinks before; `location` is where it sends on to.

    It breaks off where it `lacks` some bytes of what it says.
    """

    port: int
    status: int = 204
    delay_s: float = 0.0
    says: bytes = b""
    location: str = ""
    lacks: int = 0
    posted: list[Posted] = field(default_factory=list)
    began: int = 0
    _server: asyncio.Server | None = None
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def taken(self) -> list[Posted]:
        return [each for each in self.posted if each.status < 300]

    async def start(self) -> None:
        """Listen, at the port that it had before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Go away in the middle of whatever there is."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def until(self, is_enough: Callable[[Sequence[Posted]], object]) -> list[Posted]:
        async with asyncio.timeout(IN_TIME_S), self._came:
            await self._came.wait_for(lambda: is_enough(self.posted))
        return self.posted

    async def until_begun(self, count: int) -> None:
        async with asyncio.timeout(IN_TIME_S), self._came:
            await self._came.wait_for(lambda: self.began >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self._answer(reader, writer)
        self._open.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        async with self._came:
            self.began += 1
            self._came.notify_all()
        await asyncio.sleep(self.delay_s)
        async with self._came:
            self.posted.append(Posted(headers, body, self.status))
            self._came.notify_all()
        sent_on = f"location: {self.location}\r\n" if self.location else ""
        writer.write(
            f"HTTP/1.1 {self.status} OK\r\n{sent_on}content-length: {len(self.says) + self.lacks}\r\n\r\n".encode()
            + self.says
        )
        await writer.drain()
        if self.lacks:
            raise ConnectionError


@asynccontextmanager
async def receiving(**how: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(ports.any_free(), **how)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
