"""An order of thousands of lines is refunded like one of two, and one that is too large is refused at the door."""

from db.api_keys import Role
from db.weights import is_heavy
from tests.shop import Shop, a_line
from tools.client import Json


def a_large_order(shop: Shop, lines: int, discounts: int) -> Json:
    return shop.order_body(
        lines=[a_line(f"line-{number}", unit_price=100_00) for number in range(lines)],
        discounts=[{"source": "other", "amount": lines} for _ in range(discounts)],
    )


async def test_a_return_of_thousands_of_lines_ends(shop: Shop) -> None:
    await shop.merchant.put("/v1/orders/o1", a_large_order(shop, 2_000, 20))

    refund = await shop.returned()

    assert refund["total"] == 2_000 * (100_00 - 20)


async def test_only_refunds_of_large_orders_are_done_apart(shop: Shop) -> None:
    await shop.policy(auto_approve={})  # nobody waits for their end, so that they need not come to one
    await shop.merchant.put("/v1/orders/large", a_large_order(shop, 2_000, 0))
    await shop.order("small")

    async with shop.engine.connect() as connection:
        assert await is_heavy(connection, (await shop.refund("large"))["refund_id"])
        assert not await is_heavy(connection, (await shop.refund("small"))["refund_id"])
        assert not await is_heavy(connection, "nobody's")


async def test_each_line_of_thousands_is_inspected_by_itself(shop: Shop) -> None:
    await shop.merchant.put("/v1/orders/o1", a_large_order(shop, 1_000, 0))
    found = [
        {"line_id": f"line-{number}", "accepted": number % 2, "rejected": 1 - number % 2} for number in range(1_000)
    ]

    refund = await shop.returned(inspected=found)

    assert refund["total"] == 500 * 100_00


async def test_an_order_of_too_many_shares_is_refused_by_their_number(shop: Shop) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=a_large_order(shop, 2_000, 101))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "2000 lines times 101 discounts are 202000 shares" in answer.json()["detail"]


async def test_an_order_of_more_than_five_thousand_lines_is_refused(shop: Shop) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=a_large_order(shop, 5_001, 0))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
