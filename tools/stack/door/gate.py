"""What one gRPC connection sends, let through or turned away call by call; it knows bytes and no sockets.

A worker's connection is judged by its first call and then passed on as it is. Any other is judged by every call: its
headers are written anew without compression, so that the server misses nothing by those that it never sees.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import hpack

from tools.stack.door.roles import DoorRole, Keys, may_call

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEAD = 9
_LONGEST_FRAME = 16_384
_MOST_HEADERS = 65_536

_DATA, _HEADERS, _RESET, _WINDOW_UPDATE, _CONTINUATION = 0x0, 0x1, 0x3, 0x8, 0x9
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x4, 0x8, 0x20

_UNAUTHENTICATED, _PERMISSION_DENIED = "16", "7"

Header = tuple[bytes, bytes]


class NotSpoken(Exception):
    """What comes is no HTTP/2 as clients of gRPC speak it: the connection is closed."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What is to be sent on to the server, and what back to the caller."""

    on: bytes = b""
    back: bytes = b""


class Gate:
    """`is_open` once a worker has shown its key: nothing has to be looked at any more."""

    def __init__(self, keys: Keys) -> None:
        self.is_open = False
        self._keys = keys
        self._decoder = hpack.Decoder(max_header_list_size=_MOST_HEADERS)
        self._begun = False
        self._unread = b""
        self._turned_away: set[int] = set()
        self._judged = 0
        self._pending: tuple[int, int, bytes] | None = None
        self._pending_frames = b""

    def feed(self, data: bytes) -> Passed:
        """Take what the caller sent; raises NotSpoken."""
        if self.is_open:
            return Passed(on=data)
        self._unread += data
        on, back = bytearray(), bytearray()
        if not self._begun:
            if not _PREFACE.startswith(self._unread[: len(_PREFACE)]):
                raise NotSpoken("no preface")
            if len(self._unread) < len(_PREFACE):
                return Passed()
            on += self._take(len(_PREFACE))
            self._begun = True
        while not self.is_open and len(self._unread) >= _FRAME_HEAD:
            length = int.from_bytes(self._unread[:3])
            if length > _LONGEST_FRAME:
                raise NotSpoken("a frame is longer than was agreed")
            if len(self._unread) < _FRAME_HEAD + length:
                break
            passed = self._judge_frame(self._take(_FRAME_HEAD + length))
            on += passed.on
            back += passed.back
        if self.is_open:
            on += self._take(len(self._unread))
        return Passed(bytes(on), bytes(back))

    def _take(self, count: int) -> bytes:
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def _judge_frame(self, frame: bytes) -> Passed:
        kind, flags = frame[3], frame[4]
        stream = int.from_bytes(frame[5:9]) & 0x7FFF_FFFF
        body = frame[_FRAME_HEAD:]
        if self._pending is not None and (kind != _CONTINUATION or stream != self._pending[0]):
            raise NotSpoken("headers were interrupted")
        if kind == _HEADERS:
            return self._collect(stream, flags, _without_extras(flags, body), frame)
        if kind == _CONTINUATION:
            if self._pending is None:
                raise NotSpoken("a continuation of nothing")
            first, began, so_far = self._pending
            return self._collect(first, began | (flags & _END_HEADERS), so_far + body, self._pending_frames + frame)
        if stream in self._turned_away:
            return self._drop(stream, kind, flags, len(body))
        return Passed(on=frame)

    def _collect(self, stream: int, flags: int, block: bytes, frames: bytes) -> Passed:
        if len(block) > _MOST_HEADERS:
            raise NotSpoken("headers have no end")
        if not flags & _END_HEADERS:
            self._pending, self._pending_frames = (stream, flags, block), frames
            return Passed()
        self._pending, self._pending_frames = None, b""
        return self._judge_call(stream, flags, block, frames)

    def _judge_call(self, stream: int, flags: int, block: bytes, frames: bytes) -> Passed:
        try:
            headers: list[Header] = self._decoder.decode(block, raw=True)  # type: ignore[assignment]
        except hpack.HPACKError as wrong:
            raise NotSpoken("headers that can't be read") from wrong
        self._judged += 1
        if stream in self._turned_away:
            return self._drop(stream, _HEADERS, flags, 0)
        role = self._role_in(headers)
        if role is DoorRole.WORKER and self._judged == 1:  # what was sent until now is passed on as it was sent
            self.is_open = True
            return Passed(on=frames)
        path = next((value.decode(errors="replace") for name, value in headers if name == b":path"), "")
        if role is None or not may_call(role, path):
            return self._turn_away(stream, flags, role, path)
        return Passed(on=_headers_frames(stream, flags & _END_STREAM, headers))

    def _role_in(self, headers: Iterable[Header]) -> DoorRole | None:
        said = [value for name, value in headers if name == b"authorization"]
        scheme, _, key = said[0].partition(b" ") if len(said) == 1 else (b"", b"", b"")
        return self._keys.role_of(key) if scheme.lower() == b"bearer" else None

    def _turn_away(self, stream: int, flags: int, role: DoorRole | None, path: str) -> Passed:
        if not flags & _END_STREAM:
            self._turned_away.add(stream)
        method = path.rpartition("/")[2]
        status = _UNAUTHENTICATED if role is None else _PERMISSION_DENIED
        message = f"{method} is not for the role {role}" if role else "say a key: authorization: Bearer …"
        said = {":status": "200", "content-type": "application/grpc", "grpc-status": status, "grpc-message": message}
        answer = [(name.encode(), _percent_encoded(value)) for name, value in said.items()]
        return Passed(back=_headers_frames(stream, _END_STREAM, answer))

    def _drop(self, stream: int, kind: int, flags: int, length: int) -> Passed:
        """Take what a call still sends that was turned away; its bytes are given back to the connection's window."""
        if kind == _RESET or (kind in (_DATA, _HEADERS) and flags & _END_STREAM):
            self._turned_away.discard(stream)
        if kind == _DATA and length:
            return Passed(back=_frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", length)))
        return Passed()


def _without_extras(flags: int, body: bytes) -> bytes:
    padding = 0
    if flags & _PADDED:
        padding, body = body[0] if body else 0, body[1:]
    if flags & _PRIORITY:
        body = body[5:]
    if padding > len(body):
        raise NotSpoken("more padding than there is")
    return body[: len(body) - padding]


def _headers_frames(stream: int, flags: int, headers: Iterable[Header]) -> bytes:
    block = b"".join(_literal(name, value) for name, value in headers)
    parts = [block[at : at + _LONGEST_FRAME] for at in range(0, len(block), _LONGEST_FRAME)]
    frames = bytearray()
    for number, part in enumerate(parts):
        kind = _CONTINUATION if number else _HEADERS
        ends = _END_HEADERS if number == len(parts) - 1 else 0
        frames += _frame(kind, (0 if number else flags) | ends, stream, part)
    return bytes(frames)


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + body


def _literal(name: bytes, value: bytes) -> bytes:
    """A header that nobody remembers: RFC 7541, 6.2.2, without Huffman's code."""
    return b"\x00" + _length(len(name)) + name + _length(len(value)) + value


def _length(count: int) -> bytes:
    if count < 127:
        return bytes((count,))
    rest, written = count - 127, bytearray(b"\x7f")
    while rest >= 128:
        written.append(rest % 128 + 128)
        rest //= 128
    written.append(rest)
    return bytes(written)


def _percent_encoded(value: str) -> bytes:
    """As gRPC has its messages: what is not plain ASCII is written as %XX."""
    return b"".join(
        bytes((byte,)) if 0x20 <= byte <= 0x7E and byte != 0x25 else b"%%%02X" % byte for byte in value.encode()
    )
