"""What is about large orders is answered by other processes, and is answered all the same."""

from db.api_keys import Role
from showcase.client import Json
from tests.shop import Shop, a_line


def a_large_order(shop: Shop) -> Json:
    return shop.order_body(
        lines=[a_line(f"line-{number}", unit_price=100_00) for number in range(2_000)],
        discounts=[{"source": "other", "amount": 2_000} for _ in range(20)],
    )


async def test_a_large_order_is_pushed_quoted_refunded_and_read(shop: Shop) -> None:
    pushed = await shop.merchant.put("/v1/orders/o1", a_large_order(shop))
    quoted = await shop.quote()
    refund = await shop.approved_refund()
    read = await shop.merchant.get("/v1/orders/o1")

    assert len(pushed["lines"]) == len(read["lines"]) == 2_000
    assert quoted["total"] == refund["total"] == 2_000 * (100_00 - 20)
    assert [each["total"] for each in read["refunds"]] == [refund["total"]]


async def test_a_large_order_under_a_key_is_refunded_once(shop: Shop) -> None:
    await shop.merchant.put("/v1/orders/o1", a_large_order(shop))
    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    first, again = [
        await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", headers={"Idempotency-Key": "k1"}, json=asked)
        for _ in range(2)
    ]

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["refund_id"] == again.json()["refund_id"]


async def test_what_is_refused_over_there_is_the_problem_that_it_is_here(shop: Shop) -> None:
    body = a_large_order(shop)
    body["payments"][0]["amount"] += 1

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body, headers={"Request-Id": "mine"})

    assert (answer.status_code, answer.json()["code"]) == (422, "order_does_not_balance")
    assert answer.headers.get_list("Request-Id") == ["mine"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_answer_about_very_many_lines_shows_a_page_of_them(shop: Shop) -> None:
    await shop.merchant.put("/v1/orders/o1", a_large_order(shop))
    refund = await shop.approved_refund()
    path = f"/v1/refunds/{refund['refund_id']}"

    lines: list[Json] = []
    sizes: list[int] = []
    query: Json = {}
    while True:
        answer = await shop.raw(Role.MERCHANT, "GET", path, params=query)
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
