"""Serving HTTP to callers of whom some never end what they begin."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2, those with forward secrecy; TLS 1.3 has no others, and what is older Python does not speak."""

_TAKEN_WITHIN_S = 60.0
"""An answer that is not taken in this time is dropped, with its connection."""

_LEAST_TAKEN = 64 * 1024
"""So many bytes at least are taken of an answer in that time, or all that waits; a phone on a bad line takes more."""


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 whose callers have to end the head of a request in time; uvicorn itself would wait for ever.

    It holds for the first request of a connection and for each that follows. A body has as long as its answer has
    (`api/deadline.py`): whoever is answered before its end has this long to end it. Who takes next to nothing of a long
    answer, or of one without an end, is dropped; uvicorn would keep what waits for ever.
    """

    head_within_s = 10.0
    taken_within_s = _TAKEN_WITHIN_S

    _waits: asyncio.TimerHandle | None = None
    _looks: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._mind_the_time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._mind_the_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_looking()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.taken_within_s, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        self._stop_looking()
        super().resume_writing()

    def _look_again(self) -> None:
        waits = self.transport.get_write_buffer_size()
        self._looks = self.loop.call_later(self.taken_within_s, self._drop_if_untaken, waits)

    def _drop_if_untaken(self, waited: int) -> None:
        if waited - self.transport.get_write_buffer_size() < _LEAST_TAKEN:
            self.transport.abort()
        else:
            self._look_again()

    def _stop_looking(self) -> None:
        if self._looks is not None:
            self._looks.cancel()
            self._looks = None

    def _mind_the_time(self) -> None:
        is_at_work = self.cycle is not None and not self.cycle.response_complete
        if is_at_work:
            self._stop_waiting()
        elif self._waits is None:
            self._waits = self.loop.call_later(self.head_within_s, self._cut_off)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _cut_off(self) -> None:
        """Close the connection, unless its request has begun meanwhile: one that was sent before its turn."""
        self._waits = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, before_the_end: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._before_the_end = before_the_end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._before_the_end is not None:
            self._before_the_end()
        await super().shutdown(sockets)


def serving(
    app: Any,
    host: str,
    port: int,
    *,
    protocol: type[PunctualProtocol] = PunctualProtocol,
    tls: tuple[str, str] | None = None,
    before_the_end: Callable[[], None] | None = None,
) -> uvicorn.Server:
    """Make a server; port 0 means any free one. tls: the files of certificate and key, where it is to speak HTTPS.

    before_the_end: what ends answers that would go on for ever, which a server that stops waits for.
    """
    certificate, key = tls or (None, None)
    config = uvicorn.Config(
        app,
        host,
        port,
        http=protocol,
        log_config=None,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=20,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ciphers=_CIPHERS,
    )
    return _Server(config, before_the_end)


def allow_connections() -> None:
    """Open as many connections as the machine lets us: by habit a process has 1,024 files, each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
