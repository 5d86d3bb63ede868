"""Hundreds watch at one process: without news they ask nothing, news go where they belong, and all outlive a stop."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import make_app
from api.deadline import Deadlines
from api.live import COME_BACK_AFTER_MS, LOOKS_AT_ONCE
from api.metered import Meter
from api.routers import live_events
from api.server import serving
from db.api_keys import Role
from db.engine import open_engine
from db.whose import required
from proof.bench.listening import Listener, all_until, open_all
from service.quotas import Quotas
from service.vault import Vault
from tests.shop import IN_TIME_S, Shop
from tools.stack.stack import Stack

MANY, FEW = 150, 3


class CountedConnections:
    """How often connections of a pool are taken, and how many at most at one time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.taken = self.most = self._now = 0
        self._one_more = asyncio.Event()
        event.listen(engine.sync_engine, "checkout", self._take)
        event.listen(engine.sync_engine, "checkin", self._give_back)

    def count_anew(self) -> None:
        self.taken = self.most = 0

    async def until_taken(self, times: int) -> None:
        while self.taken < times:
            self._one_more.clear()
            await self._one_more.wait()

    def _take(self, *_: object) -> None:
        self.taken, self._now = self.taken + 1, self._now + 1
        self.most = max(self.most, self._now)
        self._one_more.set()

    def _give_back(self, *_: object) -> None:
        self._now -= 1


@dataclass(frozen=True)
class ApiHere:
    """An API in this process, whose connections PostgreSQL knows by a name of their own."""

    url: str
    name: str
    server: uvicorn.Server
    connections: CountedConnections
    shop: Shop

    async def asked(self) -> set[tuple[int, str]]:
        """Each connection of the API, and when it has sent its last statement."""
        query = text("select pid, query_start::text from pg_stat_activity where application_name = :name")
        async with self.shop.engine.connect() as connection:
            return {(row.pid, row.query_start) for row in await connection.execute(query, {"name": self.name})}

    async def lose_what_tells_of_news(self) -> None:
        query = text(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query = 'listen makewhole_refunds' and application_name = :name"
        )
        async with self.shop.engine.begin() as connection:
            assert (await connection.execute(query, {"name": self.name})).all() == [(True,)]


@asynccontextmanager
async def api_here(stack: Stack, shop: Shop) -> AsyncIterator[ApiHere]:
    name = f"api-{secrets.token_hex(4)}"
    engine = required(open_engine(f"{stack.description.database_url}?application_name={name}"))
    app = make_app(
        *(engine, shop.temporal, {}, Vault({"k": secrets.token_bytes(32)}), Deadlines(IN_TIME_S)),
        meter=Meter(engine, Quotas()),
    )
    server = serving(app, "127.0.0.1", 0, before_the_end=app.state.services.live.stop)
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield ApiHere(url, name, server, CountedConnections(engine), shop)
        server.should_exit = True
        await running


async def test_hundreds_ask_nothing_without_news_hear_their_own_and_outlive_a_stop(
    shop: Shop, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "_PING_EVERY_S", 0.6)
    calm, moving = await waiting(shop, "o1"), await waiting(shop, "o2")
    crowd = [Listener(calm, shop.keys[Role.MERCHANT]) for _ in range(MANY)]
    few = [Listener(moving, shop.keys[Role.MERCHANT]) for _ in range(FEW)]
    everybody = [*crowd, *few]

    async with asyncio.timeout(IN_TIME_S), api_here(stack, shop) as api:
        await open_all(everybody, api.url)
        await all_until(everybody, lambda each: "requested" in each.events)
        await until_calm(api, crowd)

        api.connections.count_anew()
        await approve(shop, moving)
        await all_until(few, lambda each: each.events[-1] == "completed")
        assert api.connections.taken < MANY, "nobody looks whose refund has no news"

        api.connections.count_anew()
        await api.lose_what_tells_of_news()
        await api.connections.until_taken(MANY + FEW)
        assert api.connections.most <= LOOKS_AT_ONCE, "the others are for requests"

        api.server.should_exit = True
        await asyncio.gather(*(each.until_over() for each in everybody))
    assert all(each.was_ended for each in everybody)
    back = {each.comes_back_after_ms for each in crowd}
    assert min(back) >= COME_BACK_AFTER_MS and len(back) > MANY // 2, "not all at the same moment"
    await approve(shop, calm)

    await open_all(everybody, stack.description.api_url)
    async with asyncio.timeout(IN_TIME_S):
        await all_until(everybody, lambda each: each.events[-1] == "completed")
    await asyncio.gather(*(each.hang_up() for each in everybody))
    for refund_id, heard in ((calm, crowd), (moving, few)):
        happened = [each["event"] for each in (await shop.merchant.get(f"/v1/refunds/{refund_id}"))["timeline"]]
        assert all(each.events == happened[: len(each.events)] for each in heard), "nothing missed, nothing twice"


async def until_calm(api: ApiHere, crowd: list[Listener]) -> None:
    """Wait for a while in which each stream says twice that it lives, and PostgreSQL is asked nothing."""
    while True:
        before = await api.asked()
        assert len(before) > 2
        await asyncio.gather(*(each.until_pinged(2) for each in crowd))
        if await api.asked() == before:
            return


async def waiting(shop: Shop, order_id: str) -> str:
    """A refund that waits for a reviewer."""
    await shop.order(order_id)
    return str((await shop.until_judged(await shop.refund(order_id, reason="changed_mind")))["refund_id"])


async def approve(shop: Shop, refund_id: str) -> None:
    await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "approve"})
