"""`make hostile`: one merchant tries to stop the service for all; how long do another's `GET` and `/healthz` take?

Each attack lasts some seconds, on a stack of its own and against this machine alone: orders of as many lines and
discounts as are taken, quotes of them, a crowd on one order, large bodies without a key, heads of requests that never
end. The last line is one JSON object, in milliseconds.
"""

import argparse
import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.statements import an_order
from db import api_keys
from db.engine import open_engine
from settings import StackSettings
from showcase.client import Json, open_http
from showcase.retail_home import fresh_home
from stack.stack import Stack, StackDescription

_LINES, _DISCOUNTS = 2_000, 100
_EVERY_S = 0.05

Attack = Callable[["Merchant", int], Awaitable[int]]


class Merchant:
    """Sends requests once and takes whatever comes."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self.http = http
        self._headers = {"Authorization": f"Bearer {key}"}

    async def send(self, method: str, path: str, body: Json | None = None) -> int:
        with suppress(httpx.HTTPError):
            return (await self.http.request(method, path, json=body, headers=self._headers)).status_code
        return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench hostile")
    parser.add_argument("--seconds", type=int, default=10, help="how long each attack lasts, at most 60")
    parser.add_argument("--at-once", type=int, default=100, help="how many requests at once, at most 300")
    wanted = parser.parse_args(arguments)
    seconds, at_once = min(wanted.seconds, 60), min(wanted.at_once, 300)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, seconds, at_once))
    print(json.dumps(figures))
    return 0


async def _measure(stack: StackDescription, seconds: int, at_once: int) -> Json:
    engine = open_engine(stack.database_url, pool_size=2)
    answer_within_s = 60.0
    async with (
        open_http(stack.api_url, at_once=4, answer_within_s=answer_within_s) as quiet,
        open_http(stack.api_url, at_once=at_once, answer_within_s=answer_within_s) as loud,
    ):
        victim, attacker = Merchant(quiet, await _key(engine)), Merchant(loud, await _key(engine))
        await victim.send("PUT", "/v1/orders/o1", an_order("c1", "ch-1"))
        await attacker.send("PUT", "/v1/orders/o1", an_order("c1", "ch-1"))
        booked = await attacker.send("PUT", "/v1/orders/large", a_large_order())
        figures: Json = {"large_order": booked, "quiet": await _watched(victim, asyncio.sleep(seconds, {}))}
        for name, attack in ATTACKS.items():
            figures[name] = await _watched(victim, _for_a_while(attacker, attack, seconds, at_once))
        endless = asyncio.create_task(_endless_heads(stack.api_url, seconds, at_once))
        figures["endless_heads"] = await _watched(victim, endless)
    await engine.dispose()
    return figures


async def _watched(victim: Merchant, attack: Awaitable[Any]) -> Json:
    """Ask again and again while something goes on; return the times, and what the attacker was answered."""
    going_on = asyncio.ensure_future(attack)
    times: dict[str, list[float]] = {"/v1/orders/o1": [], "/healthz": []}
    refused = 0
    while not going_on.done():
        for path, took in times.items():
            began = time.perf_counter()
            refused += await victim.send("GET", path) != httpx.codes.OK
            took.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(_EVERY_S)
    get, health = (sorted(took) for took in times.values())
    return {
        "get_p50_ms": round(get[len(get) // 2]),
        "get_p99_ms": round(get[len(get) * 99 // 100]),
        "get_max_ms": round(get[-1]),
        "healthz_max_ms": round(health[-1]),
        "asked": len(get),
        "refused": refused,
        "attacker": going_on.result(),
    }


async def _for_a_while(attacker: Merchant, attack: Attack, seconds: int, at_once: int) -> dict[str, int]:
    """Send without a pause, so many at once, and count the answers by status; 0 is none."""
    answered: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def send(number: int) -> None:
        while time.monotonic() < until:
            answered[str(await attack(attacker, number))] += 1

    await asyncio.gather(*(send(number) for number in range(at_once)))
    return dict(answered)


async def _endless_heads(api_url: str, seconds: int, at_once: int) -> dict[str, int]:
    address = urlsplit(api_url)
    opened = [await asyncio.open_connection(address.hostname, address.port) for _ in range(at_once)]
    for _, writer in opened:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: makewhole\r\n")
    await asyncio.sleep(max(seconds, 12))
    cut_off = sum(reader.at_eof() for reader, _ in opened)
    for _, writer in opened:
        writer.close()
    return {"opened": at_once, "cut_off": cut_off}


async def _key(engine: AsyncEngine) -> str:
    key = f"mk_merchant_{secrets.token_hex(8)}"
    async with engine.begin() as connection:
        await api_keys.remember(connection, key=key, merchant_id=f"m-{secrets.token_hex(6)}", role="merchant")
    return key


def a_large_order() -> Json:
    """As many shares as an order may have."""
    body = an_order("c-large", "ch-large")
    body["lines"] = [
        {"line_id": f"line-{number}", "sku": "A", "quantity": 2, "unit_price": 10_000} for number in range(_LINES)
    ]
    body["discounts"] = [{"source": "other", "amount": 7 * _LINES} for _ in range(_DISCOUNTS)]
    body["payments"][0]["amount"] = _LINES * 20_000 - _DISCOUNTS * 7 * _LINES
    return body


async def _push(attacker: Merchant, number: int) -> int:
    return await attacker.send("PUT", f"/v1/orders/large-{number}-{secrets.token_hex(4)}", a_large_order())


async def _quote(attacker: Merchant, _: int) -> int:
    return await attacker.send("POST", "/v1/refunds/quote", {"order_id": "large", "reason": "quality_issue"})


async def _read(attacker: Merchant, _: int) -> int:
    return await attacker.send("GET", "/v1/orders/large")


async def _crowd(attacker: Merchant, _: int) -> int:
    return await attacker.send("POST", "/v1/refunds", {"order_id": "o1", "reason": "changed_mind"})


async def _without_a_key(attacker: Merchant, _: int) -> int:
    return await Merchant(attacker.http, "nobody's").send("PUT", "/v1/orders/o1", a_large_order())


ATTACKS: dict[str, Attack] = {
    "large_orders": _push,
    "large_quotes": _quote,
    "large_reads": _read,
    "crowd_on_one_order": _crowd,
    "without_a_key": _without_a_key,
}
