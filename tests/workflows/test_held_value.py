"""What a refund holds while its payout is on the way, and what becomes of it when it is spent meanwhile (rule 42)."""

from typing import Any

import pytest
from sqlalchemy import update

from activities.grants import Grants
from db import holds
from db.holds import Hold, HoldKind, HoldState
from db.schema.refunds import refunds
from domain import clock
from gateways.ports import GatewayStatus
from service.steps import RefundRef
from temporal_client.payout_events import note_payout_event
from tests.shop import Shop, a_line
from tests.workflows.nowhere import nowhere
from tests.workflows.test_entitlements import spender
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tools.client import Json


async def pending_refund(shop: Shop, order_id: str = "o0") -> Json:
    await shop.behave(f"ch-{order_id}", "pending")
    refund = await shop.refund(order_id)
    return await shop.until(refund, "paying_out")


async def succeeds(shop: Shop, refund: Json, order_id: str = "o0") -> Json:
    await shop.behave(f"ch-{order_id}", "succeed")
    await note_payout_event(shop.temporal, shop.engine, await shop.payout_key(refund), GatewayStatus.SUCCEEDED, None)
    return await shop.until(refund, "completed")


async def reward_coupon(shop: Shop) -> Json:
    """The coupon of 200.00 that a customer earned with an order of 1,000.00."""
    await spender(shop, 100_000, reward={"kind": "coupon", "amount": 20_000})
    (given,) = (await shop.customer())["coupons"]
    return dict(given)


async def spend(shop: Shop, coupon: Json, order_id: str = "o9", **fields: Any) -> None:
    off = {"source": "coupon", "id": coupon["coupon_id"], "amount": coupon["amount"]}
    await shop.order(order_id, lines=[a_line("l1", unit_price=50_000)], discounts=[off], **fields)


async def read(shop: Shop, coupon: Json) -> tuple[Any, Any]:
    known = await shop.merchant.get(f"/v1/coupons/{coupon['coupon_id']}")
    assert known in (await shop.customer())["coupons"]
    return known["status"], known["held_by"]


def owed(refund: Json) -> list[tuple[str, str, int, int]]:
    return [(each["kind"], each["id"], each["amount"], each["owed"]) for each in refund["deductions"]]


async def test_a_coupon_that_is_held_says_by_which_refund_and_keeps_its_status(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    free = await read(shop, coupon)
    refund = await pending_refund(shop)
    held = await read(shop, coupon)
    await succeeds(shop, refund)

    assert (free, held) == (("unused", None), ("unused", refund["refund_id"]))
    assert await read(shop, coupon) == ("revoked", None)


async def test_a_reward_coupon_that_is_spent_while_it_is_held_is_owed(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    refund = await pending_refund(shop)
    await spend(shop, coupon)
    done = await succeeds(shop, refund)

    assert (done["total"], owed(done)) == (100_000, [("campaign_reward", "c1", 0, 20_000)])
    assert (await shop.customer())["owed"] == {"CNY": 20_000}
    assert await read(shop, coupon) == ("used", None)


async def test_what_is_spent_and_comes_back_before_the_payout_is_not_owed(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    refund = await pending_refund(shop)
    await spend(shop, coupon)
    await shop.approved_refund("o9")
    done = await succeeds(shop, refund)

    assert (owed(done), (await shop.customer())["owed"]) == ([], {})
    assert await read(shop, coupon) == ("revoked", None)


async def test_store_credit_that_is_spent_while_it_is_held_is_owed_and_does_not_fall_below_nothing(shop: Shop) -> None:
    await spender(shop, 100_000)
    refund = await pending_refund(shop)
    credit = {"payment_id": "p1", "method": "store_credit", "amount": 15_000}
    await shop.order("o9", lines=[a_line("l1", unit_price=15_000)], payments=[credit])
    done = await succeeds(shop, refund)
    customer = await shop.customer()

    assert owed(done) == [("campaign_reward", "c1", 0, 15_000)]
    assert (customer["store_credit"]["balance"], customer["owed"]) == (0, {"CNY": 15_000})


async def test_what_is_owed_because_it_was_spent_is_not_owed_twice_after_a_late_failure(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    refund = await pending_refund(shop)
    await spend(shop, coupon)
    await succeeds(shop, refund)

    await shop.behave("ch-o0", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    waiting = await shop.until_noticed(refund)
    meanwhile = (await shop.customer())["owed"]
    await settle_by_hand(shop, refund)
    done = await shop.until(refund, "completed")

    assert (meanwhile, owed(waiting)) == ({}, [])
    assert (owed(done), (await shop.customer())["owed"]) == ([("campaign_reward", "c1", 0, 20_000)], {"CNY": 20_000})


async def test_points_that_are_spent_while_they_are_held_are_owed_as_points(shop: Shop) -> None:
    await shop.order("o0", points_earned=300)
    refund = await pending_refund(shop)
    await shop.order("o9", discounts=[{"source": "points", "points": 200, "amount": 200}])
    await succeeds(shop, refund)

    assert (await shop.customer())["points"] == {"balance": -200, "held": 0}


# What the order granted


async def test_a_granted_coupon_that_is_spent_while_it_is_held_is_owed(shop: Shop) -> None:
    coupon = {"coupon_id": "welcome", "amount": 10_000}
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/welcome", body)
    await shop.order("o0", rewards=[{"kind": "coupon", "coupon_id": "welcome"}])
    refund = await pending_refund(shop)
    held = await read(shop, coupon)
    await spend(shop, coupon)
    done = await succeeds(shop, refund)

    assert held == ("unused", refund["refund_id"])
    assert owed(done) == [("granted_coupon", "welcome", 0, 10_000)]
    assert (await shop.customer())["owed"] == {"CNY": 10_000}
    assert await read(shop, coupon) == ("used", None)


async def test_granted_credit_that_is_spent_while_it_is_held_is_owed(shop: Shop) -> None:
    await shop.order("o0", rewards=[{"kind": "store_credit", "amount": 8_000}])
    refund = await pending_refund(shop)
    credit = {"payment_id": "p1", "method": "store_credit", "amount": 5_000}
    await shop.order("o9", lines=[a_line("l1", unit_price=5_000)], payments=[credit])
    done = await succeeds(shop, refund)
    customer = await shop.customer()

    assert [each[2:] for each in owed(done)] == [(0, 5_000)]
    assert (customer["store_credit"]["balance"], customer["owed"]) == (0, {"CNY": 5_000})


async def test_what_the_order_granted_is_taken_back_once_where_nobody_gave_it_again_after_a_failed_payout(
    shop: Shop,
) -> None:
    """A person skipped that: the next round finds it taken, and what was asked for before that comes too late."""
    await shop.order("o0", rewards=[{"kind": "store_credit", "amount": 8_000}])
    refund = await shop.until(await shop.refund("o0"), "completed")
    first = RefundRef(refund["refund_id"], shop.merchant_id)

    async with shop.engine.begin() as connection:
        await connection.execute(
            update(refunds).where(refunds.c.refund_id == first.refund_id).values(round=first.next_round.round)
        )
    await Grants(shop.engine, nowhere(shop.engine)).withdraw_grants(first.next_round)
    taken = await shop.customer()
    await Grants(shop.engine, nowhere(shop.engine)).grant_again(first)
    late = await shop.customer()
    await Grants(shop.engine, nowhere(shop.engine)).grant_again(first.next_round)
    given = await shop.customer()

    assert (taken["store_credit"]["balance"], taken["owed"]) == (0, {})
    assert late["store_credit"]["balance"] == 0
    assert (given["store_credit"]["balance"], given["owed"]) == (8_000, {})


# Orders that arrive after what they spent was taken back


async def test_an_order_that_arrives_late_owes_the_reward_it_spent_before_it_was_taken_back(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    await shop.approved_refund("o0")
    revoked = await read(shop, coupon)

    await spend(shop, coupon)
    owes, used = (await shop.customer())["owed"], await read(shop, coupon)
    await shop.approved_refund("o9")

    assert (revoked, owes, used) == (("revoked", None), {"CNY": 20_000}, ("used", None))
    assert await read(shop, coupon) == ("unused", None)


@pytest.mark.parametrize(
    ("rule", "owes", "status"), [("deduct", {"CNY": 10_000}, "unused"), ("forgive", {}, "revoked")]
)
async def test_an_order_that_arrives_late_owes_the_coupon_that_another_order_granted(
    shop: Shop, rule: str, owes: dict[str, int], status: str
) -> None:
    await shop.lenient_policy(granted_coupon_used=rule)
    coupon = {"coupon_id": "welcome", "amount": 10_000}
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/welcome", body)
    await shop.order("o0", rewards=[{"kind": "coupon", "coupon_id": "welcome"}])
    await shop.approved_refund("o0")

    await spend(shop, coupon)
    owed_then, used = (await shop.customer())["owed"], await read(shop, coupon)
    await shop.approved_refund("o9")

    assert (owed_then, used) == (owes, ("used", None))
    assert await read(shop, coupon) == (status, None)


async def test_a_coupon_that_is_used_after_it_was_taken_back_is_the_merchants_affair(shop: Shop) -> None:
    coupon = await reward_coupon(shop)
    await shop.approved_refund("o0")

    await spend(shop, coupon, paid_at=clock.now().isoformat(), delivered_at=None, status="paid")

    assert (await shop.customer())["owed"] == {}


async def test_what_a_round_let_go_is_held_anew_in_the_next(shop: Shop) -> None:
    """A refund that was settled and called off opens again when its parcel is lost or late (rule 31)."""
    await shop.order("o0")
    refund = await pending_refund(shop)

    async def place(amount: int) -> int:
        of_refund = shop.merchant_id, "lilei", refund["refund_id"]
        async with shop.engine.begin() as connection:
            await holds.place(connection, *of_refund, [Hold(HoldKind.POINTS, "s", "points", amount)])
            held = await holds.total(connection, shop.merchant_id, "lilei", "points")
            await holds.end(connection, refund["refund_id"], HoldState.RELEASED)
        return held

    assert [await place(10), await place(7)] == [10, 7]
