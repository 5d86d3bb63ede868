"""However much one merchant sends, the others keep their part of the service."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.shares import STRANGERS_AT_ONCE, Limits, Shares, let_others_go_first
from db.api_keys import Role
from service.company import Company
from tests.shop import IN_TIME_S, Shop

FOR_EVER_S = 3_600.0
MERCHANTS = {"key-a": "a", "key-a2": "a", "key-b": "b"}


class House:
    """Stands for everything behind the shares: its work ends when it is told to."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.at_work = 0
        self.waits_elsewhere = False

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.at_work += 1
        if scope["path"].endswith("/slow"):
            if self.waits_elsewhere:
                async with let_others_go_first():
                    await self.may_end.wait()
            else:
                await self.may_end.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def merchant_of(key: str) -> str | None:
    return MERCHANTS.get(key)


@pytest.fixture
def house() -> House:
    return House()


class Callers:
    def __init__(self, house: House, limits: Limits) -> None:
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(Shares(house, merchant_of, limits, Company(stays_s=FOR_EVER_S, rests=0.0))),
            base_url="http://makewhole",
        )
        self._sent: list[asyncio.Task[httpx.Response]] = []

    async def ask(self, key: str, path: str = "/v1/orders/o1") -> int:
        return (await self._http.get(path, headers={"Authorization": f"Bearer {key}"})).status_code

    async def send(self, key: str, count: int) -> list[asyncio.Task[int]]:
        """Send slow requests, and let them come as far as they can."""
        sent = [asyncio.create_task(self.ask(key, "/v1/slow")) for _ in range(count)]
        for _ in range(50):
            await asyncio.sleep(0)
        return sent


async def test_one_merchant_who_sends_too_much_is_told_so_and_the_other_is_answered(house: House) -> None:
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=2, waiting=3))
    sent = await callers.send("key-a", 5)

    assert await callers.ask("key-a") == 429
    assert await callers.ask("key-a2") == 429
    assert await callers.ask("key-b") == 204
    house.may_end.set()
    assert [await each for each in sent] == [204] * 5


async def test_so_many_requests_of_a_merchant_are_worked_at_and_no_more(house: House) -> None:
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=2, waiting=3))

    sent = await callers.send("key-a", 5)

    assert house.at_work == 2
    house.may_end.set()
    await asyncio.gather(*sent)
    assert house.at_work == 5


async def test_while_others_are_about_a_merchants_requests_are_worked_at_one_after_another(house: House) -> None:
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=3, waiting=3, lasts_long_s=FOR_EVER_S))
    await callers.ask("key-b")

    sent = await callers.send("key-a", 3)

    assert house.at_work - 1 == 1
    house.may_end.set()
    assert [await each for each in sent] == [204] * 3


async def test_a_request_that_lasts_long_leaves_the_next_of_its_merchant_its_time(house: House) -> None:
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=2, waiting=3))
    sent = await callers.send("key-a", 1)
    await callers.ask("key-b")

    assert await callers.ask("key-a") == 204
    house.may_end.set()
    assert [await each for each in sent] == [204]


async def test_whoever_does_not_get_a_turn_in_time_is_told_to_come_again(house: House) -> None:
    callers = Callers(house, Limits(within_s=0.01, at_once=1, waiting=3))
    first, second = await callers.send("key-a", 2)

    assert await second == 429
    house.may_end.set()
    assert await first == 204


async def test_strangers_take_no_merchants_turns(house: House) -> None:
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=1, waiting=0))
    sent = await callers.send("nobody's", STRANGERS_AT_ONCE)

    assert await callers.ask("nobody's") == 429
    assert await callers.ask("key-a") == 429  # a key that nobody has seen yet
    house.may_end.set()
    await asyncio.gather(*sent)
    assert await callers.ask("key-a") == 204


async def test_who_waits_for_a_workflow_gives_up_the_turn_meanwhile(house: House) -> None:
    house.waits_elsewhere = True
    callers = Callers(house, Limits(within_s=IN_TIME_S, at_once=1, waiting=3))
    sent = await callers.send("key-a", 3)

    assert house.at_work == 3
    assert await callers.ask("key-a") == 204
    house.may_end.set()
    assert [await each for each in sent] == [204] * 3


async def test_three_hundred_requests_on_one_order_are_taken_or_told_to_wait(shop: Shop, other_shop: Shop) -> None:
    await shop.order()
    await other_shop.order()
    asked: dict[str, Any] = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "quantity": 1}]}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=shop.http.base_url, limits=limits, timeout=IN_TIME_S, trust_env=False
    ) as http:
        headers = {"Authorization": f"Bearer {shop.keys[Role.MERCHANT]}"}
        sent = [asyncio.create_task(http.post("/v1/refunds", json=asked, headers=headers)) for _ in range(300)]
        while not all(each.done() for each in sent):
            answer = await other_shop.raw(Role.MERCHANT, "GET", "/v1/orders/o1")
            assert answer.status_code == 200
        answers = [await each for each in sent]

    assert {each.status_code for each in answers} <= {202, 409, 422, 429}
    assert sum(each.status_code == 202 for each in answers) == 2
    assert all("Retry-After" in each.headers for each in answers if each.status_code == 429)
