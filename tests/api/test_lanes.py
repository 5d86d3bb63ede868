"""Large requests are answered by processes of their own: each merchant's in turn, or told to come again."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deadline import ANSWER_UNTIL
from api.heavy import Answered, Heavy, Lane
from api.problems import ProblemRaised
from api.shares import MERCHANT, TURN_UNTIL
from service.lanes import LESS_URGENT
from tests.shop import IN_TIME_S


@dataclass(frozen=True, slots=True)
class Signal:
    """Work over there ends once it is given."""

    path: Path

    def give(self) -> "Signal":
        self.path.touch()
        return self

    @property
    def awaited(self) -> Path:
        """A file that is there once somebody awaits it."""
        return self.path.with_suffix(".awaited")

    def await_here(self) -> None:
        self.awaited.touch()
        while not self.path.exists():
            time.sleep(0.01)


async def _an_application() -> ASGIApp:
    return _answer_where_it_is


async def _answer_where_it_is(scope: Scope, _receive: Receive, send: Send) -> None:
    """Say which process answers and how urgent it is, once the signal is given that the path names; or die."""
    if scope["path"] == "/die":
        os._exit(1)
    Signal(Path(scope["path"])).await_here()
    body = json.dumps({"process": os.getpid(), "nice": os.nice(0)}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def lane() -> AsyncIterator[Lane]:
    opened = Lane(_an_application)
    yield opened
    opened.close()


@pytest.fixture
def signal(tmp_path: Path) -> Signal:
    return Signal(tmp_path / "go-on")


@pytest.fixture
def given(tmp_path: Path) -> Signal:
    return Signal(tmp_path / "at-once").give()


async def ask(lane: Lane, merchant: str, signal: Signal, *, within_s: float = IN_TIME_S) -> Answered:
    until = asyncio.get_running_loop().time() + within_s
    scope: dict[str, Any] = {
        "type": "http",
        "path": str(signal.path),
        "headers": [],
        MERCHANT: merchant,
        TURN_UNTIL: until,
    }
    async with asyncio.timeout(IN_TIME_S):
        return await lane.answer(merchant, scope, b"")


async def test_what_is_large_is_answered_by_another_process_that_is_less_urgent(lane: Lane, signal: Signal) -> None:
    signal.give()

    said = json.loads((await ask(lane, "a", signal)).body)

    assert said["process"] != os.getpid()
    assert said["nice"] == min(os.nice(0) + LESS_URGENT, 19)


async def test_whoever_sends_more_than_can_be_answered_in_time_is_told_when_to_come_again(
    lane: Lane, signal: Signal
) -> None:
    first = asyncio.create_task(ask(lane, "a", signal))
    await asyncio.sleep(0)

    refused = await asyncio.gather(*(ask(lane, "a", signal, within_s=0.01) for _ in range(9)), return_exceptions=True)

    assert [each.status for each in refused if isinstance(each, ProblemRaised)] == [429] * 9
    assert all(each.headers == {"Retry-After": "5"} for each in refused if isinstance(each, ProblemRaised))
    signal.give()
    assert (await first).status == 200


async def test_who_waits_for_the_own_turn_keeps_nobody_else_waiting(lane: Lane, signal: Signal, given: Signal) -> None:
    sent = [asyncio.create_task(ask(lane, "a", signal)) for _ in range(3)]

    assert (await ask(lane, "b", given)).status == 200
    assert not any(each.done() for each in sent)
    signal.give()
    assert [(await each).status for each in sent] == [200] * 3


async def test_work_that_nobody_waits_for_any_more_keeps_its_merchants_turn_until_it_is_done(
    lane: Lane, signal: Signal, given: Signal
) -> None:
    await ask(lane, "a", given)
    left = asyncio.create_task(ask(lane, "a", signal))
    async with asyncio.timeout(IN_TIME_S):
        while not signal.awaited.exists():  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.01)
    left.cancel()
    await asyncio.wait({left})

    with pytest.raises(ProblemRaised) as refused:
        await ask(lane, "a", signal, within_s=0.01)
    assert refused.value.status == 429
    signal.give()
    assert (await ask(lane, "a", signal)).status == 200


async def test_after_a_process_died_the_next_request_is_answered(lane: Lane, signal: Signal) -> None:
    signal.give()

    with pytest.raises(ProblemRaised) as died:
        await ask(lane, "a", Signal(Path("/die")))

    assert died.value.status == 503
    assert (await ask(lane, "a", signal)).status == 200


class Busy:
    """Stands for processes that come to no end."""

    async def answer(self, *_: object) -> Answered:
        await asyncio.Event().wait()
        raise AssertionError("never")


async def send_large(method: str, path: str) -> None:
    """Send a large request whose time for an answer is over."""
    heavy = Heavy(_answer_where_it_is, Busy())  # type: ignore[arg-type]
    over = {ANSWER_UNTIL: asyncio.get_running_loop().time()}
    headers = [(b"content-length", b"100000")]

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 100_000}

    async def send(_: Message) -> None:
        raise AssertionError("nothing is answered")

    await heavy({"type": "http", "method": method, "path": path, "headers": headers, **over}, receive, send)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/refunds/quote"), ("GET", "/v1/orders/o1")])
async def test_what_only_reads_and_takes_too_long_is_told_to_come_again(method: str, path: str) -> None:
    with pytest.raises(ProblemRaised) as refused:
        await send_large(method, path)

    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "5"})


async def test_what_may_have_changed_something_is_not_told_no() -> None:
    pushing = asyncio.create_task(send_large("PUT", "/v1/orders/o1"))

    done, _ = await asyncio.wait({pushing}, timeout=0.1)

    assert not done
    pushing.cancel()
