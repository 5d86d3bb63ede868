"""A host whose name server is silent is nothing to other hosts."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateways.addresses import Addresses
from gateways.lookups import Lookups
from gateways.posting import Poster
from tests.webhooks.receiver import receiving


class Names:
    """Name servers: that of any host below dead.example is silent until the test is over."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.asked: list[str] = []
        self._met = threading.Semaphore(0)

    def ask(self, host: str, port: int) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        self._met.release()
        if host.endswith("dead.example"):
            self.is_over.wait()
            raise OSError("no such host")
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    async def are_asked(self, times: int) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self._met.acquire, timeout=60)


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.is_over.set()


async def test_a_name_server_that_is_silent_keeps_no_other_endpoint_waiting(names: Names) -> None:
    """More of them hang than the event loop has threads, and as often as one endpoint is sent to at once."""
    dead = [f"https://{number}.dead.example/hooks" for number in range(20)] * 8
    addresses = Addresses(["http://shop.example"], Lookups(names.ask))
    async with receiving() as receiver, Poster(addresses, answers_within_s=600) as poster:
        hanging = [asyncio.ensure_future(poster.post(url, b"{}", {})) for url in dead]
        await names.are_asked(20)
        reply = await poster.post(f"http://shop.example:{receiver.port}/hooks", b"{}", {})
        names.is_over.set()
        others = await asyncio.gather(*hanging)

    assert (reply.status_code, reply.trouble) == (204, None)
    assert len(names.asked) == 21, "each name once at a time"
    assert all("no such host" in str(each.trouble) for each in others)


async def test_who_waits_no_longer_leaves_and_what_is_over_is_asked_anew(names: Names) -> None:
    lookups = Lookups(names.ask)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await lookups.addresses_of("dead.example", 443)
    names.is_over.set()
    for _ in range(2):
        with pytest.raises(OSError, match="no such host"):
            await lookups.addresses_of("dead.example", 443)

    assert len(names.asked) in (2, 3), "the first may be over before the second wants to know"
