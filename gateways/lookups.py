"""Names of hosts are looked up in threads of their own: a name server that is silent keeps nothing else waiting.

Asking the system blocks a thread, half a minute where nobody answers, and the event loop has few for all that blocks.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Ask = Callable[[str, int], list[tuple[Any, ...]]]
"""Answers as `socket.getaddrinfo` does."""

_MOST_AT_ONCE = 100
"""So many names; a merchant has twenty endpoints and a few systems."""


def ask_the_system(host: str, port: int) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class Lookups:
    """Each name is asked for once at a time, by however many want it."""

    def __init__(self, ask: Ask = ask_the_system) -> None:
        self._ask = ask
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="lookups")
        self._under_way: dict[tuple[str, int], asyncio.Future[list[tuple[Any, ...]]]] = {}

    async def addresses_of(self, host: str, port: int) -> list[str]:
        """Return a host's addresses; raises OSError or UnicodeError where it has none."""
        name = host, port
        asked = self._under_way.get(name)
        if asked is None:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, host, port)
            self._under_way[name] = asked
            asked.add_done_callback(lambda done: self._is_done(name, done))
        found = await asyncio.shield(asked)
        return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))

    def _is_done(self, name: tuple[str, int], done: asyncio.Future[list[tuple[Any, ...]]]) -> None:
        del self._under_way[name]
        if not done.cancelled():
            done.exception()  # whoever asked may have left: then nobody else reads it
