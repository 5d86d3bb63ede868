"""gRPC through the door: each connection of a caller has one to the server behind it."""

import asyncio
from typing import Any

from tools.stack.door.gate import Gate, NotSpoken
from tools.stack.door.roles import Keys

_HIGH_WATER = 1 << 20


class Caller(asyncio.Protocol):
    """What somebody sends goes through a gate, and on to the server at this port of 127.0.0.1."""

    def __init__(self, keys: Keys, port: int) -> None:
        self._gate = Gate(keys)
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._server: Server | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(_HIGH_WATER)
        transport.pause_reading()
        self._connecting = asyncio.create_task(self._connect(transport))

    async def _connect(self, transport: asyncio.Transport) -> None:
        try:
            loop = asyncio.get_running_loop()
            _, self._server = await loop.create_connection(lambda: Server(transport), "127.0.0.1", self._port)
        except OSError:  # it restarts
            transport.abort()
            return
        if transport.is_closing():
            self._server.close()
            return
        transport.resume_reading()
        if self._early:
            self.data_received(self._early)
            self._early = b""

    def data_received(self, data: bytes) -> None:
        if self._server is None:  # Python 3.11.2 begins to read although it was told in `connection_made` not to
            self._early += data
            if len(self._early) > _HIGH_WATER and self._transport is not None:
                self._transport.abort()
            return
        assert self._transport is not None
        if self._gate.is_open:
            self._server.transport.write(data)
            return
        try:
            passed = self._gate.feed(data)
        except NotSpoken:
            self._transport.abort()
            return
        if passed.on:
            self._server.transport.write(passed.on)
        if passed.back:
            self._transport.write(passed.back)

    def pause_writing(self) -> None:
        if self._server is not None:
            self._server.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._server is not None and not self._server.transport.is_closing():
            self._server.transport.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        if self._server is not None:
            self._server.close()


class Server(asyncio.Protocol):
    """What the server answers goes back as it is."""

    transport: asyncio.Transport

    def __init__(self, caller: asyncio.Transport) -> None:
        self._caller = caller

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.set_write_buffer_limits(_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        self._caller.write(data)

    def pause_writing(self) -> None:
        self._caller.pause_reading()

    def resume_writing(self) -> None:
        if not self._caller.is_closing():
            self._caller.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._caller.close()

    def close(self) -> None:
        self.transport.close()
