"""What people add to, one at a time or at once, is never lost, has an end, and is read in pages."""

import asyncio
from typing import Any

import pytest

from db import messages
from db.api_keys import Role
from tests.shop import Shop
from tools.client import Json, Refused


async def in_review(shop: Shop, **fields: Any) -> Json:
    await shop.order()
    return await shop.refund(reason="changed_mind", **fields)


async def test_evidence_that_thirty_add_at_once_is_all_there(shop: Shop) -> None:
    refund = await in_review(shop, evidence=["https://shop.example/first.jpg"])
    path = f"/v1/refunds/{refund['refund_id']}/evidence"
    pieces = [f"https://shop.example/{number}.jpg" for number in range(30)]

    await asyncio.gather(*(shop.merchant.post(path, {"evidence": [piece]}) for piece in pieces))

    kept = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["evidence"]
    assert kept[0] == "https://shop.example/first.jpg"
    assert sorted(kept[1:]) == sorted(pieces)


async def test_a_refund_has_at_most_a_hundred_pieces_of_evidence(shop: Shop) -> None:
    refund = await in_review(shop)
    path = f"/v1/refunds/{refund['refund_id']}/evidence"
    twenty = [f"https://shop.example/{number}.jpg" for number in range(20)]
    for _ in range(5):
        await shop.merchant.post(path, {"evidence": twenty})

    with pytest.raises(Refused, match="limit_reached: a refund has at most 100 pieces of evidence"):
        await shop.merchant.post(path, {"evidence": twenty[:1]})


async def test_feedback_is_taken_twenty_times(shop: Shop) -> None:
    await shop.order()
    path = f"/v1/refunds/{(await shop.approved_refund())['refund_id']}/feedback"
    for _ in range(20):
        await shop.merchant.post(path, {"score": 5})

    with pytest.raises(Refused, match="limit_reached"):
        await shop.merchant.post(path, {"score": 1})


async def test_an_inbox_is_read_page_by_page(shop: Shop) -> None:
    await tell(shop, 5, "x")

    read, pages = await all_of(shop, "/v1/inbox", limit=2)

    assert ([each["body"] for each in read], pages) == ([f"{number} x" for number in range(5)], 3)


async def test_a_page_of_long_messages_is_no_longer_than_an_answer_should_be(shop: Shop) -> None:
    await tell(shop, 5, "x" * 600_000)

    read, pages = await all_of(shop, "/v1/inbox", limit=200)

    assert (len(read), pages) == (5, 5)


async def test_the_audit_trail_is_read_page_by_page(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    whole = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]

    read, pages = await all_of(shop, "/v1/audit", order_id="o1", limit=2)

    assert (read, pages) == (whole, -(-len(whole) // 2))


@pytest.mark.parametrize("cursor", ["", "-1", "x", "²", "9" * 30])
@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/audit"])
async def test_a_cursor_that_nobody_gave_is_refused(shop: Shop, path: str, cursor: str) -> None:
    answer = await shop.raw(Role.OPS, "GET", path, params={"cursor": cursor, "order_id": "o1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def tell(shop: Shop, count: int, text: str) -> None:
    async with shop.engine.begin() as books:
        for number in range(count):
            await messages.put_for_operations(
                books, shop.merchant_id, "", f"{shop.merchant_id}:{number}", f"{number} {text}"
            )


async def all_of(shop: Shop, path: str, **query: str | int) -> tuple[list[Json], int]:
    """Follow `next` to the end; returns everything, and how many pages it took."""
    read: list[Json] = []
    pages = 0
    while True:
        page = await shop.ops.get(path, **query)
        read, pages = [*read, *page["items"]], pages + 1
        if page["next"] is None:
            return read, pages
        query["cursor"] = page["next"]
