"""Who computes too long on the loop that all share, again and again, is answered elsewhere."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.heavy import TOO_HEAVY_HERE, Answered, Heavy
from api.loop_time import FAR_S, FORGIVEN_BY, MOST_S, REMEMBERED_S, TIMES, Computing, RequestKind, Slow, kind_of
from api.shares import MERCHANT

A_KIND = RequestKind("a", "GET", ("orders", "1"))


class Elsewhere:
    """Stands for the processes that answer what is large; takes down what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes]] = []

    async def answer(self, merchant: str, scope: Scope, body: bytes) -> Answered:
        self.asked.append((merchant, scope["path"], body))
        return Answered(200, [], b"elsewhere", 0.0)


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    """Compute where the path says so, find something too heavy where it says that, and answer."""
    await receive()
    if scope["path"].endswith("/slow"):
        until = time.thread_time() + 1.5 * MOST_S
        while time.thread_time() < until:
            pass
    status = TOO_HEAVY_HERE if scope["path"].endswith("/large") else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


class Callers:
    def __init__(self) -> None:
        self.elsewhere = Elsewhere()
        heavy = Heavy(_application, self.elsewhere)  # type: ignore[arg-type]

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            merchant = dict(scope["headers"]).get(b"x-merchant", b"").decode()
            await heavy({**scope, MERCHANT: merchant}, receive, send)

        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(known), base_url="http://makewhole")

    async def ask(self, merchant: str, path: str, **request: Any) -> str:
        return (await self._http.post(path, headers={"X-Merchant": merchant}, **request)).text


async def test_whoever_computed_too_long_again_and_again_is_answered_elsewhere() -> None:
    callers = Callers()

    answered = [await callers.ask("a", f"/v1/orders/o{number}/slow") for number in range(TIMES)]

    assert answered == ["here"] * TIMES
    assert await callers.ask("a", "/v1/orders/o2/slow", content=b"again") == "elsewhere"
    assert callers.elsewhere.asked == [("a", "/v1/orders/o2/slow", b"again")]


async def test_only_requests_of_that_kind_and_merchant_are() -> None:
    callers = Callers()
    for _ in range(TIMES):
        await callers.ask("a", "/v1/orders/o1/slow")

    assert await callers.ask("a", "/v1/orders/o1") == "here"
    assert await callers.ask("b", "/v1/orders/o1/slow") == "here"


async def test_what_strangers_send_is_never_remembered() -> None:
    callers = Callers()
    for _ in range(TIMES):
        await callers.ask("", "/v1/orders/o1/slow")

    assert await callers.ask("", "/v1/orders/o1/slow") == "here"


async def test_what_is_found_too_heavy_begins_anew_elsewhere_with_its_body() -> None:
    callers = Callers()

    assert await callers.ask("a", "/v1/orders/large", content=b"the body") == "elsewhere"
    assert callers.elsewhere.asked == [("a", "/v1/orders/large", b"the body")]


async def test_waiting_is_not_computing() -> None:
    computing = Computing(asyncio.sleep(3 * MOST_S, "awake"))

    assert await computing == "awake"
    assert computing.took_s < MOST_S


async def test_whoever_is_cancelled_while_waiting_is_told_so() -> None:
    waiting = asyncio.create_task(_await(Computing(asyncio.Event().wait())))
    await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_error_of_the_work_is_raised_where_it_is_awaited() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await Computing(fail())


async def _await(work: Computing) -> Any:
    return await work


def test_a_kind_that_was_slow_is_forgotten_after_a_while() -> None:
    clock = [0.0]
    slow = Slow(lambda: clock[0])
    for _ in range(TIMES):
        slow.note(A_KIND, MOST_S * 2)

    clock[0] = REMEMBERED_S - 1
    assert A_KIND in slow
    clock[0] = REMEMBERED_S
    assert A_KIND not in slow


def test_what_was_slow_once_is_a_slow_start() -> None:
    slow = Slow(lambda: 0.0)
    for _ in range(TIMES - 1):
        slow.note(A_KIND, MOST_S * 2)

    assert A_KIND not in slow


def test_a_kind_that_stays_slow_elsewhere_stays_there() -> None:
    clock = [0.0]
    slow = Slow(lambda: clock[0])
    for _ in range(TIMES):
        slow.note(A_KIND, FAR_S * 2)
    clock[0] = REMEMBERED_S - 1
    slow.note(A_KIND, FAR_S * 2)
    slow.note(A_KIND, MOST_S / 2)

    clock[0] = REMEMBERED_S + 1
    assert A_KIND in slow


def test_a_few_that_took_a_little_long_among_many_that_were_quick_are_a_busy_machine() -> None:
    slow = Slow(lambda: 0.0)

    for number in range(10_000):
        slow.note(A_KIND, MOST_S * 1.1 if number % (2 * FORGIVEN_BY) == 0 else MOST_S / 5)
        assert A_KIND not in slow


def test_what_took_far_too_long_is_not_made_good_by_any_number_of_quick_ones() -> None:
    slow = Slow(lambda: 0.0)

    for _ in range(TIMES):
        slow.note(A_KIND, FAR_S * 1.1)
        for _ in range(1_000):
            slow.note(A_KIND, MOST_S / 5)

    assert A_KIND in slow


def test_a_kind_that_is_quick_elsewhere_comes_back() -> None:
    slow = Slow(lambda: 0.0)
    for _ in range(TIMES):
        slow.note(A_KIND, MOST_S * 2)

    for _ in range(FORGIVEN_BY):
        slow.note(A_KIND, MOST_S / 2)

    assert A_KIND not in slow


def test_ids_in_a_path_make_no_other_kind() -> None:
    def kind(path: str) -> RequestKind:
        return kind_of("a", {"path": path, "method": "GET"})

    assert kind("/v1/orders/o1") == kind("/v1/orders/o2")
    assert kind("/v1/refunds/rf_1/review") == kind("/v1/refunds/rf_2/review")
    assert kind("/v1/refunds/rf_1/review") != kind("/v1/refunds/rf_1/cancel")
    assert kind("/v1/refunds/rf_1") != kind("/v1/refunds")
