"""The shop's year day by day, by a merchant's test clock (0107): everything is asked for when its day has come.

The file's first day is tomorrow. Each day the clock stands at nine in the evening: parcels that come then are received
and inspected, the day's orders are pushed, and what is returned that day is asked for. Nobody says when it was asked
for: the clock does. Each pass has a merchant of its own, whose clock knows nothing of the other's.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import TypeVar

from rich.progress import Progress

from tools.client import Json
from tools.clocks import advance
from tools.retail.answers import COMPLETED, Asked
from tools.retail.crowd import Bar, serve
from tools.retail.data import Line, Retail, Return
from tools.retail.dealings import NO_REFUND, WITHIN_S, answer_of, seen_until, sell
from tools.retail.money import check_money
from tools.retail.outcome import PassOutcome, ReplayOutcome, Timing
from tools.retail.replay import side_by_side
from tools.retail.requests import refund_of
from tools.retail.shop import RetailShop

MADE_UP = (
    "every return's reason (quality_issue), and that its parcel comes one to six days later",
    "one card payment per invoice at the sandbox gateway, shipping 0, tax 0",
    "status delivered with no delivery date: the return window counts from the sale",
    "UTC as the time zone of all dates, and tomorrow as the file's first day",
)

_STANDS_AT = time_of_day(21, tzinfo=UTC)
_LONGEST_ON_ITS_WAY = 6
"""In days: one that takes more than seven comes after its deadline (`return_deadline`)."""

_A_DAY = timedelta(days=1)

Piece = TypeVar("Piece")


async def replay_by_clock(api_url: str, database_url: str, retail: Retail, progress: Progress) -> ReplayOutcome:
    """Replay all but the odd lines with the default return window and with a year side by side."""
    return await side_by_side(api_url, database_url, lambda shop: _Pass(shop, retail, progress).run(database_url))


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    """A parcel of a return, as it was when it was sent off."""

    wanted: Return
    refund_id: str
    was_reviewed: bool


class _Pass:
    """One pass over the file, as one merchant with a clock."""

    def __init__(self, shop: RetailShop, retail: Retail, progress: Progress) -> None:
        self._shop = shop
        self._retail = retail
        self._bar = Bar(progress, f"{shop.return_window} orders and returns", len(retail.orders) + len(retail.returns))
        self._not_taken: list[str] = []
        self._asked: list[Asked] = []
        self._untimely: list[str] = []
        self._on_their_way: dict[date, list[_OnItsWay]] = defaultdict(list)

    async def run(self, database_url: str) -> PassOutcome:
        began = time.monotonic()
        retail = shifted(self._retail, (await self._now()).date() + _A_DAY)
        sold = _by_day(retail.orders.values(), lambda lines: lines[0].at)
        returned = _by_day(retail.returns, lambda wanted: wanted.cancelled.at)
        while days := {*sold, *returned, *self._on_their_way}:
            await self._until(today := min(days))
            await serve(self._on_their_way.pop(today, []), _of_parcel, self._receive(today))
            await serve(sold.pop(today, []), _of_order, self._sell, self._bar)
            await serve(returned.pop(today, []), _of_return, self._take_back(today), self._bar)
        return await self._outcome(database_url, time.monotonic() - began)

    async def _outcome(self, database_url: str, lasted_s: float) -> PassOutcome:
        shop = self._shop
        return PassOutcome(
            window=shop.return_window,
            orders=len(self._retail.orders),
            not_taken=tuple(self._not_taken),
            asked=tuple(self._asked),
            odd={},
            money=await check_money(database_url, shop.merchant_id, shop.return_window, self._asked),
            timing=Timing(orders_s=lasted_s, returns_s=lasted_s),
            untimely=tuple(self._untimely),
        )

    async def _now(self) -> datetime:
        return datetime.fromisoformat((await self._shop.owner.get("/v1/test-clock"))["now"])

    async def _until(self, day: date) -> None:
        """Let time pass until the evening of a day."""
        left = datetime.combine(day, _STANDS_AT) - await self._now()
        if left >= timedelta(seconds=1):
            await advance(self._shop.owner, f"PT{int(left.total_seconds())}S")

    async def _sell(self, lines: tuple[Line, ...]) -> None:
        if not_taken := await sell(self._shop, lines):
            self._not_taken.append(not_taken)

    def _take_back(self, today: date) -> Callable[[Return], Awaitable[None]]:
        async def ask(wanted: Return) -> None:
            body = {name: said for name, said in refund_of(wanted).items() if name != "requested_at"}
            try:
                accepted = await self._shop.merchant.post("/v1/refunds", {**body, "kind": "return"})
                refund, was_reviewed = await seen_until(self._shop, accepted["refund_id"], "awaiting_return")
            except NO_REFUND as no:
                self._asked.append(Asked(wanted, answer_of(no)))
            else:
                due = today + _A_DAY * (1 + int(wanted.cancelled.row) % _LONGEST_ON_ITS_WAY)
                self._on_their_way[due].append(_OnItsWay(wanted, refund["refund_id"], was_reviewed))

        return ask

    def _receive(self, today: date) -> Callable[[_OnItsWay], Awaitable[None]]:
        async def receive(parcel: _OnItsWay) -> None:
            at = f"/v1/refunds/{parcel.refund_id}"
            try:
                await self._shop.warehouse.post(f"{at}/receipt", {})
                await self._shop.warehouse.post(f"{at}/inspection", {})
                refund = await self._shop.merchant.wait_for(parcel.refund_id, {COMPLETED}, within_s=WITHIN_S)
            except NO_REFUND as no:
                self._asked.append(Asked(parcel.wanted, answer_of(no)))
            else:
                self._asked.append(Asked(parcel.wanted, refund["status"], refund, parcel.was_reviewed))
                self._untimely += _on_other_days(refund, parcel.wanted.cancelled.at.date(), today)

        return receive


def _on_other_days(refund: Json, asked: date, received: date) -> list[str]:
    """List what happened on another day than by waiting: all before the parcel on the first, the rest on the last."""
    days = [(each["event"], datetime.fromisoformat(each["at"]).date()) for each in refund["timeline"]]
    came = next((number for number, (event, _) in enumerate(days) if event == "parcel_received"), len(days))
    right = [asked] * came + [received] * (len(days) - came)
    return [
        f"{refund['refund_id']}: {event} on {day}, not on {due}"
        for (event, day), due in zip(days, right, strict=True)
        if day != due
    ]


def shifted(retail: Retail, to: date) -> Retail:
    """Return the file as if its first day were another; times of the day stay."""
    first = min(line.at for sold in retail.orders.values() for line in sold).date()
    later = to - first

    def moved(line: Line) -> Line:
        return replace(line, at=line.at + later)

    return Retail(
        orders={invoice: tuple(map(moved, sold)) for invoice, sold in retail.orders.items()},
        returns=tuple(
            Return(moved(each.cancelled), each.link, moved(each.sale) if each.sale else None) for each in retail.returns
        ),
        odd=(),
    )


def _by_day(pieces: Iterable[Piece], at: Callable[[Piece], datetime]) -> dict[date, list[Piece]]:
    days: dict[date, list[Piece]] = defaultdict(list)
    for piece in pieces:
        days[at(piece).date()].append(piece)
    return days


def _of_order(lines: tuple[Line, ...]) -> str:
    return lines[0].customer_id


def _of_return(wanted: Return) -> str:
    return wanted.cancelled.customer_id


def _of_parcel(parcel: _OnItsWay) -> str:
    return parcel.wanted.cancelled.customer_id
