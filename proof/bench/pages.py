"""`make pages`: how fast and how large the first page is, and how fast the desk with very many waiting refunds.

Everything is seen in Chromium, on a phone's screen or a desk's. The first page is opened again and again by somebody
who has never been here; the desk by one reviewer. One refund waits because its customer asked for it; the others are
copies of its rows (as `make load` makes them), and no worker is there meanwhile. What a page of the desk costs the API
and PostgreSQL says the same on a busy machine. The last line is one JSON object; times in milliseconds.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from statistics import median

import psycopg
from playwright.async_api import Page

from domain import clock
from proof.bench import machine
from proof.bench.statements import an_order
from proof.by_pages.people import DESK, PHONE, Chromium, chromium, sign_in
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.load import originals
from tools.load.copying import Original, copy
from tools.load.crowd import Share, draw
from tools.load.originals import Case
from tools.load.rows import give_large_numbers, names_of, rows_of, wait_until_quiet
from tools.load.trail import chain, open_trail
from tools.stack.keys import MERCHANT_ID
from tools.stack.stack import Stack, StackDescription

_MOST_BYTES, _FIRST_WITHIN_MS, _DESK_WITHIN_MS = 100_000, 1_000, 300
_WARM = 3
_OURS = ("api", "postgres")
_NOT_SOLD = "nobody-asks-for-these"
_NO_TRIGGERS = "-c session_replication_role=replica"
_TOOK = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const all = [page, ...performance.getEntriesByType("resource")];
  return [page.responseEnd, page.domComplete, all.reduce((sum, each) => sum + each.transferSize, 0)];
}"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench pages")
    parser.add_argument("--waiting", type=int, default=10_000, help="how many refunds wait for a reviewer")
    parser.add_argument("--times", type=int, default=50, help="how often each page is opened")
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        case = asyncio.run(_one_that_waits(stack.description))
        with stack.held(*(name for name in stack.children if name.startswith("worker"))):
            _copy(stack.description.owner_database_url, case, wanted.waiting - 1)
            figures = asyncio.run(_measure(stack.description, wanted.times))
    print(json.dumps(figures))
    return 0


async def _one_that_waits(where: StackDescription) -> Case:
    with psycopg.connect(where.owner_database_url) as database:
        give_large_numbers(database)
    async with open_http(where.api_url) as http:
        staff = where.keys.staff(http)
        await originals.open_shop(staff)
        case = Case("waits", staff, clock.now().date())
        refund_id = await originals.in_review(case)
        await staff.merchant.wait_until(refund_id, lambda now: now["risk"] is not None, within_s=120.0)
    with psycopg.connect(where.owner_database_url) as database:
        wait_until_quiet(database)
    return case


def _copy(database_url: str, case: Case, count: int) -> None:
    """Copy all that belongs to the refund, so often, for the same merchant."""
    began = time.monotonic()
    shares = {
        case.name: Share(count, is_open=True, is_of_anybody=False),
        _NOT_SOLD: Share(1, is_open=False, is_of_anybody=True),
    }
    with psycopg.connect(database_url, options=_NO_TRIGGERS) as database, psycopg.connect(database_url) as writing:
        names = names_of(database, case.name)
        rows = rows_of(database, {case.name: names})[case.name]
        draw(database, shares, MERCHANT_ID, _NOT_SOLD)
        database.execute("update copies set merchant_id = %s", (MERCHANT_ID,))
        open_trail(database)
        copy(database, Original(case.name, MERCHANT_ID, rows, frozenset(names), None), count)
        chain(database, writing)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("vacuum (analyze)")
    print(f"{count} are copied after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


async def _measure(where: StackDescription, times: int) -> Json:
    origin = where.pages["customer"].removesuffix("/pages/")
    async with open_http(where.api_url) as http, chromium(origin) as browser:
        merchant = Api(http, where.keys.merchant)
        await merchant.put("/v1/orders/seen", an_order("customer-seen", "ch-seen"))
        first = [await _first_page(browser) for _ in range(_WARM + times)][_WARM:]
        handed_over = [await _handed_over(browser, merchant) for _ in range(_WARM + times)][_WARM:]
        waiting = (await Api(http, where.keys.reviewer).get("/v1/reviews"))["waiting"]
        async with browser.screen("en", DESK) as page:
            await sign_in(page, "desk", where.keys.reviewer)
            for _ in range(_WARM):
                await _opened(page, "/pages/desk")
            used = machine.used_s(os.getpid())
            desk = [await _opened(page, "/pages/desk") for _ in range(times)]
            spent = {name: machine.used_s(os.getpid())[name] - used[name] for name in _OURS}
        complaints = browser.complaints
    return {
        "waiting": waiting,
        "times": times,
        "first_page_bytes": max(size for _, _, size in first),
        "first_page_ms": _spread([there for _, there, _ in first]),
        "order_by_a_link_ms": _spread(handed_over),
        "desk_answer_ms": _spread([answered for answered, _, _ in desk]),
        "desk_ms": _spread([there for _, there, _ in desk]),
        "desk_cpu_ms": {name: round(1_000 * seconds / times, 1) for name, seconds in spent.items()},
        "budgets": {"bytes": _MOST_BYTES, "first_page_ms": _FIRST_WITHIN_MS, "desk_ms": _DESK_WITHIN_MS},
        "complaints": complaints,
        "load": round(os.getloadavg()[0], 1),
    }


async def _first_page(browser: Chromium) -> tuple[float, float, int]:
    """Open the door as somebody who has nothing of us in their cache."""
    async with browser.screen("zh-CN", PHONE) as page:
        return await _opened(page, f"/pages/?merchant={MERCHANT_ID}")


async def _handed_over(browser: Chromium, merchant: Api) -> float:
    """Follow a link of the shop, with nothing in the cache, until the order is there."""
    link = (await merchant.post("/v1/orders/seen/page/links", {}))["url"]
    async with browser.screen("zh-CN", PHONE) as page:
        began = time.perf_counter()
        await page.goto(link)
        await page.wait_for_url("**/pages/orders/seen?*")
        return 1_000 * (time.perf_counter() - began)


async def _opened(page: Page, path: str) -> tuple[float, float, int]:
    """Return when it was answered, when all of it was there, and how many bytes came."""
    await page.goto(path)
    answered, there, size = await page.evaluate(_TOOK)
    return float(answered), float(there), int(size)


def _spread(times: Sequence[float]) -> Json:
    ordered = sorted(times)
    return {
        "p50": round(median(ordered)),
        "p95": round(ordered[len(ordered) * 95 // 100]),
        "most": round(ordered[-1]),
    }
