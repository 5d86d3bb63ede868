"""The pivot: what a payment gateway can do to a payout, and where the money ends up (rules 11, 35 and 36)."""

from tests.shop import Shop, a_line, a_payment
from tools.client import Json


async def gateway_refunds(shop: Shop) -> list[tuple[str, int, str]]:
    """What the sandbox has in its own books: by charge, and of each what was asked for first."""
    async with shop.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "select charge_ref, amount, status from sandbox.refunds where merchant_id = %s order by charge_ref, at",
            (shop.merchant_id,),
        )
        return [(row.charge_ref, row.amount, row.status) for row in found]


async def test_a_declined_payment_is_made_good_with_store_credit(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "decline")

    done = await shop.approved_refund()

    assert [(each["method"], each["status"]) for each in done["payouts"]] == [
        ("card", "failed"),
        ("store_credit", "succeeded"),
    ]
    assert (await shop.customer())["store_credit"]["balance"] == 120_000
    assert await gateway_refunds(shop) == []


async def test_a_declined_payment_waits_for_a_person_where_the_policy_says_hold(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "decline")
    refund = await shop.refund()

    waiting = await shop.until(refund, "needs_attention")
    await shop.behave("ch-o1", "succeed")
    needed = waiting["needs_attention"]
    path = f"/v1/refunds/{refund['refund_id']}/resolution"
    await shop.ops.post(path, {"step": needed["step"], "action": "retry", "note": "the card works again"})
    done = await shop.until(refund, "completed")

    assert "declined" in needed["reason"] and needed["actions"] == ["retry", "settle"]
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert done["needs_attention"] is None


async def test_a_declined_payment_can_be_settled_by_hand(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "decline")
    refund = await shop.refund()
    waiting = await shop.until(refund, "needs_attention")

    body = {"step": waiting["needs_attention"]["step"], "action": "settle", "note": "bank transfer 4711"}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", body)
    done = await shop.until(refund, "completed")

    assert [each["status"] for each in done["payouts"]] == ["failed", "succeeded"]
    assert await gateway_refunds(shop) == []


async def test_a_payout_that_times_out_after_paying_is_paid_once(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "timeout_after_paying")

    done = await shop.approved_refund()

    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert done["payouts"][0]["gateway_ref"].startswith("re_")


async def test_a_pending_payout_restores_nothing_until_it_succeeded(shop: Shop) -> None:
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()

    waiting = await shop.until(refund, "paying_out")
    status_before = (await shop.merchant.get("/v1/coupons/cpn-100"))["status"]
    await shop.behave("ch-o1", "succeed")
    await shop.until(refund, "completed")

    assert waiting["status"] == "paying_out" and status_before == "used"
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"


async def test_a_payout_that_fails_later_goes_forward_to_store_credit(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "fail_later")

    done = await shop.approved_refund()

    assert [each["status"] for each in done["payouts"]] == ["failed", "succeeded"]
    assert (await shop.customer())["store_credit"]["balance"] == 120_000


async def test_a_disputed_payment_is_not_paid_out_and_everything_is_undone(shop: Shop) -> None:
    await coupon(shop)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}], points_earned=300)
    before = await shop.customer()
    await shop.behave("ch-o1", "dispute")

    done = await shop.until(await shop.refund(), "rejected")

    assert done["payouts"] == [] and await gateway_refunds(shop) == []
    assert await shop.customer() == before
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_two_payments_are_paid_back_by_what_is_left_on_each(shop: Shop) -> None:
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b", "gift_card")]
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=50_00)], payments=payments)

    first = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    await shop.approved_refund()

    assert [each["amount"] for each in first["payouts"]] == [33_33, 16_67]
    by_charge: Json = {"ch-a": 0, "ch-b": 0}
    for charge, amount, _ in await gateway_refunds(shop):
        by_charge[charge] += amount
    assert by_charge == {"ch-a": 100_00, "ch-b": 50_00}


async def test_of_two_payments_the_declined_one_becomes_store_credit(shop: Shop) -> None:
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    await shop.behave("ch-b", "decline")

    await shop.approved_refund()

    assert await gateway_refunds(shop) == [("ch-a", 100_00, "succeeded")]
    assert (await shop.customer())["store_credit"]["balance"] == 50_00


async def test_store_credit_goes_back_to_itself(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=80_00)], payments=[a_payment("p1", 80_00, "", "store_credit")])

    done = await shop.approved_refund()

    assert done["payouts"][0]["method"] == "store_credit"
    assert (await shop.customer())["store_credit"]["balance"] == 80_00


async def coupon(shop: Shop, coupon_id: str = "cpn-100") -> None:
    body = {"customer_id": shop.customer_id, "name": "¥100 off", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put(f"/v1/coupons/{coupon_id}", {**body, "valid_until": "2030-01-01T00:00:00Z"})
