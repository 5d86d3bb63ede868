"""The same refunds through the whole stack: quoted, asked for, paid out, and held against what the rules alone say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.progress import Progress

from domain.claims.positions import LineRequest
from domain.sale.measures import Measure, as_said
from proof.arithmetic import work_out
from proof.baskets.by_rules import A_DAY, REASON
from proof.baskets.data import Basket
from proof.baskets.orders import charge_of, order_of
from proof.baskets.ways import Parts, Way
from tools.client import Api, Json, open_http
from tools.fresh_home import ANSWER_WITHIN_S
from tools.retail.crowd import AT_ONCE, Bar, serve
from tools.retail.dealings import seen_until
from tools.retail.money import booked_back
from tools.retail.shop import RetailShop, open_shop

_COMPLETED = "completed"
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Case:
    """A basket that comes back one way; `totals` is what the rules alone say that each of its refunds comes to."""

    basket: Basket
    way: Way
    parts: Parts
    totals: tuple[int, ...]


@dataclass(slots=True)
class HttpOutcome:
    """`apart` sums up, in cents, every figure that is not what it should be; no two errors cancel out."""

    baskets: int = 0
    refunds: int = 0
    reviewed: int = 0
    cents: int = 0
    apart: int = 0


async def refund_over_http(api_url: str, database_url: str, cases: Sequence[Case], progress: Progress) -> HttpOutcome:
    """Push each basket and take it back, its refunds one after the other, baskets side by side."""
    outcome = HttpOutcome()
    async with open_http(api_url, at_once=2 * AT_ONCE, answer_within_s=2 * ANSWER_WITHIN_S) as http:
        shop = await open_shop(http, database_url, "P30D")

        async def take_back(case: Case) -> None:
            await _Customer(shop, case, outcome).take_back()

        bar = Bar(progress, "baskets over HTTP", len(cases))
        await serve(cases, lambda case: case.basket.customer, take_back, bar)
    booked = await booked_back(database_url, shop.merchant_id)
    paid = {charge_of(case.basket.name): sum(case.totals) for case in cases if sum(case.totals)}
    outcome.apart += sum(abs(booked.get(name, 0) - paid.get(name, 0)) for name in booked.keys() | paid.keys())
    return outcome


class _Customer:
    """Who bought one basket and wants it refunded."""

    def __init__(self, shop: RetailShop, case: Case, outcome: HttpOutcome) -> None:
        self._shop = shop
        self._case = case
        self._outcome = outcome

    async def take_back(self) -> None:
        basket, parts = self._case.basket, self._case.parts
        await self._shop.merchant.put(f"/v1/orders/{basket.name}", order_of(basket, basket.customer))
        for place, part in enumerate(parts):
            wanted = [{"line_id": each.line_id, "quantity": _as_said(each, basket)} for each in part]
            body: Json = {"order_id": basket.name, "reason": str(REASON), "kind": "refund_only", "lines": wanted}
            body["requested_at"] = (basket.at + A_DAY + place * _SECOND).isoformat()
            await self._refund(body, self._case.totals[place])
        self._outcome.baskets += 1

    async def _refund(self, body: Json, due: int) -> None:
        """Hold quote, refund, explanations and payouts of one refund against each other and against the rules."""
        merchant, outcome = self._shop.merchant, self._outcome
        quote = await merchant.post("/v1/refunds/quote", body)
        asked = await merchant.post("/v1/refunds", body)
        refund = await self._see_through(asked["refund_id"])
        outcome.refunds += 1
        outcome.cents += refund["total"]
        for answer in (quote, refund):
            outcome.apart += abs(answer["total"] - due) + _wrongly_explained(answer)
        whole = await _all_lines(merchant, refund)
        outcome.apart += abs(sum(line["amount"] for line in whole) - due)
        paid = [each["amount"] for each in refund["payouts"] if each["status"] == "succeeded"]
        outcome.apart += abs(sum(paid) - due)

    async def _see_through(self, refund_id: str) -> Json:
        """Wait for the end; who returns much is looked at by a reviewer, who approves."""
        refund, was_reviewed = await seen_until(self._shop, refund_id, _COMPLETED)
        self._outcome.reviewed += was_reviewed
        return refund


def _as_said(wanted: LineRequest, basket: Basket) -> int | str:
    """Write a quantity as the order has it: what was measured as text."""
    (unit,) = [sold.unit for sold in basket.sold if sold.product == wanted.line_id]
    return as_said(wanted.quantity or 0, Measure(unit) if unit else None)


async def _all_lines(merchant: Api, refund: Json) -> list[Json]:
    """Read the pages of a refund with very many lines."""
    lines, shown = list(refund["lines"]), refund
    while shown["next_lines"]:
        shown = await merchant.get(f"/v1/refunds/{refund['refund_id']}", lines_cursor=shown["next_lines"])
        lines += shown["lines"]
    return lines


def _wrongly_explained(answer: Json) -> int:
    """How far the formulas of an answer are from their figures, and the explained total from the total, in cents."""
    apart = 0
    for each in answer["explanations"]:
        if each["formula"]:
            apart += abs(work_out(each["formula"], _values(each)) - each["result"])
        if each["figure"] == "total":
            apart += abs(each["result"] - answer["total"])
    return apart


def _values(explanation: Json) -> Mapping[str, int]:
    return {each["name"]: each["value"] for each in explanation["inputs"]}
