"""`make streams`: a thousand watch refunds at one API: what they ask without news, and what a stop does to them.

All but one watch refunds to which nothing happens; for a minute PostgreSQL logs every statement. Then something happens
to the one that is left over, then the API is told to stop, and everybody comes back to the next. Exits with 0 only if
nothing was asked, nobody heard what was not theirs, each stream was ended and each is back. The last line is one JSON
object.
"""

import argparse
import asyncio
import itertools
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import open_engine
from proof.bench import machine
from proof.bench.listening import Listener, NotLetIn, all_until, open_all
from proof.bench.server_log import everything_logged
from proof.bench.statements import an_order
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.programs import MAKEWHOLE
from tools.stack.stack import Stack

_CALM_REFUNDS = 20
_WITHIN_S = 120.0
_NAME = "api-that-is-watched"
"""PostgreSQL knows the API's connections by it."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench streams")
    parser.add_argument("--streams", type=int, default=1_000, help="how many are open at one time")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long nothing happens")
    wanted = parser.parse_args(arguments)
    _take_all_files_there_may_be()
    runs = replace(MAKEWHOLE, api=("env", f"PGAPPNAME={_NAME}", *MAKEWHOLE.api))
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings, runs=runs) as stack:
        figures = asyncio.run(_measure(stack, wanted.streams, wanted.seconds))
    print(json.dumps(figures))
    everybody = (figures["ended_cleanly"], figures["back"])
    is_well = everybody == (wanted.streams, wanted.streams)
    return 0 if is_well and not figures["statements"] and not figures["heard_what_is_not_theirs"] else 1


def _take_all_files_there_may_be() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _measure(stack: Stack, count: int, seconds: float) -> Json:
    where = stack.description
    engine = open_engine(where.owner_database_url, pool_size=2)
    async with open_http(where.api_url) as http:
        staff = where.keys.staff(http)
        calm = [await _waiting(staff.merchant, f"calm-{number}") for number in range(_CALM_REFUNDS)]
        moving = await _waiting(staff.merchant, "moving")
        crowd = [Listener(calm[number % _CALM_REFUNDS], where.keys.merchant) for number in range(count - 1)]
        one = Listener(moving, where.keys.merchant)
        everybody = [*crowd, one]

        before, began = _memory(), time.perf_counter()
        await open_all(everybody, where.api_url)
        await all_until(everybody, lambda each: "requested" in each.events)
        opened_s = time.perf_counter() - began
        a_stream = (_memory() - before) / count
        _tell(f"{count} streams are open")

        statements = await _asked_in(stack, engine, seconds)
        heard = sum(len(each.sequences) for each in crowd)
        news_s = await _news(staff.reviewer, one)
        not_theirs = sum(len(each.sequences) for each in crowd) - heard
        _tell(f"{len(statements)} statements in {seconds:.0f} s, then news after {1_000 * news_s:.0f} ms")

        ended_s = await _stop(everybody)
        ended = sum(each.was_ended for each in everybody)
        began = time.perf_counter()
        back = await asyncio.gather(*(_come_back(each, where.api_url) for each in everybody))
        back_s = time.perf_counter() - began
        again = await _until_heard_again(staff.reviewer, crowd, where.api_url)
        await asyncio.gather(*(each.hang_up() for each in everybody))
    await engine.dispose()
    return {
        "streams": count,
        "opened_s": round(opened_s, 1),
        "kilobytes_a_stream": round(a_stream / 1_000, 1),
        "seconds_without_news": seconds,
        "statements": len(statements),
        "news_ms": round(1_000 * news_s),
        "heard_what_is_not_theirs": not_theirs,
        "ended_cleanly": ended,
        "ended_s": round(ended_s, 1),
        "back": sum(back),
        "back_s": round(back_s, 1),
        "came_back_again": again,
        "load": round(os.getloadavg()[0], 1),
    }


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


async def _waiting(merchant: Api, order_id: str) -> str:
    """A refund that waits for a reviewer, and to which nothing happens any more by itself."""
    await merchant.put(f"/v1/orders/{order_id}", an_order(f"customer-{order_id}", f"ch-{order_id}"))
    made = await merchant.post("/v1/refunds", {"order_id": order_id, "reason": "changed_mind"})
    await merchant.wait_until(made["refund_id"], lambda now: now["risk"] is not None, within_s=_WITHIN_S)
    return str(made["refund_id"])


async def _asked_in(stack: Stack, engine: AsyncEngine, seconds: float) -> list[str]:
    """Return each statement that the API sends meanwhile."""
    async with everything_logged(stack) as log:
        before = await _connections(engine)
        await asyncio.sleep(seconds)
        return await log.statements_of({*before, *await _connections(engine)})


async def _connections(engine: AsyncEngine) -> set[int]:
    async with engine.connect() as connection:
        query = text("select pid from pg_stat_activity where application_name = :name")
        found = set((await connection.scalars(query, {"name": _NAME})).all())
    assert found, f"PostgreSQL knows no connection of {_NAME}"
    return found


async def _news(reviewer: Api, one: Listener) -> float:
    """Approve the refund that one watches; return how long after the reviewer asked for it that one hears so."""
    began = time.perf_counter()
    await reviewer.post(f"/v1/refunds/{one.refund_id}/review", {"decision": "approve"})
    await one.until(_is_approved)
    return time.perf_counter() - began


async def _stop(everybody: Sequence[Listener]) -> float:
    """Tell the API to stop; return how long it takes until the last stream is over, in seconds."""
    began = time.perf_counter()
    _api().send_signal(signal.SIGTERM)
    async with asyncio.timeout(_WITHIN_S):
        await asyncio.gather(*(each.until_over() for each in everybody))
    return time.perf_counter() - began


async def _come_back(listener: Listener, api_url: str) -> bool:
    """Come back when one is told to, and where nobody is there yet after as long again: so browsers do."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_WITHIN_S):
            while True:
                await asyncio.sleep(listener.comes_back_after_ms / 1_000)
                with suppress(OSError, asyncio.IncompleteReadError, NotLetIn):
                    await listener.open(api_url)
                    return True
    return False


async def _until_heard_again(reviewer: Api, crowd: Sequence[Listener], api_url: str) -> int:
    """Whoever is back hears what happens now, and nothing of before twice; return how often they had to come again."""
    theirs = [each for each in crowd if each.refund_id == crowd[0].refund_id]
    await reviewer.post(f"/v1/refunds/{crowd[0].refund_id}/review", {"decision": "approve"})
    async with asyncio.timeout(_WITHIN_S):
        again = await asyncio.gather(*(_until_approved(each, api_url) for each in theirs))
    assert all(each.sequences == sorted(set(each.sequences)) for each in theirs), "something came twice"
    return sum(again)


async def _until_approved(listener: Listener, api_url: str) -> int:
    """Watch on; a stream ends where nobody can be asked for the moment, and its watcher comes back."""
    for times in itertools.count():
        try:
            await listener.until(_is_approved)
        except ConnectionError:
            await _come_back(listener, api_url)
        else:
            return times
    raise AssertionError


def _is_approved(listener: Listener) -> bool:
    return "approved" in listener.events


def _memory() -> int:
    return int(_api().memory_info().rss)


def _api() -> psutil.Process:
    """The API of our stack, without the processes that it has for large orders."""
    (api,) = (each for each in psutil.Process().children() if machine.program(each.pid) == "api")
    return api
