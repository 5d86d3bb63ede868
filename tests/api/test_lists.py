"""Orders and customers are listed by their ids, page after page, each merchant's own."""

import pytest

from tests.shop import Shop
from tools.client import Api, Json, Refused


async def pages(api: Api, path: str, **query: str | int) -> list[Json]:
    page = await api.get(path, limit=2, **query)
    read = list(page["items"])
    while page["next"]:
        page = await api.get(path, limit=2, cursor=page["next"], **query)
        assert page["items"], "no page is empty but the only one"
        read += page["items"]
    return read


async def test_orders_are_listed_once_each_by_their_ids(shop: Shop, other_shop: Shop) -> None:
    for number in (3, 1, 4, 2):
        await shop.order(f"支付-{number}", customer_id="han" if number == 4 else "li")
    await other_shop.order("o-of-another")

    for api in (shop.merchant, shop.ops):
        read = await pages(api, "/v1/orders")
        assert sorted(each["order_id"] for each in read) == [f"支付-{number}" for number in (1, 2, 3, 4)]
    assert [each["order_id"] for each in await pages(shop.merchant, "/v1/orders", customer_id="han")] == ["支付-4"]
    assert {each["status"] for each in read} == {"delivered"}


async def test_customers_are_listed_and_guests_are_not(shop: Shop, other_shop: Shop) -> None:
    for name in ("c1", "c2", "c3"):
        await shop.merchant.put(f"/v1/customers/{name}", {"name": name.upper()})
    body = shop.order_body()
    del body["customer_id"]
    await shop.merchant.put("/v1/orders/o1", {**body, "guest": {"email": "g@shop.example"}})

    read = await pages(shop.merchant, "/v1/customers")

    assert [(each["customer_id"], each["name"]) for each in read] == [("c1", "C1"), ("c2", "C2"), ("c3", "C3")]
    assert [each["customer_id"] for each in (await shop.merchant.get("/v1/orders"))["items"]] == [None]
    assert await pages(other_shop.merchant, "/v1/customers") == []


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/customers"])
@pytest.mark.parametrize("cursor", ["%", "AAAA", "", "gA=="])
async def test_a_cursor_is_taken_from_the_page_before(shop: Shop, path: str, cursor: str) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.merchant.get(path, cursor=cursor)
