"""Campaigns, over HTTP: repeated rewards, limited ones, and refunds that cross a threshold at once (rules 21 to 24)."""

import asyncio
from typing import Any

import pytest

from db.api_keys import Role
from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tools.client import Json


async def campaign(shop: Shop, campaign_id: str, **fields: Any) -> None:
    body = {
        "name": "满1000元返200元",
        "kind": "spend_threshold",
        "starts_at": days_ago(27),
        "ends_at": days_ago(3),
        **fields,
    }
    await shop.merchant.put(f"/v1/campaigns/{campaign_id}", body)


def store_credit(amount: int) -> Json:
    return {"kind": "store_credit", "amount": amount}


async def standing(shop: Shop) -> Json:
    (known,) = (await shop.customer())["campaigns"]
    return dict(known)


async def test_a_repeated_reward_is_earned_for_every_time_the_threshold_is_reached(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=400_00, reward=store_credit(50_00), repeat=True)
    await shop.order()
    assert (await shop.customer())["store_credit"]["balance"] == 150_00

    done = await shop.approved_refund(lines=units("l1"))

    assert done["effects"]["campaigns"][0]["reward_clawed_back"] == 100_00
    assert (await shop.customer())["store_credit"]["balance"] == 50_00
    assert (await standing(shop))["rewards_held"] == 1


async def test_a_reward_that_is_spent_is_taken_off_the_refund(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(200_00))
    await shop.order()
    paid = [{"payment_id": "p1", "method": "store_credit", "amount": 150_00}]
    await shop.order(
        "o2",
        lines=[a_line("l1", unit_price=150_00)],
        payments=paid,
        placed_at=days_ago(2),
        paid_at=days_ago(2),
        delivered_at=days_ago(1),
    )

    done = await shop.approved_refund()

    (deduction,) = done["deductions"]
    assert (deduction["kind"], deduction["id"], deduction["amount"]) == ("campaign_reward", "c9", 150_00)
    assert (done["total"], done["effects"]["campaigns"][0]["reward_clawed_back"]) == (1_050_00, 50_00)


async def test_a_reward_for_every_fen_is_granted_a_hundred_times_and_the_order_is_booked(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1, reward=store_credit(5), repeat=True)

    await shop.order()

    assert ((await standing(shop))["rewards_held"], (await shop.customer())["store_credit"]["balance"]) == (100, 5_00)
    assert (await shop.approved_refund(lines=units("l1")))["deductions"] == []
    assert (await standing(shop))["rewards_held"] == 100


@pytest.mark.parametrize("repeat", [True, False])
async def test_a_threshold_of_nothing_is_refused(shop: Shop, repeat: bool) -> None:
    body = {"name": "0", "kind": "spend_threshold", "starts_at": days_ago(2), "ends_at": days_ago(-2), "threshold": 0}

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/campaigns/c9", json={**body, "repeat": repeat})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "/threshold" in answer.text


async def test_the_use_of_a_limited_campaign_is_given_back_when_all_units_are_returned(shop: Shop) -> None:
    await campaign(shop, "once", kind="limited", limit_per_customer=1)
    await shop.order(discounts=[{"source": "campaign", "id": "once", "amount": 10_00}])
    used = await standing(shop)

    partial = await shop.approved_refund(lines=units("l1"))
    complete = await shop.approved_refund(lines=units("l1"))

    assert (used["qualified"], used["uses"]) == (False, 1)
    assert [refund["effects"]["campaigns"][0]["participation_restored"] for refund in (partial, complete)] == [
        False,
        True,
    ]
    assert ((await standing(shop))["qualified"], (await standing(shop))["uses"]) == (True, 0)


async def test_an_order_that_is_not_paid_takes_part_in_nothing(shop: Shop) -> None:
    await campaign(shop, "first", kind="first_purchase", discount=10_00)
    unpaid: Any = {"status": "placed", "payments": [], "paid_at": None, "delivered_at": None}
    await shop.order(**unpaid)
    placed = await standing(shop)

    await shop.order()

    assert [(known["qualified"], known["uses"]) for known in (placed, await standing(shop))] == [(True, 0), (False, 1)]


async def test_an_order_of_gifts_alone_is_returned_with_its_gifts_and_opens_the_offer_again(shop: Shop) -> None:
    await campaign(shop, "first", kind="first_purchase", discount=10_00)
    await shop.order(lines=[a_line("l1", unit_price=50_00, gift=True)])
    assert not (await standing(shop))["qualified"]

    done = await shop.approved_refund()

    assert done["effects"]["campaigns"][0]["participation_restored"]
    assert (await standing(shop))["qualified"]


async def test_a_high_value_campaign_is_not_restored_while_the_customer_is_restricted(shop: Shop) -> None:
    await campaign(shop, "first", kind="first_purchase", discount=10_00, high_value=True)
    await shop.order()
    refund = await shop.refund(kind="return")
    await shop.until(refund, "awaiting_return")
    suspension = f"/v1/customers/{shop.customer_id}/suspension"
    await shop.ops.post(suspension, {"reason": "malicious returns"})
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{path}/receipt", {})
    await shop.warehouse.post(f"{path}/inspection", {})

    done = await shop.until(refund, "completed")
    restricted = await standing(shop)
    await shop.raw(Role.OPS, "DELETE", suspension)

    assert done["total"] == 1_200_00
    assert not done["effects"]["campaigns"][0]["participation_restored"]
    assert not restricted["qualified"]
    assert (await standing(shop))["qualified"]


async def test_two_refunds_that_cross_a_threshold_at_once_come_to_the_same_as_in_turn(shop: Shop) -> None:
    """1600 spent, threshold 1000: each refund of 400 alone leaves it met, both together do not."""
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(200_00))
    for order_id in ("o1", "o2"):
        await shop.order(order_id, lines=[a_line("l1", quantity=2, unit_price=400_00)])

    both = await asyncio.gather(
        shop.approved_refund("o1", lines=units("l1")), shop.approved_refund("o2", lines=units("l1"))
    )

    assert sorted(refund["effects"]["campaigns"][0]["reward_clawed_back"] for refund in both) == [0, 200_00]
    assert (await shop.customer())["store_credit"]["balance"] == 0
    known = await standing(shop)
    assert (known["spend"], known["qualified"], known["rewards_held"]) == (800_00, False, 0)
