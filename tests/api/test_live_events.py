"""A refund is watched as it happens: nothing is missed, nothing comes twice, and nobody sees what is not theirs."""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text

from api import live as live_module
from api.live import LiveEvents, TooManyOfOne, TooManyWatch
from api.server import serving
from db import weights
from db.api_keys import Caller, Role
from tests.shop import IN_TIME_S, Shop
from tools.client import Json

OPS = Caller("m", Role.OPS, None)


@asynccontextmanager
async def watching(
    shop: Shop, refund_id: str, after: int | None = None, key: str = ""
) -> AsyncIterator[AsyncIterator[Json]]:
    """Yield the events of a stream, which ends with the body."""
    headers = {"Authorization": f"Bearer {key or shop.keys[Role.MERCHANT]}"}
    headers |= {} if after is None else {"Last-Event-ID": str(after)}
    async with shop.http.stream("GET", f"/v1/refunds/{refund_id}/events", headers=headers, timeout=IN_TIME_S) as answer:
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
        yield events_of(answer)


async def events_of(answer: httpx.Response) -> AsyncIterator[Json]:
    async for line in answer.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


async def until(events: AsyncIterator[Json], event: str) -> list[Json]:
    """Read on until something has happened."""
    seen = []
    async with asyncio.timeout(IN_TIME_S):
        async for each in events:
            seen.append(each)
            if each["event"] == event:
                return seen
    raise AssertionError(f"the stream ended before {event}")


async def waiting(shop: Shop, **fields: str) -> str:
    """A refund that waits for a reviewer."""
    await shop.order()
    return str((await shop.until_judged(await shop.refund(reason="changed_mind", **fields)))["refund_id"])


async def approve(shop: Shop, refund_id: str) -> None:
    await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "approve", "note": "a word of the staff"})


async def test_what_happens_comes_as_it_happens_and_is_the_timeline(shop: Shop) -> None:
    refund_id = await waiting(shop)

    async with watching(shop, refund_id) as events:
        first = await until(events, "requested")
        await approve(shop, refund_id)
        rest = await until(events, "completed")

    told = [*first, *rest]
    timeline = (await shop.merchant.get(f"/v1/refunds/{refund_id}"))["timeline"]
    assert [{name: each[name] for name in ("at", "event", "message")} for each in told] == timeline[: len(told)]
    assert [each["sequence"] for each in told] == list(range(1, len(told) + 1))
    assert told[-1]["status"] == "completed"


async def test_who_comes_back_misses_nothing_and_hears_nothing_twice(shop: Shop) -> None:
    refund_id = await waiting(shop)
    async with watching(shop, refund_id) as events:
        seen = await until(events, "requested")
    await approve(shop, refund_id)

    async with watching(shop, refund_id, after=seen[-1]["sequence"]) as events:
        rest = await until(events, "completed")

    assert [each["sequence"] for each in (*seen, *rest)] == list(range(1, len(seen) + len(rest) + 1))


async def test_a_customer_watches_their_own_and_reads_no_words_of_the_staff(shop: Shop) -> None:
    refund_id = await waiting(shop)
    own, other = await shop.customer_key(shop.customer_id), await shop.customer_key("hanmeimei")
    path = f"/v1/refunds/{refund_id}/events"

    async with watching(shop, refund_id, key=own) as events:
        await until(events, "requested")
        await approve(shop, refund_id)
        told = await until(events, "completed")

    assert "a word of the staff" not in json.dumps(told)
    for key in (other, "mk_nobody"):
        answer = await shop.http.get(path, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code in (401, 404)


async def test_many_who_watch_take_nothing_of_the_merchants_share(shop: Shop) -> None:
    refund_id = await waiting(shop)

    async with asyncio.TaskGroup() as group:
        seen = [group.create_task(watch_to_the_end(shop, refund_id)) for _ in range(40)]
        await asyncio.gather(*(shop.merchant.get(f"/v1/refunds/{refund_id}") for _ in range(20)))
        await approve(shop, refund_id)

    assert len({json.dumps(each.result()) for each in seen}) == 1


async def watch_to_the_end(shop: Shop, refund_id: str) -> list[int]:
    async with watching(shop, refund_id) as events:
        return [each["sequence"] for each in await until(events, "completed")]


async def test_a_stream_goes_on_where_the_connection_by_which_we_hear_was_lost(shop: Shop) -> None:
    refund_id = await waiting(shop)

    async with watching(shop, refund_id) as events:
        await until(events, "requested")
        async with shop.engine.begin() as connection:
            await connection.execute(
                text("select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen makewhole_refunds'")
            )
        await approve(shop, refund_id)
        await until(events, "completed")


async def test_a_refund_of_a_large_order_is_watched_like_any_other(shop: Shop) -> None:
    refund_id = await waiting(shop)
    weighs = {"refund_id": refund_id, "words": secrets.token_hex(2 * weights.MOST_BYTES)}
    grow = "update refunds set quote = quote || jsonb_build_object('words', cast(:words as text))"
    async with shop.engine.begin() as connection:
        await connection.execute(text(grow + " where refund_id = :refund_id"), weighs)

    async with watching(shop, refund_id) as events:
        await until(events, "requested")


async def test_a_key_that_ends_ends_its_streams(shop: Shop) -> None:
    refund_id = await waiting(shop)
    made = await shop.owner.post("/v1/api-keys", {"role": "merchant"})

    async with watching(shop, refund_id, key=made["key"]) as events:
        await until(events, "requested")
        (await shop.raw(Role.OWNER, "DELETE", f"/v1/api-keys/{made['key_id']}")).raise_for_status()
        await approve(shop, refund_id)
        with pytest.raises(AssertionError, match="the stream ended"):
            await until(events, "completed")


async def test_a_last_event_id_that_is_none_is_refused(shop: Shop) -> None:
    refund_id = await waiting(shop)
    headers = {"Last-Event-ID": "the last one"}

    answer = await shop.raw(Role.MERCHANT, "GET", f"/v1/refunds/{refund_id}/events", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_server_that_stops_ends_its_streams_and_waits_for_none(shop: Shop) -> None:
    live, app = LiveEvents(shop.engine), FastAPI()

    @app.get("/")
    def endless() -> StreamingResponse:
        return StreamingResponse(_endless(live), media_type="text/event-stream")

    server = serving(app, "127.0.0.1", 0, before_the_end=live.stop)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        async with asyncio.timeout(IN_TIME_S), httpx.AsyncClient(trust_env=False, timeout=IN_TIME_S) as http:
            async with http.stream("GET", address) as answer:
                lines = answer.aiter_lines()
                assert await anext(lines) == "begun"
                server.should_exit = True
                assert [line async for line in lines] == ["over"]
            await running


async def _endless(live: LiveEvents) -> AsyncIterator[str]:
    with live.watching("rf_1", OPS) as watch:
        yield "begun\n"
        while not watch.is_over:
            await watch.news(IN_TIME_S)
        yield "over\n"


async def test_a_process_takes_so_many_who_watch_and_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST_WATCHING", 1)
    live = LiveEvents(shop.engine)

    with live.watching("rf_1", OPS), pytest.raises(TooManyWatch), live.watching("rf_2", OPS):
        pass
    with live.watching("rf_2", OPS):
        live.stop()


@pytest.mark.parametrize(
    ("greedy", "most"), [(OPS, 27), (Caller("m", Role.CUSTOMER, "c1"), live_module.MOST_OF_CUSTOMER)]
)
async def test_one_who_watches_all_that_they_may_leaves_places_to_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, greedy: Caller, most: int
) -> None:
    monkeypatch.setattr(live_module, "MOST_WATCHING", 30)
    live = LiveEvents(shop.engine)

    for _ in range(2):  # who hangs up may come back
        with ExitStack() as open_:
            for _ in range(most):
                open_.enter_context(live.watching("rf_1", greedy))
            with pytest.raises(TooManyOfOne), live.watching("rf_2", greedy):
                pass
            with live.watching("rf_3", Caller("another", Role.CUSTOMER, "c1")):
                pass
    live.stop()
