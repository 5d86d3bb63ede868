"""A marketplace's orders come back in random parts, to the cent (rules 2, 6, 49 and 50)."""

from collections import Counter
from random import Random

import pytest

from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json

LINES = [a_line("l1", quantity=3, unit_price=59_90), a_line("l2", unit_price=129_99)]
PRICE = 3 * 59_90 + 129_99 + 23_51


def in_many(amount: int, count: int) -> list[Json]:
    """Vouchers of all sizes, some of them of a few cents, and a card for the rest."""
    vouchers = [7 + 13 * place % 41 for place in range(count - 1)]
    paid = [*vouchers, amount - sum(vouchers)]
    methods = ["gift_card"] * (count - 1) + ["card"]
    named = enumerate(zip(paid, methods, strict=True), 1)
    return [a_payment(f"p{place}", each, f"ch-{place}", method) for place, (each, method) in named]


def from_two_sellers() -> list[Json]:
    """One parcel came, the other never did."""
    came = {"shipped_at": days_ago(26), "delivered_at": days_ago(25), "amount": 15_10}
    return [
        {"shipment_id": "seller-a", "lines": [{"line_id": "l1", "quantity": 3}], **came},
        {
            "shipment_id": "seller-b",
            "lines": [{"line_id": "l2", "quantity": 1}],
            "amount": 8_41,
            "shipped_at": days_ago(9),
        },
    ]


ORDERS: dict[str, Json] = {
    "29 payments in one": {"payments": in_many(PRICE, 29)},
    "some cents over": {"payments": [a_payment("p1", PRICE + 4, "ch-1")], "owed": -4},
    "some cents under": {"payments": [a_payment("p1", PRICE - 3, "ch-1")], "owed": 3},
    "never delivered": {"status": "shipped", "delivered_at": None},
    "two sellers": {"shipments": from_two_sellers()},
}


@pytest.mark.parametrize("kind", ORDERS)
async def test_it_is_taken_as_it_is_and_comes_back_to_the_cent(shop: Shop, kind: str) -> None:
    await shop.lenient_policy()
    pushed = await shop.order(lines=LINES, shipping={"amount": 23_51}, **ORDERS[kind])

    quoted, done = [], []
    for asked in in_random_parts(Random(kind)):
        quoted.append(await shop.quote(reason="delivery_error", **asked))
        done.append(await shop.approved_refund(reason="delivery_error", confirm_duplicate=True, **asked))
    rest = await shop.approved_refund(reason="delivery_error", include_shipping=True)

    assert [each["total"] for each in quoted] == [each["total"] for each in done]
    back: Counter[str] = Counter()
    for payout in (each for refund in (*done, rest) for each in refund["payouts"]):
        back[payout["payment_id"]] += payout["amount"]
    assert back == {each["payment_id"]: each["amount"] for each in pushed["payments"]}
    now = await shop.merchant.get("/v1/orders/o1")
    assert (now["owed_left"], now["shipping_left"]) == (0, 0)
    assert all((each["quantity"], each["amount"]) == (0, 0) for each in now["refundable"])
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []


def in_random_parts(random: Random) -> list[Json]:
    """Units and amounts of both lines, and parts of the shipping, in any order; something of all is left."""
    parts: list[Json] = [
        {"lines": [{"line_id": "l1", "quantity": 1}], "include_shipping": False},
        {"lines": [{"line_id": "l1", "amount": random.randrange(1, 50_00)}]},
        {"lines": [{"line_id": "l2", "amount": random.randrange(1, 129_00)}]},
        {"lines": [], "shipping_amount": random.randrange(1, 23_00)},
    ]
    random.shuffle(parts)
    return parts
