"""Lines as shops sell them, over HTTP (rules 47 and 48)."""

import pytest

from tests.shop import Shop, a_line
from tools.client import Api, Json, Refused

THREE_FOR_ONE = {"line_id": "l1", "name": "Limes", "quantity": 3, "total": 1_00, "tax": 14}


def some(line_id: str, quantity: int = 1) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity}]


async def test_three_for_1_00_come_back_as_quoted_to_the_cent(shop: Shop) -> None:
    pushed = await shop.order(lines=[THREE_FOR_ONE])

    quotes, totals = [], []
    for _ in range(3):
        quotes.append((await shop.quote(lines=some("l1")))["total"])
        totals.append((await shop.approved_refund(lines=some("l1")))["total"])

    assert quotes == totals == [34, 33, 33]
    assert (pushed["lines"][0]["total"], pushed["lines"][0]["unit_price"]) == (1_00, None)
    assert pushed["refundable"] == [{"line_id": "l1", "quantity": 3, "amount": 1_00}]


async def test_an_order_reads_back_as_it_was_sent_and_can_be_put_again(shop: Shop) -> None:
    body = shop.order_body(lines=[THREE_FOR_ONE, a_line("l2", unit_price=10_00)])
    pushed = await shop.merchant.put("/v1/orders/o1", body)
    read = await shop.merchant.get("/v1/orders/o1")

    assert read["lines"] == pushed["lines"]
    again = await shop.merchant.put("/v1/orders/o1", {**body, "lines": read["lines"]})
    assert again["version"] == 1


# Sold for good

HYGIENE = {"allowed": False, "because": "hygiene"}


async def test_what_was_sold_for_good_comes_back_for_the_merchants_fault_alone(shop: Shop) -> None:
    pushed = await shop.order(lines=[a_line("l1"), a_line("l2", unit_price=5_00, returnable=HYGIENE)])

    with pytest.raises(Refused, match=r"422 line_not_returnable.*hygiene"):
        await shop.refund(reason="changed_mind", lines=some("l2"))
    everything_left = await shop.quote(reason="changed_mind")
    for_a_fault = await shop.approved_refund(reason="quality_issue", lines=some("l2"))

    assert [line["returnable"] for line in pushed["lines"]] == [{"allowed": True, "because": None}, HYGIENE]
    assert ([line["line_id"] for line in everything_left["lines"]], everything_left["total"]) == (["l1"], 10_00)
    assert for_a_fault["total"] == 5_00


async def test_money_off_what_was_sold_for_good_is_the_merchants_to_give(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", returnable=HYGIENE)])
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))
    asked = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "amount": 3_00}]}

    with pytest.raises(Refused, match="422 line_not_returnable"):
        await customer.post("/v1/refunds/quote", asked)

    assert (await shop.merchant.post("/v1/refunds/quote", asked))["total"] == 3_00
