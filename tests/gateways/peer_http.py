"""HTTP/1.1 as our own peers of providers speak it: a small server and client, one request after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is the path with its query, as it came; the names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Awaitable[Response]]


async def serve(port: int, answer: Answer) -> None:
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await _one(reader, writer, answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(connection, "127.0.0.1", port) as server:
        await server.serve_forever()


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Post something, and return the head of the answer."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = [f"POST {address.path or '/'} HTTP/1.1", f"host: {address.netloc}", f"content-length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*head, "connection: close"]).encode() + b"\r\n\r\n" + body)
    answered = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answered


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    said = await answer(Request(method, target, headers, body))
    lines = [f"HTTP/1.1 {said.status} -", f"content-length: {len(said.body)}"]
    lines += [f"{name}: {value}" for name, value in said.headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + said.body)
    await writer.drain()
