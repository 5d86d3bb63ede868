"""A workflow that is terminated or reset between the payout and the last message: nothing is given back twice.

The steps that the ended run has begun may still end, and then there is nothing left for the next one.
"""

from collections.abc import Awaitable, Callable

import pytest

from db import customers
from tests.shop import Shop
from tests.upkeep.scenes import assert_nothing_is_lost_and_nothing_twice, finish, paying_out
from tests.workflows.test_payouts import coupon, gateway_refunds
from tests.workflows.test_reset_in_temporal import reset
from tools.client import Json


async def terminate(shop: Shop, refund: Json) -> None:
    await shop.workflow(refund).terminate("by mistake")


@pytest.mark.parametrize("harm", [terminate, reset])
async def test_what_is_paid_is_made_whole_by_the_next_run(
    shop: Shop, harm: Callable[[Shop, Json], Awaitable[None]]
) -> None:
    await coupon(shop)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 500})
    await shop.policy(auto_approve={})
    spent = [{"source": "coupon", "id": "cpn-100", "amount": 10_000}]
    await shop.order(discounts=spent, points_earned=300)
    refund = await paying_out(shop)
    async with shop.engine.begin() as somebody:  # who keeps the customer's points from being restored
        await customers.lock(somebody, shop.merchant_id, shop.customer_id)
        await shop.behave("ch-o1", "succeed")
        await shop.until_event(refund, "coupon_reinstated")
        await harm(shop, refund)
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice({**done, "total": done["total"] + 10_000})
    assert await gateway_refunds(shop) == [("ch-o1", 110_000, "succeeded")]
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer())["points"] == {"balance": 500, "held": 0}
