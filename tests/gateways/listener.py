"""Where the providers of the tests post their webhooks to: a server that keeps what came, letter by letter."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.gateways.party import Delivery

_IN_TIME_S = 180.0
"""Far longer than anything here takes: it bounds a test that hangs, it measures nothing."""


@dataclass(slots=True)
class Listener:
    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, is_enough: Callable[[Sequence[Delivery]], bool]) -> None:
        async with asyncio.timeout(_IN_TIME_S), self._came:
            await self._came.wait_for(lambda: is_enough(self.deliveries))

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (line.split(":", 1) for line in head[1:] if line)
                headers = {name.strip().lower(): value.strip() for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                async with self._came:
                    self.deliveries.append(Delivery(headers, body))
                    self._came.notify_all()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield listener
    finally:
        server.close()
