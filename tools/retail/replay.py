"""The replay: every invoice becomes an order, every cancellation line a refund request, every odd line an attempt."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
from rich.progress import Progress

from tools.client import open_http
from tools.fresh_home import ANSWER_WITHIN_S
from tools.retail.answers import Asked
from tools.retail.crowd import AT_ONCE, Bar, serve
from tools.retail.data import Line, Retail, Return
from tools.retail.dealings import ask_for, attempt, sell
from tools.retail.money import check_money
from tools.retail.outcome import PassOutcome, ReplayOutcome, Timing
from tools.retail.requests import OddKind
from tools.retail.shop import RetailShop, open_shop

DEFAULT_WINDOW, YEAR = "P30D", "P365D"


async def replay(api_url: str, database_url: str, retail: Retail, progress: Progress) -> ReplayOutcome:
    """Replay everything with the default return window and with a year side by side, each as a new merchant.

    The API is to leave each request ANSWER_WITHIN_S (`retail_home.patient`).
    """
    return await side_by_side(api_url, database_url, lambda shop: _Pass(shop, retail, progress).run(database_url))


async def side_by_side(
    api_url: str, database_url: str, play: Callable[[RetailShop], Awaitable[PassOutcome]]
) -> ReplayOutcome:
    """Play a pass under each return window, as a new merchant; count the answers that are server errors."""
    async with open_http(api_url, at_once=2 * AT_ONCE, answer_within_s=2 * ANSWER_WITHIN_S) as http:
        errors = _count_server_errors(http)
        shops = [await open_shop(http, database_url, window) for window in (DEFAULT_WINDOW, YEAR)]
        default, year = await asyncio.gather(*map(play, shops))
    return ReplayOutcome(default, year, errors)


class _Pass:
    """One pass over the file, as one merchant."""

    def __init__(self, shop: RetailShop, retail: Retail, progress: Progress) -> None:
        self._shop = shop
        self._retail = retail
        self._progress = progress
        self._not_taken: list[str] = []
        self._asked: list[Asked] = []
        self._odd: Counter[tuple[OddKind, str]] = Counter()

    async def run(self, database_url: str) -> PassOutcome:
        timing = Timing(orders_s=await _timed(self._sell()), returns_s=await _timed(self._take_back()))
        await self._try_odd_lines()
        return PassOutcome(
            window=self._shop.return_window,
            orders=len(self._retail.orders),
            not_taken=tuple(self._not_taken),
            asked=tuple(self._asked),
            odd=self._odd,
            money=await check_money(database_url, self._shop.merchant_id, self._shop.return_window, self._asked),
            timing=timing,
        )

    async def _sell(self) -> None:
        async def push(lines: tuple[Line, ...]) -> None:
            if not_taken := await sell(self._shop, lines):
                self._not_taken.append(not_taken)

        orders = self._retail.orders.values()
        await serve(orders, lambda lines: lines[0].customer_id, push, self._bar("orders", len(orders)))

    async def _take_back(self) -> None:
        """A return is over before the same customer's next one: what is left, and the risk, depend on it."""

        async def ask(wanted: Return) -> None:
            self._asked.append(await ask_for(self._shop, wanted))

        returns = self._retail.returns
        await serve(returns, lambda wanted: wanted.cancelled.customer_id, ask, self._bar("returns", len(returns)))

    async def _try_odd_lines(self) -> None:
        async def try_one(line: Line) -> None:
            self._odd[await attempt(self._shop, line)] += 1

        odd = self._retail.odd
        await serve(odd, lambda line: line.invoice, try_one, self._bar("odd lines", len(odd)))

    def _bar(self, what: str, total: int) -> Bar:
        return Bar(self._progress, f"{self._shop.return_window} {what}", total)


async def _timed(work: Awaitable[None]) -> float:
    """Return how many seconds it took."""
    began = time.monotonic()
    await work
    return time.monotonic() - began


def _count_server_errors(http: httpx.AsyncClient) -> Counter[int]:
    """Count every 5xx by status, also those after which the client asks again."""
    errors: Counter[int] = Counter()

    async def count(response: httpx.Response) -> None:
        if response.is_server_error:
            errors[response.status_code] += 1

    http.event_hooks = {"response": [count]}
    return errors
