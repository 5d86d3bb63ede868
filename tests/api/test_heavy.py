"""What is about large orders is answered by other processes, and is answered all the same."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from db import sealing, weights
from db.api_keys import Role
from db.purchases import of_customer as purchases
from db.schema import coupons, refund_events
from db.schema.sealed import sealed_row
from tests.shop import IN_TIME_S, Shop, a_line, a_payment, open_shop
from tools.client import Json


def a_large_order(shop: Shop) -> Json:
    return shop.order_body(
        lines=[a_line(f"line-{number}", unit_price=100_00) for number in range(2_000)],
        discounts=[{"source": "other", "amount": 2_000} for _ in range(20)],
    )


@dataclass(frozen=True)
class Refunded:
    """What came of a large order that was asked back under a key, twice; and how its shop looks at it."""

    shop: Shop
    pushed: Json
    quoted: Json
    asked: tuple[httpx.Response, httpx.Response]
    refund: Json


@pytest.fixture(scope="module")
async def refunded(http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Refunded:
    """One for all who only look at it: each step of it computes for seconds."""
    shop = await open_shop(http, engine, temporal)
    pushed = await shop.merchant.put("/v1/orders/o1", a_large_order(shop))
    quoted = await shop.quote()
    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    first, again = [
        await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", headers={"Idempotency-Key": "k1"}, json=asked)
        for _ in range(2)
    ]
    await shop.until_ended(first.json())
    return Refunded(shop, pushed, quoted, (first, again), await shop.until(first.json(), "completed"))


async def test_a_large_order_is_pushed_quoted_refunded_and_read(refunded: Refunded) -> None:
    read = await refunded.shop.merchant.get("/v1/orders/o1")

    assert len(refunded.pushed["lines"]) == len(read["lines"]) == 2_000
    assert refunded.quoted["total"] == refunded.refund["total"] == 2_000 * (100_00 - 20)
    assert [each["total"] for each in read["refunds"]] == [refunded.refund["total"]]


async def test_a_large_order_under_a_key_is_refunded_once(refunded: Refunded) -> None:
    first, again = refunded.asked

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["refund_id"] == again.json()["refund_id"]


async def test_what_is_refused_over_there_is_the_problem_that_it_is_here(shop: Shop) -> None:
    body = a_large_order(shop)
    body["payments"][0]["amount"] += 1

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body, headers={"Request-Id": "mine"})

    assert (answer.status_code, answer.json()["code"]) == (422, "order_does_not_balance")
    assert answer.headers.get_list("Request-Id") == ["mine"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_answer_about_very_many_lines_shows_a_page_of_them(refunded: Refunded) -> None:
    path = f"/v1/refunds/{refunded.refund['refund_id']}"

    lines: list[Json] = []
    sizes: list[int] = []
    query: Json = {}
    while True:
        answer = await refunded.shop.raw(Role.MERCHANT, "GET", path, params=query)
        page = answer.json()
        lines += page["lines"]
        sizes.append(len(answer.content))
        explained = [each["subject"] for each in page["explanations"] if each["figure"] == "line"]
        assert explained == [each["line_id"] for each in page["lines"]]
        if page["next_lines"] is None:
            break
        query = {"lines_cursor": page["next_lines"]}

    assert [each["line_id"] for each in lines] == [f"line-{number}" for number in range(2_000)]
    assert all(each["explanation"]["subject"] == each["line_id"] for each in lines)
    assert len(sizes) > 1 and max(sizes) < 1_000_000


async def test_an_answer_about_a_few_lines_shows_them_all(shop: Shop) -> None:
    await shop.order()

    assert (await shop.quote())["next_lines"] is None


async def pages_of(shop: Shop, path: str) -> tuple[list[Json], list[int]]:
    """Read an answer page by page; return the pages, and how many bytes each has."""
    pages: list[Json] = []
    sizes: list[int] = []
    query: Json = {}
    while True:
        answer = await shop.raw(Role.MERCHANT, "GET", path, params=query)
        assert answer.status_code == 200
        pages.append(answer.json())
        sizes.append(len(answer.content))
        if pages[-1]["next_lines"] is None:
            return pages, sizes
        query = {"lines_cursor": pages[-1]["next_lines"]}


def joined(pages: list[Json], *names: str) -> list[Any]:
    """Join a list of every page, named by the way to it."""
    found: list[Any] = []
    for page in pages:
        inner: Any = page
        for name in names:
            inner = inner[name]
        found += inner
    return found


async def test_the_pages_of_a_large_order_join_to_the_whole(shop: Shop) -> None:
    body = shop.order_body(
        lines=[
            *(a_line(f"line-{number}", unit_price=100_00, name="A kettle, " * 20) for number in range(2_990)),
            *(a_line(f"gift-{number}", unit_price=0, gift=True) for number in range(10)),
        ],
        discounts=[{"source": "coupon", "id": f"c{number}", "amount": 2_990} for number in range(60)],
    )
    await shop.merchant.put("/v1/orders/o1", body)

    pages, sizes = await pages_of(shop, "/v1/orders/o1")

    line_ids = [each["line_id"] for each in body["lines"]]
    assert len(pages) > 1 and max(sizes) < 1_000_000
    assert [each["line_id"] for each in joined(pages, "lines")] == line_ids
    assert [each["line_id"] for each in joined(pages, "refundable")] == line_ids
    assert [each["line_id"] for each in joined(pages, "entitlements", "gifts")] == line_ids[2_990:]
    assert [each["id"] for each in joined(pages, "discounts")] == [f"c{number}" for number in range(60)]
    assert [each["coupon_id"] for each in joined(pages, "entitlements", "coupons")] == [f"c{n}" for n in range(60)]
    assert all(page["payments"] == pages[0]["payments"] != [] for page in pages)


async def test_a_small_order_and_a_customer_with_little_are_one_page(shop: Shop) -> None:
    order = await shop.order()

    assert order["next_lines"] is None
    assert (await shop.merchant.get(f"/v1/customers/{shop.customer_id}"))["next_lines"] is None


async def test_the_pages_of_a_customer_with_very_many_coupons_join_to_the_whole(shop: Shop) -> None:
    await shop.order()
    async with shop.engine.begin() as connection:
        rows = [
            {"coupon_id": f"c{number:05}", "customer_id": shop.customer_id, "name": "Thanks " * 20, "amount": 1}
            | {"merchant_id": shop.merchant_id, "currency": "CNY", "minimum_spend": 0, "reusable_after_refund": True}
            for number in range(4_000)
        ]
        await connection.execute(insert(coupons), rows)

    pages, sizes = await pages_of(shop, f"/v1/customers/{shop.customer_id}")

    assert len(pages) > 1 and max(sizes) < 1_000_000
    assert [each["coupon_id"] for each in joined(pages, "coupons")] == [f"c{number:05}" for number in range(4_000)]


async def test_the_pages_of_a_refund_with_a_very_long_timeline_join_to_the_whole(shop: Shop) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    async with shop.engine.begin() as connection:
        row = {"refund_id": refund["refund_id"], "event": "noted", "message": "x" * 2_000}
        row = sealed_row(refund_events, sealing.about_refund(refund["refund_id"]), row)
        rows = [{**row, "sequence": 1_000 + number} for number in range(600)]
        await connection.execute(insert(refund_events), rows)

    pages, sizes = await pages_of(shop, f"/v1/refunds/{refund['refund_id']}")

    assert len(pages) > 1 and max(sizes) < 1_000_000
    assert len(joined(pages, "timeline")) == len(refund["timeline"]) + 600
    assert [each["line_id"] for each in joined(pages, "lines")] == ["l1"]
    assert len([each for each in joined(pages, "explanations") if each["figure"] == "line"]) == 1


async def test_the_pages_of_a_quote_without_its_many_gifts_join_to_the_whole(shop: Shop) -> None:
    gifts = [a_line(f"gift-{number}", unit_price=0, gift=True, gift_value=1_00) for number in range(1_500)]
    await shop.order(lines=[a_line("l1", unit_price=10_000_00), *gifts])
    asked: Json = {"order_id": "o1", "reason": "changed_mind", "kind": "refund_only"}
    asked["lines"] = [{"line_id": "l1", "quantity": 1}]

    pages: list[Json] = []
    sizes: list[int] = []
    query: Json = {}
    while not pages or pages[-1]["next_lines"] is not None:
        answer = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds/quote", json=asked, params=query)
        pages.append(answer.json())
        sizes.append(len(answer.content))
        query = {"lines_cursor": pages[-1]["next_lines"]}

    gift_ids = [each["line_id"] for each in gifts]
    assert len(pages) > 1 and max(sizes) < 1_000_000
    assert [each["line_id"] for each in joined(pages, "effects", "gifts")] == gift_ids
    assert len({each["total"] for each in pages}) == 1
    explained = [each["subject"] for each in joined(pages, "explanations") if each["figure"] == "gift"]
    assert sorted(explained) == sorted(gift_ids)


async def test_ten_large_quotes_at_once_are_answered_in_turn_or_told_to_come_again(
    shop: Shop, other_shop: Shop
) -> None:
    await shop.merchant.put("/v1/orders/o1", {**a_large_order(shop), **many_discounts()})
    await other_shop.order()
    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    sent = [
        asyncio.create_task(shop.raw(Role.MERCHANT, "POST", "/v1/refunds/quote", json=asked, timeout=IN_TIME_S))
        for _ in range(10)
    ]
    while not all(each.done() for each in sent):
        assert (await other_shop.raw(Role.MERCHANT, "GET", "/v1/orders/o1")).status_code == 200
        await asyncio.sleep(0.05)
    answers = [await each for each in sent]

    assert {each.status_code for each in answers} <= {200, 429}
    # Five where the lane is full, one where the merchant's other requests take its turns.
    assert {each.headers["Retry-After"] for each in answers if each.status_code == 429} <= {"1", "5"}


async def test_a_customer_with_many_orders_in_many_campaigns_is_answered_elsewhere_and_alike(shop: Shop) -> None:
    async with shop.engine.connect() as connection:
        await make_many(shop, orders=30, campaigns=2)
        assert not await is_too_heavy(connection, shop)
        await make_many(shop, orders=30, campaigns=150)
        assert await is_too_heavy(connection, shop)

    customer = await shop.merchant.get(f"/v1/customers/{shop.customer_id}")

    assert len(customer["campaigns"]) == 150
    assert {each["spend"] for each in customer["campaigns"]} == {30 * 2 * 600_00}


async def make_many(shop: Shop, *, orders: int, campaigns: int) -> None:
    for number in range(orders):
        await shop.order(f"o{number}")
    for number in range(campaigns):
        await shop.merchant.put(
            f"/v1/campaigns/c{number}",
            {
                "name": f"Campaign {number}",
                "kind": "spend_threshold",
                "starts_at": "2020-01-01T00:00:00Z",
                "ends_at": "2100-01-01T00:00:00Z",
                "threshold": 10**12,
                "reward": {"kind": "points", "amount": 1},
            },
        )


async def is_too_heavy(connection: AsyncConnection, shop: Shop) -> bool:
    passing = weights.LIGHT_ONLY.set(True)
    try:
        await purchases(connection, shop.merchant_id, shop.customer_id)
    except weights.TooHeavy:
        return True
    finally:
        weights.LIGHT_ONLY.reset(passing)
    return False


def many_discounts() -> Json:
    """As many shares as an order may have: 2,000 lines times 100 discounts."""
    discounts = [{"source": "other", "amount": 2_000} for _ in range(100)]
    payment = a_payment("p1", 2_000 * (100_00 - 100), "ch-o1")
    return {"discounts": discounts, "payments": [payment]}
