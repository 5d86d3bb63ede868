"""What is asked for by a slip: the same money twice, and goods back of what was never sent."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from db.api_keys import Role
from tests.shop import Shop
from tools.client import Json, Refused


async def asked(shop: Shop, amount: int = 5_00, **fields: Any) -> Json:
    return await shop.refund(lines=[{"line_id": "l1", "amount": amount}], **fields)


# The same money twice within a minute (rule 5)


async def test_the_same_money_of_the_same_line_within_a_minute_is_refused_unless_it_is_said_to_be_meant(
    shop: Shop,
) -> None:
    await shop.order()
    first = await asked(shop)

    with pytest.raises(Refused, match="409 duplicate_request") as refused:
        await asked(shop)
    meant = await asked(shop, confirm_duplicate=True)

    assert first["refund_id"] in refused.value.detail and "confirm_duplicate" in refused.value.detail
    assert meant["total"] == 5_00


async def test_of_five_equal_requests_at_once_one_is_taken(shop: Shop) -> None:
    await shop.order()
    body = {"order_id": "o1", "reason": "quality_issue", "lines": [{"line_id": "l1", "amount": 5_00}]}

    answers = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body) for _ in range(5)))

    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: 4}


async def test_another_amount_another_reason_units_and_what_was_called_off_are_no_slip(shop: Shop) -> None:
    await shop.order()
    await asked(shop)

    await asked(shop, 5_01)
    await asked(shop, reason="delivery_error")
    off = await asked(shop, 7_00, reason="changed_mind")
    await shop.merchant.post(f"/v1/refunds/{off['refund_id']}/cancel", {})
    await asked(shop, 7_00, reason="changed_mind")
    for _ in range(2):
        await shop.refund(lines=[{"line_id": "l1", "quantity": 1}])


# Goods that were never sent (rule 31)


async def test_an_order_cancelled_before_it_was_sent_is_refunded_without_a_parcel(shop: Shop) -> None:
    await shop.order(status="paid", delivered_at=None)
    await shop.order(status="cancelled", delivered_at=None)

    refund = await shop.merchant.post("/v1/refunds", {"order_id": "o1", "reason": "merchant_breach"})
    done = await shop.until(refund, "completed")

    assert (done["kind"], done["return"], done["total"]) == ("refund_only", None, 120_000)


async def test_nothing_can_come_back_of_an_order_that_was_cancelled_before_it_was_sent(shop: Shop) -> None:
    await shop.order(status="cancelled", delivered_at=None)

    with pytest.raises(Refused, match="422 nothing_was_sent"):
        await shop.refund(kind="return")


@pytest.mark.parametrize("before", [{"status": "shipped", "delivered_at": None}, {"status": "delivered"}])
async def test_what_was_on_its_way_before_it_was_cancelled_comes_back_as_any_goods(shop: Shop, before: Json) -> None:
    await shop.order(**before)
    await shop.order(status="cancelled", delivered_at=None)

    quote = await shop.merchant.post("/v1/refunds/quote", {"order_id": "o1", "reason": "changed_mind"})

    assert quote["kind"] == "return"


async def test_goods_stay_with_the_customer_up_to_the_limit_for_the_whole_order_and_not_for_each_request(
    shop: Shop,
) -> None:
    """Before, an order of 1,200.00 could be kept in two halves where goods below 700.00 need not come back."""
    await shop.lenient_policy(returnless_below=70_000)
    await shop.order()

    first = await shop.until(await shop.refund(kind="return", lines=[{"line_id": "l1", "quantity": 1}]), "completed")
    second = await shop.until(await shop.refund(kind="return"), "awaiting_return")

    assert first["return"] is None and second["return"] is not None
