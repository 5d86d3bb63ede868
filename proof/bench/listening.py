"""Whoever watches a refund, by the hundred: a connection each, read as it comes, and nothing between that costs more.

A stream is read as HTTP sends it, in chunks of which the last is empty: so it shows whether it was ended or broke off.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_OPENED_AT_ONCE = 20
"""Of a merchant's requests a hundred may wait for their turn; whoever comes back spreads out likewise."""


class NotLetIn(Exception):
    """The stream did not begin: `status` is what was answered instead."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the stream was answered {status}")
        self.status = status


@dataclass(slots=True)
class Listener:
    """Watches one refund. `sequences` are the events that came, over all of its streams; `pings` come without news."""

    refund_id: str
    key: str
    sequences: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    pings: int = 0
    comes_back_after_ms: int = 0
    was_ended: bool = False
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    async def open(self, api_url: str) -> None:
        """Begin a stream behind what came before; raises NotLetIn."""
        address = urlsplit(api_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = (
            f"GET /v1/refunds/{self.refund_id}/events HTTP/1.1\r\nHost: makewhole\r\nAuthorization: Bearer {self.key}"
        )
        came = f"\r\nLast-Event-ID: {self.sequences[-1]}" if self.sequences else ""
        writer.write(f"{head}{came}\r\n\r\n".encode())
        answered = await reader.readuntil(b"\r\n\r\n")
        status = int(answered.split(b" ", 2)[1])
        if status != 200:
            writer.close()
            raise NotLetIn(status)
        self.was_ended = False
        self._reading = asyncio.create_task(self._read(reader, writer))

    async def until(self, is_so: Callable[["Listener"], bool]) -> None:
        """Listen until the question is answered with yes; raises ConnectionError where the stream is over before."""
        while not is_so(self):
            if self._reading is None or self._reading.done():
                raise ConnectionError(f"the stream of {self.refund_id} is over")
            self._heard.clear()
            await self._heard.wait()

    async def until_pinged(self, times: int) -> None:
        """Listen until the server has said so often more that it lives."""
        wanted = self.pings + times
        await self.until(lambda each: each.pings >= wanted)

    async def until_over(self) -> None:
        """Listen until the stream is over, however it ends."""
        if self._reading is not None:
            await self._reading

    async def hang_up(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while size := int(await reader.readline() or b"-1", 16):
                if size < 0:
                    return
                self._take((await reader.readexactly(size)).decode())
                await reader.readline()
            self.was_ended = True
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            self._heard.set()

    def _take(self, said: str) -> None:
        for line in said.splitlines():
            name, _, value = line.partition(":")
            if name == "id":
                self.sequences.append(int(value))
            elif name == "data":
                self.events.append(json.loads(value)["event"])
            elif name == "retry":
                self.comes_back_after_ms = int(value)
            elif line.startswith(":"):
                self.pings += 1
        self._heard.set()


async def open_all(listeners: Iterable[Listener], api_url: str) -> None:
    """Begin all streams, some at once."""
    left = iter(listeners)

    async def some() -> None:
        for each in left:
            await each.open(api_url)

    await asyncio.gather(*(some() for _ in range(_OPENED_AT_ONCE)))


async def all_until(listeners: Iterable[Listener], is_so: Callable[[Listener], bool]) -> None:
    await asyncio.gather(*(each.until(is_so) for each in listeners))
