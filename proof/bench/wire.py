"""HTTP/1.1 over plain sockets, kept open: who asks is to cost as little as possible of the cores that are measured."""

import asyncio
import json
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from tools.client import Json

_IDLE_S = 3.0
"""A connection that was idle for longer is not used again: its server may be about to close it."""

_TOO_MANY = 429

_Kept = tuple[asyncio.StreamReader, asyncio.StreamWriter, float]


class NotAnswered(Exception):
    """The answer was neither a 2xx nor that one is to come again: what is measured must work."""


class Wire:
    """Asks several servers in turn, each over connections of its own."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._servers = [_Server(url) for url in urls]
        self._asked = 0
        self.told_to_wait = 0

    async def send(self, method: str, path: str, key: str, body: Json, *, idempotency_key: str = "") -> Json:
        """Send JSON under an API key and return the answer; raises NotAnswered.

        Who is told to come again later does so, and the time counts: a busy machine makes a crowd of thirty callers.
        """
        server = self._servers[self._asked % len(self._servers)]
        self._asked += 1
        named = f"Idempotency-Key: {idempotency_key}\r\n" if idempotency_key else ""
        headers, content = f"Authorization: Bearer {key}\r\n{named}", json.dumps(body).encode()
        while True:
            status, after_s, answer = await server.send(method, path, headers, content)
            if status < 300:
                made: Json = json.loads(answer)
                return made
            if status != _TOO_MANY:
                raise NotAnswered(f"{method} {path} was answered {status}: {answer[:500]!r}")
            self.told_to_wait += 1
            await asyncio.sleep(after_s)


class _Server:
    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._kept: list[_Kept] = []

    async def send(self, method: str, path: str, headers: str, content: bytes) -> tuple[int, float, bytes]:
        """Return the status, after how many seconds to come again, and the answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{headers}Content-Type: application/json\r\n"
        reader, writer = await self._connection()
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        answered = await _read(reader)
        self._kept.append((reader, writer, time.monotonic()))
        return answered

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._kept:
            reader, writer, used_at = self._kept.pop()
            if time.monotonic() - used_at < _IDLE_S and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)


async def _read(reader: asyncio.StreamReader) -> tuple[int, float, bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if line)
    content = await reader.readexactly(int(headers["content-length"]))
    return int(first.split(" ")[1]), float(headers.get("retry-after", 1)), content
