"""Each kind of order and each way back that other shops report: quote = refund = explanation, and the what-if agrees.

An order of each kind comes back in parts. Each part is quoted first; what is refunded is what was quoted, figure by
figure and sentence by sentence, and every formula comes to its figure (rules 47 to 58).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from tests.rulebook.test_quotes import worked_out
from tests.rulebook.test_what_if import what_if
from tests.shop import ANYTHING, Shop, a_line, a_payment, days_ago, open_shop
from tools.client import Json

FIGURES = (
    *("lines", "shipping", "shipping_tax", "fees", "deductions", "deductions_returned", "total", "effects"),
    *("interest", "overpaid", "paid_after_all", "lessened", "store_credit_bonus", "explanations"),
)
TWO = [a_line("l1", quantity=2, unit_price=50_00), a_line("l2", unit_price=30_00)]
ONE, ANOTHER = [{"line_id": "l1", "quantity": 1}], [{"line_id": "l2", "quantity": 1}]
DOLLARS = {**a_payment("p1", 18_20, "ch"), "currency": "USD", "rate": "7.1429", "order_amount": 130_00}
PARCELS = [
    {"shipment_id": "s1", "lines": ONE, "shipped_at": days_ago(6), "delivered_at": days_ago(4), "amount": 6_00},
    {"shipment_id": "s2", "lines": [*ONE, *ANOTHER], "shipped_at": days_ago(5), "lost_at": days_ago(1), "amount": 4_00},
]
LATER = "2099-01-01T00:00:00Z"


@dataclass(frozen=True)
class Kind:
    """What is sold, what was asked for of it part by part, and what happens before."""

    sold: Json
    asked: tuple[Json, ...] = ({"lines": ONE}, {})
    before: Callable[[Shop, Json], Awaitable[Any]] | None = None


async def some_went_back_elsewhere(shop: Shop, order: Json) -> None:
    body = {"external_id": "till-1", "lines": ANOTHER, "amount": 30_00, "at": days_ago(1)}
    told = await shop.merchant.post(f"/v1/orders/{order['order_id']}/external-refunds", body)
    await shop.until(told, "completed")


async def a_part_is_lost(shop: Shop, order: Json) -> None:
    lost = {"dispute_id": f"dp-{order['order_id']}", "payment_id": "p1", "status": "lost", "amount": 13_00}
    told = await shop.merchant.post(f"/v1/orders/{order['order_id']}/disputes", {**lost, "at": days_ago(1)})
    await shop.until(told, "completed")


async def a_line_is_added(shop: Shop, order: Json) -> None:
    await shop.approved_refund(order["order_id"], lines=ANOTHER)
    lines = [*TWO, a_line("l3", unit_price=7_00)]
    charge = f"ch-{order['order_id']}"
    payments = [a_payment("p1", 130_00, charge), a_payment("p2", 7_00, f"{charge}-2")]
    later = {"lines": lines, "payments": payments, "updated_at": days_ago(1), "customer_id": order["customer_id"]}
    await shop.order(order["order_id"], **later)


async def own_reasons(shop: Shop, _: Json) -> None:
    known = {"reason": "too_small", "stands_for": "changed_mind", "name": {"en": "Too small", "zh-CN": "尺码偏小"}}
    await shop.ops.put("/v1/reasons", {"reasons": [known]})


async def everybodys_code(shop: Shop, _: Json) -> None:
    code = {"name": "A tenth", "rate_bp": 1_000, "max_amount": 10_00, "currency": "CNY", "max_uses": 1_000}
    await shop.merchant.put("/v1/coupons/TENTH", code)


def payments(**fields: Any) -> list[Json]:
    return [{**a_payment("p1", 130_00, "ch"), **fields}]


KINDS = {
    "three for 1.00": Kind({"lines": [{"line_id": "l1", "quantity": 3, "total": 1_00}]}),
    "weighed": Kind(
        {"lines": [{"line_id": "l1", "quantity": "0.417", "unit": "kg", "total": 7_96}]},
        ({"lines": [{"line_id": "l1", "quantity": "0.2"}]}, {}),
    ),
    "fees, tips, deposits and wraps": Kind(
        {"lines": [*TWO, *(a_line(each, kind=each) for each in ("fee", "tip", "deposit", "gift_wrap", "rounding"))]}
    ),
    "a bundle kept together": Kind(
        {
            "lines": [a_line("l1", unit_price=50_00, bundle_id="b"), a_line("l2", unit_price=30_00, bundle_id="b")],
            "bundles": [{"bundle_id": "b", "parts": "together"}],
        },
        ({"lines": [*ONE, *ANOTHER], "reason": "changed_mind"},),
    ),
    "never to be returned": Kind(
        {"lines": [*TWO, a_line("l3", returnable={"allowed": False, "because": "hygiene"})]},
        ({"lines": ONE, "reason": "changed_mind"}, {"reason": "changed_mind"}, {"reason": "quality_issue"}),
    ),
    "rounded down by the till": Kind(
        {"lines": [*TWO, {"line_id": "till", "quantity": 1, "kind": "rounding", "total": -3}]},
    ),
    "several parcels, one of them lost": Kind(
        {"lines": TWO, "shipments": PARCELS, "shipping": {"amount": 10_00}, "status": "shipped", "delivered_at": None},
        ({"lines": ANOTHER, "reason": "delivery_error"}, {"lines": ONE}, {}),
    ),
    "shipping in parts": Kind(
        {"lines": TWO, "shipping": {"amount": 9_00, "tax": 99}},
        ({"lines": [], "shipping_amount": 3_10}, {"lines": ONE, "shipping_amount": 1_00}, {"include_shipping": True}),
    ),
    "cash on delivery": Kind({"lines": TWO, "payments": [], "owed": 130_00, "paid_at": None}),
    "paid in part": Kind({"lines": TWO, "payments": [a_payment("p1", 50_00, "ch")], "owed": 80_00}),
    "some cents too much": Kind({"lines": TWO, "payments": payments(amount=130_07), "owed": -7}),
    "interest of an instalment": Kind({"lines": TWO, "payments": payments(amount=136_50, interest=6_50)}),
    "authorised, not captured": Kind({"lines": TWO, "payments": payments(status="authorized")}),
    "another currency": Kind({"lines": TWO, "payments": [DOLLARS]}),
    "some went back elsewhere": Kind({"lines": TWO}, before=some_went_back_elsewhere),
    "a dispute lost in part": Kind({"lines": TWO, "points_earned": 130}, before=a_part_is_lost),
    "another version": Kind({"lines": TWO, "updated_at": days_ago(9)}, before=a_line_is_added),
    "a guest": Kind({"lines": TWO, "customer_id": None, "guest": {"email": "a@example.com"}}),
    "a gift that its receiver returns": Kind(
        {"lines": TWO}, ({"lines": ONE, "beneficiary": "receiver"}, {"beneficiary": "receiver"})
    ),
    "credit by choice": Kind({"lines": TWO}, ({"lines": ONE, "refund_to": "store_credit"}, {})),
    "a reason of the merchant's own": Kind(
        {"lines": TWO},
        (
            {"lines": [{**ONE[0], "reason": "too_small"}, {**ANOTHER[0], "reason": "quality_issue"}]},
            {"reason": "too_small"},
        ),
        own_reasons,
    ),
    "a shop-wide code with a cap": Kind(
        {"lines": TWO, "discounts": [{"source": "coupon", "id": "TENTH", "amount": 10_00, "rate_bp": 1_000}]},
        before=everybodys_code,
    ),
    "lots of points, one of them fixed": Kind(
        {
            "lines": TWO,
            "points_earned": [
                {"points": 50, "line_ids": ["l1"], "expires_at": LATER, "fixed": False},
                {"points": 9, "line_ids": [], "expires_at": None, "fixed": True},
            ],
        }
    ),
    "a reward of somebody else": Kind(
        {"lines": TWO, "rewards": [{"kind": "store_credit", "amount": 5_00, "customer_id": "friend"}]}
    ),
    "money alone": Kind({"lines": TWO}, ({"lines": [{"line_id": "l1", "amount": 12_34}]}, {"lines": ONE}, {})),
    "a fee of another currency, whole days": Kind({"lines": TWO}, ({"lines": ONE, "kind": "return"}, {})),
}
POLICY: Json = {
    "auto_approve": {**ANYTHING, "reasons": ["quality_issue", "delivery_error", "merchant_breach", "changed_mind"]},
    "store_credit_bonus_bp": 1_000,
    "point_value": "0.5",
    "return_shipping_fee": {"USD": 5_00},
    "restocking_fee_bp": 500,
    "country": "CN",
    "time_zone": "Asia/Shanghai",
}
DRAFT = POLICY | {
    "promotion_refund": "reprice",
    "tender_order": "reverse_order",
    "line_kind_refund": {"fee": "always", "tip": "always"},
    "earned_points": "keep",
    "store_credit_bonus_bp": 500,
}


def as_sold(shop: Shop, kind: str, order_id: str) -> Json:
    """An order of a kind under an id, to a customer, and by a charge of its own."""
    sold = dict(KINDS[kind].sold)
    if "customer_id" not in sold:
        sold["customer_id"] = f"of-{order_id}"
    elif sold["customer_id"] is None:
        sold["guest"] = {"email": f"{order_id}@example.com"}
    if "payments" in sold:
        sold["payments"] = [{**each, "gateway_ref": f"ch-{order_id}"} for each in sold["payments"]]
    return {name: value for name, value in shop.order_body(order_id, **sold).items() if value is not None}


async def sell(shop: Shop, kind: str, order_id: str) -> Json:
    """Sell an order of a kind; what is to happen before happens."""
    body = as_sold(shop, kind, order_id)
    before = KINDS[kind].before
    if before is everybodys_code or before is own_reasons:
        await before(shop, {})
    order: Json = await shop.merchant.put(f"/v1/orders/{order_id}", body)
    if before is not None and before is not everybodys_code and before is not own_reasons:
        await before(shop, order)
    return order


async def in_parts(shop: Shop, kind: str, order_id: str) -> tuple[list[Json], list[Json]]:
    """Quote and refund part by part."""
    quotes: list[Json] = []
    done: list[Json] = []
    for asked in KINDS[kind].asked:
        asked = {"confirm_duplicate": True, **asked}
        quotes.append(await shop.quote(order_id, **asked))
        if asked.get("kind") == "return":
            done.append(await shop.returned(order_id, **{each: asked[each] for each in asked if each != "kind"}))
        else:
            done.append(await shop.approved_refund(order_id, **asked))
    return quotes, done


Parts = tuple[list[Json], list[Json]]
NAMES = {kind: f"k{place}" for place, kind in enumerate(KINDS)}
"""Under which each kind is sold to a customer of its own."""


@pytest.fixture(scope="module")
async def market(http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Shop:
    shop = await open_shop(http, engine, temporal)
    await shop.policy(**POLICY)
    return shop


@pytest.fixture(scope="module")
async def returned(market: Shop) -> dict[str, Parts | BaseException]:
    """An order of each kind comes back: what each part was quoted and refunded at, or why that failed."""
    came: dict[str, Parts | BaseException] = {}
    for kind, name in NAMES.items():
        try:
            await sell(market, kind, name)
            came[kind] = await in_parts(market, kind, name)
        except Exception as trouble:
            came[kind] = trouble
    return came


def of(kind: str, returned: dict[str, Parts | BaseException]) -> Parts:
    parts = returned[kind]
    if isinstance(parts, BaseException):
        raise parts
    return parts


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_quoted_is_refunded_and_explained(
    market: Shop, returned: dict[str, Parts | BaseException], kind: str
) -> None:
    quotes, done = of(kind, returned)

    for quote, refund in zip(quotes, done, strict=True):
        assert {name: refund[name] for name in FIGURES} == {name: quote[name] for name in FIGURES}
        assert refund["differs_from_quote"] is None
        for each in refund["explanations"]:
            assert (worked_out(each) if each["formula"] else 0) == each["result"], each
        (total,) = (each for each in refund["explanations"] if each["figure"] == "total")
        assert total["result"] == refund["total"]
        said = sum(each["result"] for each in refund["explanations"] if each["figure"] == "payout")
        assert said == refund["total"]
    assert (await market.ops.get("/v1/operations/reconciliation"))["payouts"] == []


async def test_the_what_if_speaks_of_every_kind_as_quotes_under_that_policy_do(
    market: Shop, returned: dict[str, Parts | BaseException]
) -> None:
    """Orders of every kind came back; under another policy each first part would have come to what it is quoted at."""
    done = {kind: of(kind, returned)[1] for kind in KINDS}

    nothing, as_it_is = await what_if(market, POLICY)
    differing, summary = await what_if(market, DRAFT)

    assert nothing == [] and as_it_is["different"] == 0
    assert summary["refunds"] == as_it_is["refunds"] >= sum(map(len, done.values()))
    would_be = {each["refund_id"]: each["total_after"] for each in differing}
    await market.policy(**DRAFT)
    for kind, name in NAMES.items():
        await sell(market, kind, f"{name}-again")
        quote = await market.quote(f"{name}-again", **KINDS[kind].asked[0])
        first = done[kind][0]
        assert would_be.get(first["refund_id"], first["total"]) == quote["total"], kind
    assert len(would_be) >= 5
