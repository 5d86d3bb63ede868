"""A door before the API that goes wrong in order: it loses answers, is busy, breaks down, and then lets through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class Trouble(StrEnum):
    """What happens to a request at the door."""

    ANSWER_LOST = "answer_lost"
    TOO_MANY = "429 Too Many Requests"
    BROKEN = "500 Internal Server Error"
    ANOTHER_SERVER = "200 OK"
    AWAY = "503 Service Unavailable"


@dataclass
class Door:
    """`troubles` are what comes, the first of them first; `keys` are under which requests came."""

    api_url: str
    troubles: list[Trouble]
    retry_after_s: int = 0
    url: str = ""
    keys: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _message(reader)
        self.keys.append(_header(request, "idempotency-key"))
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble in (None, Trouble.ANSWER_LOST):
            answer = await self._ask(request)
            if trouble is Trouble.ANSWER_LOST:
                return False
            writer.write(answer)
        else:
            body = b"sorry"
            told = f"retry-after: {self.retry_after_s}\r\ncontent-length: {len(body)}"
            writer.write(f"HTTP/1.1 {trouble}\r\n{told}\r\n\r\n".encode() + body)
        await writer.drain()
        return True

    async def _ask(self, request: bytes) -> bytes:
        address = urlsplit(self.api_url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request)
        await writer.drain()
        answer = await _message(reader)
        writer.close()
        return answer


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(int(_header(head, "content-length") or 0))


def _header(message: bytes, name: str) -> str:
    lines = message.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for each, _, value in pairs if each.strip().lower() == name), "")


@asynccontextmanager
async def door(api_url: str, *troubles: Trouble, retry_after_s: int = 0) -> AsyncIterator[Door]:
    opened = Door(api_url, list(troubles), retry_after_s)
    server = await asyncio.start_server(opened.serve, "127.0.0.1", 0)
    opened.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield opened
    finally:
        server.close()
