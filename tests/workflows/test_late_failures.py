"""A payout that succeeded and fails later: what was given back is withdrawn, and a person is asked (rule 35)."""

from activities.late_failures import LateFailures
from activities.payout_books import PayOut
from db import customers
from db.ledger import Account, balances, pocket_of
from gateways.ports import GatewayStatus
from gateways.sandbox.gateway import SandboxGateway
from service.steps import RefundRef
from temporal_client.payout_events import note_payout_event
from tests.shop import Shop, a_line, a_payment
from tests.upkeep.scenes import at, paying_out
from tests.workflows.test_payouts import coupon
from tests.workflows.test_refund_story import events
from tools.client import Json


async def hears_that_it_failed(shop: Shop, refund: Json, payment_id: str = "p1") -> None:
    """What the webhook of the provider does."""
    key = await shop.payout_key(refund, payment_id)
    await note_payout_event(shop.temporal, shop.engine, key, GatewayStatus.FAILED, None)


async def settle_by_hand(shop: Shop, refund: Json) -> None:
    settled = {"step": "pay_out", "action": "settle", "note": "bank transfer 4711"}
    await shop.ops.post(at(refund, "resolution"), settled)


def looking_later(shop: Shop) -> LateFailures:
    """An attempt that the worker does not know of any more."""
    return LateFailures(shop.engine, {"sandbox": SandboxGateway(shop.engine)})


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

    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)
    done = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")

    assert events(done)[-4:] == ["paid", "coupon_reinstated", "points_settled", "completed"]
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer())["points"] == {"balance": 1_000, "held": 0}


async def test_deductions_that_were_returned_are_booked_only_while_the_payout_stands(shop: Shop) -> None:
    """Half of an order that granted a coupon of 100.00 left 30.00 owed; the other half revokes it and lets them go."""
    await coupon(shop)
    granted = [{"kind": "coupon", "coupon_id": "cpn-100"}]
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=2_000)], rewards=granted)
    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    last = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    completed = await _owed_and_promised(shop)

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, last)
    await shop.until_event(last, "needs_attention")
    failed = await _owed_and_promised(shop)
    await settle_by_hand(shop, last)
    await shop.until_ended(last)

    assert (completed, failed) == (({}, {}), ({"CNY": 3_000}, {"CNY": 5_000}))
    assert await _owed_and_promised(shop) == completed


async def test_what_was_taken_off_a_payout_is_booked_only_while_the_payout_stands(shop: Shop) -> None:
    await coupon(shop)
    await shop.order(rewards=[{"kind": "coupon", "coupon_id": "cpn-100"}])
    half = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    completed = await _owed_and_promised(shop)

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, half)
    await shop.until_event(half, "needs_attention")
    failed = await _owed_and_promised(shop)
    await settle_by_hand(shop, half)
    await shop.until_ended(half)

    assert (completed, failed) == (({}, {"CNY": 5_000}), ({}, {}))
    assert await _owed_and_promised(shop) == completed


async def _owed_and_promised(shop: Shop) -> tuple[Json, dict[str, int]]:
    """What the customer owes, and what deductions have brought the merchant's promotions."""
    async with shop.engine.connect() as connection:
        promotions = await balances(connection, shop.merchant_id, Account.PROMOTIONS, shop.merchant_id)
    return (await shop.customer())["owed"], promotions


async def test_the_customer_is_told_once_a_round_what_came_and_what_went(shop: Shop) -> None:
    refund = await a_completed_refund(shop)
    came = [
        "Your coupon ¥100 off can be used again.",
        "300 points that the order had earned were taken back.",
        "¥1,100.00 has been paid back to your bank card.",
    ]
    first = await shop.inbox()
    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    failed = await shop.inbox()

    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)
    at_last = await shop.inbox()

    assert [first.count(each) for each in came] == [1, 1, 1]
    assert [each for each in failed if each.startswith("Your refund did not arrive")] == [
        "Your refund did not arrive, so your coupon ¥100 off is on hold. You get it back when the money arrives.",
        "Your refund did not arrive, so the 300 points that the order had earned are yours until the money arrives.",
    ]
    assert [at_last.count(each) for each in came] == [2, 2, 2]


async def test_a_false_alarm_leaves_a_complete_refund_complete_in_temporal_too(shop: Shop) -> None:
    refund = await a_completed_refund(shop)

    await hears_that_it_failed(shop, refund)
    await shop.until_ended(refund)

    described = await shop.workflow(refund).describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert attributes["RefundStatus"] == "completed"


async def test_news_of_a_failure_that_the_provider_does_not_confirm_changes_nothing(shop: Shop) -> None:
    refund = await a_completed_refund(shop)

    await hears_that_it_failed(shop, refund)
    await shop.until_ended(refund)

    after = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert after["status"] == "completed" and after["timeline"] == refund["timeline"]


async def test_a_failure_counts_in_the_round_in_which_it_was_found_and_no_more_in_the_next(shop: Shop) -> None:
    refund = await a_completed_refund(shop)
    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    late, first = looking_later(shop), RefundRef(refund["refund_id"], shop.merchant_id)

    assert await late.take_back_payout(PayOut(first, "p1"))
    assert not await late.take_back_payout(PayOut(first.next_round, "p1"))


async def test_a_failure_that_is_found_by_a_late_attempt_begins_a_round_after_the_one_that_is_on(shop: Shop) -> None:
    await coupon(shop)
    tenders = [a_payment("p1", 60_000, "ch-1"), a_payment("p2", 50_000, "ch-2")]
    coupons = [{"source": "coupon", "id": "cpn-100", "amount": 10_000}]
    await shop.order(discounts=coupons, payments=tenders, points_earned=300)
    refund = await shop.approved_refund()
    await shop.behave("ch-1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    await shop.behave("ch-2", "fail_after_success")
    command = PayOut(RefundRef(refund["refund_id"], shop.merchant_id), "p2")
    await looking_later(shop).take_back_payout(command)
    waiting = await shop.until_noticed(refund)
    given_back = (await shop.merchant.get("/v1/coupons/cpn-100"))["status"], (await shop.customer())["points"]
    await settle_by_hand(shop, refund)
    done = await shop.until(refund, "completed")

    assert waiting["needs_attention"]["reason"] == "p2 was declined: payout_reversed"
    assert given_back == ("used", {"balance": 300, "held": 300})
    assert [each["status"] for each in done["payouts"]] == ["failed", "succeeded"] * 2
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_failure_that_is_found_in_the_last_moment_before_the_end_is_not_overlooked(shop: Shop) -> None:
    await coupon(shop)
    spent = [{"source": "coupon", "id": "cpn-100", "amount": 10_000}]
    await shop.order(discounts=spent, points_earned=300)
    refund = await paying_out(shop)
    async with shop.engine.begin() as somebody:  # who keeps the customer from being told the last of it
        async with shop.engine.begin() as another:  # and the points from being taken before
            await customers.lock(another, shop.merchant_id, shop.customer_id)
            await shop.behave("ch-o1", "succeed")
            await shop.until_event(refund, "coupon_reinstated")
            await somebody.exec_driver_sql("lock table messages in share mode")
        await shop.until_event(refund, "points_settled")
        await shop.behave("ch-o1", "fail_after_success")
        late = PayOut(RefundRef(refund["refund_id"], shop.merchant_id), "p1")
        assert await looking_later(shop).take_back_payout(late)
    waiting = await shop.until_noticed(refund)
    given_back = (await shop.merchant.get("/v1/coupons/cpn-100"))["status"]
    await settle_by_hand(shop, refund)
    await shop.until(refund, "completed")

    assert waiting["needs_attention"]["reason"] == "p1 was declined: payout_reversed"
    assert given_back == "used"
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_payment_called_reversed_is_another_than_the_one_that_is_reversed(shop: Shop) -> None:
    tenders = [a_payment("p1", 60_000, "ch-1"), a_payment("p1:reversed", 60_000, "ch-2")]
    await shop.order(payments=tenders)
    refund = await shop.approved_refund()
    await shop.behave("ch-1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_noticed(refund)
    async with shop.engine.connect() as connection:
        taken_back = await balances(connection, shop.merchant_id, *pocket_of("o1", "p1"))
    await settle_by_hand(shop, refund)
    await shop.until(refund, "completed")

    async with shop.engine.connect() as connection:
        pockets = [
            await balances(connection, shop.merchant_id, *pocket_of("o1", each["payment_id"])) for each in tenders
        ]
    assert taken_back == {"CNY": -60_000}
    assert pockets == [{}, {}]


async def test_word_of_a_pending_payout_is_looked_up_at_once(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    await shop.behave("ch-o1", "succeed")

    await note_payout_event(shop.temporal, shop.engine, await shop.payout_key(refund), GatewayStatus.SUCCEEDED, None)

    assert (await shop.until(refund, "completed"))["payouts"][0]["status"] == "succeeded"


async def test_news_of_a_payout_that_is_not_ours_is_dropped(shop: Shop) -> None:
    await note_payout_event(shop.temporal, shop.engine, "rf_unknown:payout:p1", GatewayStatus.FAILED, None)
