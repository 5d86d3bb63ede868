"""The Temporal UI through the door: HTTP Basic with a key as the password, one request a connection."""

import asyncio
import base64
import re
from collections.abc import Mapping
from contextlib import suppress

from tools.stack.door.roles import DoorRole, Keys, may_browse

_LONGEST_HEAD = 65_536
_HEAD_WITHIN_S = 10.0
_CHUNK = 65_536
_REQUEST = re.compile(rb"([A-Z]+) (/\S*) HTTP/1\.[01]")
_OURS = re.compile(rb"(127\.0\.0\.1|localhost)(:\d+)?")
_READS = ("GET", "HEAD")


class Pages:
    """Serves the UI that listens at a port of 127.0.0.1."""

    def __init__(self, keys: Keys, port: int) -> None:
        self._keys = keys
        self._port = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            async with asyncio.timeout(_HEAD_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
            request, headers = _read(head)
            refused = self._refusal(request, headers)
            if refused:
                writer.write(refused)
            else:
                await self._pass_on(head, reader, writer)
        writer.close()

    def _refusal(self, request: re.Match[bytes], headers: Mapping[bytes, bytes]) -> bytes | None:
        """Nobody without a key; nor another site's page in a browser that has one, whatever name it calls us by."""
        method, host, origin = request[1].decode(), headers.get(b"host", b""), headers.get(b"origin")
        if not _OURS.fullmatch(host):
            return _answer("403 Forbidden", "this is 127.0.0.1 or localhost")
        role = self._role_in(headers.get(b"authorization", b""))
        if role is None:
            challenge = 'WWW-Authenticate: Basic realm="Temporal: user operator or reader, its key as password"\r\n'
            return _answer("401 Unauthorized", "say a key of temporal_keys in stack.json", challenge)
        if method not in _READS and origin is not None and origin != b"http://" + host:
            return _answer("403 Forbidden", "another site's page may not ask this")
        return None if may_browse(role, method) else _answer("403 Forbidden", f"{method} is not for the role {role}")

    def _role_in(self, authorization: bytes) -> DoorRole | None:
        scheme, _, said = authorization.partition(b" ")
        if scheme.lower() != b"basic":
            return None
        return self._keys.role_of(base64.b64decode(said, validate=True).partition(b":")[2])

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
        inner_writer.write(_alone(head))
        asking = asyncio.create_task(_copy(reader, inner_writer))
        try:
            await _copy(inner_reader, writer)
        finally:
            asking.cancel()
            inner_writer.close()


def _read(head: bytes) -> tuple[re.Match[bytes], Mapping[bytes, bytes]]:
    """Read a request's head; raises ValueError for one that says a header twice that is judged here."""
    first, *lines = head[:-4].split(b"\r\n")
    request = _REQUEST.fullmatch(first)
    if request is None or len(head) > _LONGEST_HEAD:
        raise ValueError("no request")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name != name.strip() or (name in headers and name in (b"host", b"origin", b"authorization")):
            raise ValueError("no header")
        headers[name] = value.strip()
    return request, headers


def _alone(head: bytes) -> bytes:
    """The server is to close after its answer: what comes after the first request nobody has judged."""
    first, *lines = head[:-4].split(b"\r\n")
    dropped = (b"connection:", b"authorization:", b"upgrade:")
    kept = [line for line in lines if not line.lower().startswith(dropped)]
    return b"\r\n".join((first, *kept, b"Connection: close", b"", b""))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


def _answer(status: str, words: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{more}Content-Type: text/plain\r\nContent-Length: {len(words)}\r\n"
    return f"{head}Connection: close\r\n\r\n{words}".encode()
