"""What was read goes where any caller's orders go; the same files twice change nothing."""

from typing import Any

from db.api_keys import Role
from importers.documents import PlacedDocument
from importers.outcome import Read
from importers.shopify import payloads as shopify
from importers.tenders import Tenders, Way
from tests.importers.payloads import back, shopify_line, shopify_order, shopify_refund
from tests.shop import Shop
from tools.imports.sending import check, send

AT_THE_SANDBOX = Tenders({"card_processor": Way.read("card:sandbox")})


def read(**fields: Any) -> Read:
    """A Shopify order of three kettles with a code, one of which went back; its number is this merchant's."""
    line = shopify_line(
        price="20.00",
        quantity=3,
        tax="6.00",
        discount_allocations=[{"amount": "3.00", "discount_application_index": 0}],
    )
    refund = shopify_refund("21.00", back(subtotal="19.00", tax="2.00"))
    order = shopify_order(
        line,
        total="63.00",
        discount_applications=[{"type": "discount_code", "code": "SPRING"}],
        financial_status="partially_refunded",
        refunds=[refund],
        **fields,
    )
    return shopify.read([PlacedDocument("shop.json#", order)], AT_THE_SANDBOX)


async def test_an_order_and_its_past_refund_are_known_and_twice_changes_nothing(shop: Shop) -> None:
    found = read()
    first = await send(shop.merchant, found.orders)
    known = await shop.merchant.get("/v1/orders/1001")
    second = await send(shop.merchant, found.orders)

    assert (first.refused, second.refused) == ([], [])
    assert (first.orders, first.refunds) == (second.orders, second.refunds) == (1, 1)
    assert [refund["total"] for refund in known["refunds"]] == [2100]
    assert known["refundable"] == [{"line_id": "11", "quantity": 2, "amount": 4200}]
    again = await shop.merchant.get("/v1/orders/1001")
    assert {**again, "refunds": []} == {**known, "refunds": []}
    assert [refund["refund_id"] for refund in again["refunds"]] == [refund["refund_id"] for refund in known["refunds"]]


async def test_what_the_api_refuses_is_told_by_where_it_came_from(shop: Shop) -> None:
    found = read(updated_at="2999-01-01T00:00:00Z")

    sent = await send(shop.merchant, found.orders)

    assert sent.orders == 0
    assert [(refused.order_id, refused.path) for refused in sent.refused] == [("1001", "shop.json#")]
    assert "/updated_at" in sent.refused[0].why


async def test_a_check_pushes_nothing(shop: Shop) -> None:
    found = read()

    assert (check(found.orders).orders, check(found.orders).refunds) == (1, 1)
    assert (await shop.raw(Role.MERCHANT, "GET", "/v1/orders/1001")).status_code == 404
