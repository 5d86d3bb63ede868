"""A payout that succeeded and fails later: what was given back is withdrawn, and a person is asked (rule 35)."""

from db.payouts import payout_key
from gateways.ports import GatewayStatus
from showcase.client import Json
from tests.shop import Shop
from tests.workflows.test_payouts import coupon
from tests.workflows.test_refund_story import events
from workflows.news import payout_news


async def hears_that_it_failed(shop: Shop, refund: Json) -> None:
    """What the webhook of the provider does."""
    key = payout_key(refund["refund_id"], "p1")
    await payout_news(shop.temporal, shop.engine, key, GatewayStatus.FAILED, None)


async def a_completed_refund(shop: Shop) -> Json:
    """Of an order with a coupon and points, everything given back."""
    await coupon(shop)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}], points_earned=300)
    return await shop.approved_refund()


async def test_what_was_given_back_is_withdrawn_and_a_person_is_asked(shop: Shop) -> None:
    refund = await a_completed_refund(shop)
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    waiting = await shop.until_event(refund, "needs_attention")
    customer = await shop.customer()

    assert waiting["needs_attention"]["reason"] == "p1 was declined: payout_reversed"
    assert waiting["payouts"][0]["status"] == "failed" and waiting["completed_at"] is None
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "used"
    assert customer["points"] == {"balance": 1_300, "held": 300}


async def test_settled_by_hand_it_is_given_back_once_more(shop: Shop) -> None:
    refund = await a_completed_refund(shop)
    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")

    settled = {"step": "pay_out", "action": "settle", "note": "bank transfer 4711"}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", settled)
    await shop.workflow(refund).result()
    done = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")

    assert events(done)[-4:] == ["paid", "coupon_reinstated", "points_settled", "completed"]
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer())["points"] == {"balance": 1_000, "held": 0}


async def test_news_of_a_failure_that_the_provider_does_not_confirm_changes_nothing(shop: Shop) -> None:
    refund = await a_completed_refund(shop)

    await hears_that_it_failed(shop, refund)
    await shop.workflow(refund).result()

    after = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert after["status"] == "completed" and after["timeline"] == refund["timeline"]


async def test_word_of_a_pending_payout_is_looked_up_at_once(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    await shop.behave("ch-o1", "succeed")

    key = payout_key(refund["refund_id"], "p1")
    await payout_news(shop.temporal, shop.engine, key, GatewayStatus.SUCCEEDED, None)

    assert (await shop.until(refund, "completed"))["payouts"][0]["status"] == "succeeded"


async def test_news_of_a_payout_that_is_not_ours_is_dropped(shop: Shop) -> None:
    await payout_news(shop.temporal, shop.engine, "rf_unknown:payout:p1", GatewayStatus.FAILED, None)
