"""Lines as shops sell them, over HTTP (rules 47 and 48)."""

from tests.shop import Shop, a_line
from tools.client import Json

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
