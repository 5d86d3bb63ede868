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
_SAID_ONCE = (b"host", b"origin", b"authorization", b"content-length")
_CODEC = re.compile(rb"/codec/(decode|encode)(\?.*)?")
_LONGEST_BODY = 16 * 1024 * 1024


class Pages:
    """Serves the UI that listens at a port of 127.0.0.1, and what it asks of a codec server.

    Here that has the UI's own origin: a browser says the key that it has, and nobody has to sign in twice.
    """

    def __init__(self, keys: Keys, port: int, payload_keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._port = port
        self._payload_keys = payload_keys

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            async with asyncio.timeout(_HEAD_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
            request, headers = _read(head)
            refused = self._refusal(request, headers)
            if refused:
                writer.write(refused)
            elif asked := _CODEC.fullmatch(request[2]):
                writer.write(await self._opened(asked[1], headers, reader))
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
        is_looked_at = may_browse(role, method) or _CODEC.fullmatch(request[2])
        return None if is_looked_at else _answer("403 Forbidden", f"{method} is not for the role {role}")

    async def _opened(self, what: bytes, headers: Mapping[bytes, bytes], reader: asyncio.StreamReader) -> bytes:
        """Open payloads of any workflow; hand back what is to be sent, which is said in clear."""
        length = int(headers.get(b"content-length", b"0"))
        if not 0 <= length <= _LONGEST_BODY:
            return _answer("413 Content Too Large", f"at most {_LONGEST_BODY} bytes")
        async with asyncio.timeout(_HEAD_WITHIN_S):
            body = await reader.readexactly(length)
        # Loaded when it is needed: the door is to be open in a moment.
        from temporal_client.decoding import DecodingRequest, Everywhere

        try:
            asked = DecodingRequest.read(body)
        except ValueError as wrong:
            return _answer("400 Bad Request", str(wrong))
        done = asked.answered(self._payload_keys, Everywhere()) if what == b"decode" else asked.as_it_is()
        return _answer("200 OK", done, kind="application/json")

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
        if not colon or name != name.strip() or (name in headers and name in _SAID_ONCE):
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


def _answer(status: str, words: str, more: str = "", *, kind: str = "text/plain") -> bytes:
    body = words.encode()
    head = f"HTTP/1.1 {status}\r\n{more}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
