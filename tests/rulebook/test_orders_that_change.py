"""Orders that change after they were paid, over HTTP: each version is booked once, refunds keep to theirs (rule 57)."""

import asyncio
from typing import Any

import pytest

from db.api_keys import Role
from tests.rulebook.test_campaigns import campaign, standing, store_credit
from tests.rulebook.test_entitlements import a_coupon, coupon, know_coupon
from tests.rulebook.test_money import save_10_from_50, units
from tests.rulebook.test_what_if import what_if
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json, Refused

KETTLE, CUP, POT = a_line("l1", quantity=2, unit_price=600_00), a_line("l2", unit_price=100_00), a_line("l3")
BY_HAND: Json = {"auto_approve": {"max_amount": 0}}


def at(hour: int) -> str:
    """A moment of yesterday: each change of an order has a later one."""
    return days_ago(1, f"{hour:02}:00:00")


async def test_what_was_returned_stays_as_it_was_sold_and_all_of_it_comes_back_to_the_cent(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=100_00), CUP], discounts=[a_discount(10_00)])
    first = await shop.approved_refund(lines=units("l1"))
    paid = [a_payment("p1", 390_00, "ch-o1"), a_payment("p2", 5_00, "ch-o1-2")]
    lines = [a_line("l1", quantity=2, unit_price=100_00), CUP, a_line("l4", unit_price=105_00)]

    changed = await shop.order(lines=lines, discounts=[a_discount(10_00)], payments=paid, updated_at=at(1))
    quote = await shop.quote()
    rest = await shop.approved_refund()
    shown = await shop.merchant.get(f"/v1/refunds/{first['refund_id']}")

    assert first["total"] == 97_50 and first["total"] + rest["total"] == 395_00
    assert changed["version"] == quote["order_version"] == rest["order_version"] == 2
    assert shown["order_version"] == 1 and shown["lines"] == first["lines"]
    assert quote["total"] == rest["total"] and quote["explanations"] == rest["explanations"]


def a_discount(amount: int) -> Json:
    return {"source": "other", "amount": amount}


async def test_earlier_versions_are_readable(shop: Shop) -> None:
    first = await shop.order(lines=[KETTLE, CUP], updated_at=at(1))
    await shop.order(lines=[KETTLE, POT], updated_at=at(2))
    now = await shop.order(lines=[KETTLE, CUP, POT], updated_at=at(3))

    then, again = [await shop.merchant.get(f"/v1/orders/o1?version={number}") for number in (1, 3)]

    assert [(each["version"], each["updated_at"]) for each in now["earlier_versions"]] == [(2, at(2)), (1, at(1))]
    assert (then["version"], then["lines"], then["payments"]) == (1, first["lines"], first["payments"])
    assert then["refundable"] == now["refundable"][:2] and again["lines"] == now["lines"]
    for unknown, told in (("4", "404 not_found"), ("0", "422 validation_failed")):
        with pytest.raises(Refused, match=told):
            await shop.merchant.get(f"/v1/orders/o1?version={unknown}")


async def test_a_change_of_what_a_refund_has_claimed_is_refused_and_names_the_refund(shop: Shop) -> None:
    await shop.policy(**BY_HAND)
    await shop.order(lines=[KETTLE, CUP])
    refund = await shop.refund(lines=units("l1", 2))

    for number, lines in enumerate(([CUP], [{**KETTLE, "quantity": 1}, CUP], [{**KETTLE, "unit_price": 599_00}, CUP])):
        with pytest.raises(Refused, match="409 conflicting_state") as refused:
            await shop.order(lines=lines, updated_at=at(number + 1))
        assert refund["refund_id"] in refused.value.detail
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "reject"})
    await shop.until(refund, "rejected")

    assert (await shop.order(lines=[CUP], updated_at=at(9)))["version"] == 2


async def test_a_refund_that_is_decided_after_a_change_pays_what_it_claimed(shop: Shop) -> None:
    await shop.policy(**BY_HAND)
    await shop.order(lines=[KETTLE, CUP], discounts=[a_discount(130_00)])
    refund = await shop.refund(lines=units("l1", 1))
    await shop.order(lines=[KETTLE, CUP, POT], discounts=[a_discount(130_00)], updated_at=at(1))

    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")

    assert (done["total"], done["order_version"], done["differs_from_quote"]) == (540_00, 1, None)
    lines = ["l1", "l2", "l3"]
    left = (await shop.merchant.get("/v1/orders/o1"))["refundable"]
    assert [each["line_id"] for each in left] == lines and sum(each["amount"] for each in left) == 640_00


async def test_a_what_if_works_each_refund_out_on_the_version_that_it_was_settled_on(shop: Shop) -> None:
    lines = [a_line("l1", unit_price=20_00), a_line("l2", unit_price=40_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])
    await shop.approved_refund(lines=units("l1"))
    cheaper = [lines[0], a_line("l4", unit_price=30_00)]
    await shop.order(lines=cheaper, discounts=[save_10_from_50()], updated_at=at(1))
    await shop.approved_refund(lines=units("l4"))

    differing, summary = await what_if(shop, {})

    assert (differing, summary["refunds"], summary["different"]) == ([], 2, 0)


async def test_two_snapshots_at_once_make_versions_one_after_the_other_and_each_is_booked_once(shop: Shop) -> None:
    await shop.order(lines=[KETTLE], points_earned=100, updated_at=at(0))
    bodies = [
        shop.order_body(lines=[KETTLE, {**CUP, "quantity": number}], points_earned=100 + number, updated_at=at(number))
        for number in range(1, 7)
    ]

    answers = await asyncio.gather(*(put(shop, body) for body in bodies * 2))

    assert {answer.status_code for answer in answers} <= {200, 429}
    answers = [await put(shop, body) for body in bodies[-1:]] + [each for each in answers if each.status_code == 200]
    now = await shop.merchant.get("/v1/orders/o1")
    assert (now["updated_at"], now["lines"][1]["quantity"]) == (at(6), 6)
    assert (await shop.customer())["points"]["balance"] == 106
    taken = [answer.json() for answer in answers if answer.json()["ignored"] is None]
    assert now["version"] == len({each["version"] for each in taken}) + 1 == len(now["earlier_versions"]) + 1
    assert (await shop.approved_refund())["total"] == 1_800_00
    assert (await shop.customer())["points"]["balance"] == 0


async def put(shop: Shop, body: Json) -> Any:
    return await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)


async def test_a_change_at_the_same_moment_as_a_refund_is_before_it_or_is_refused(shop: Shop) -> None:
    for number in range(6):
        order_id = f"o{number}"
        await shop.order(order_id, lines=[KETTLE, CUP])
        cheaper = shop.order_body(order_id, lines=[{**KETTLE, "unit_price": 500_00}, CUP], updated_at=at(1))

        changed, refund = await asyncio.gather(
            shop.raw(Role.MERCHANT, "PUT", f"/v1/orders/{order_id}", json=cheaper),
            shop.refund(order_id, lines=units("l1", 2)),
        )

        is_changed = changed.status_code == 200
        assert is_changed or refund["refund_id"] in changed.json()["detail"]
        assert (refund["order_version"], refund["total"]) == ((2, 1_000_00) if is_changed else (1, 1_200_00))
        await shop.until(refund, "completed")


async def test_points_that_were_spent_and_earned_follow_the_order_once(shop: Shop) -> None:
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000, "note": "opening"})
    lots = [{"points": 50, "line_ids": ["l1"]}, {"points": 7, "line_ids": []}]
    await shop.order(lines=[KETTLE], discounts=[points(300)], points_earned=lots)
    balances = [await balance(shop)]

    for hour, spent, earned in ((1, 500, 60), (2, 100, 20), (2, 100, 20), (3, 100, 20)):
        changed = [{**lots[0], "points": earned}, lots[1], {"points": 1, "line_ids": []}]
        await shop.order(lines=[KETTLE], discounts=[points(spent)], points_earned=changed, updated_at=at(hour))
        balances.append(await balance(shop))
    done = await shop.approved_refund()

    assert balances == [757, 568, 928, 928, 928]
    assert (done["effects"]["points_restored"], done["effects"]["points_clawed_back"]) == (100, 28)
    assert await balance(shop) == 1_000


def points(number: int) -> Json:
    return {"source": "points", "points": number, "amount": number}


async def balance(shop: Shop) -> int:
    return int((await shop.customer())["points"]["balance"])


async def test_points_of_a_lot_that_ran_out_can_not_be_earned_otherwise(shop: Shop) -> None:
    lot = {"points": 50, "line_ids": ["l1"], "expires_at": days_ago(2)}
    await shop.order(points_earned=[lot])

    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        await shop.order(points_earned=[{**lot, "points": 40}], updated_at=at(1))
    assert "ran out" in refused.value.detail


async def test_coupons_and_exclusive_discounts_follow_the_order(shop: Shop) -> None:
    for coupon_id in ("cpn-100", "cpn-50"):
        await know_coupon(shop, coupon_id)
    birthday = {"source": "exclusive_discount", "id": "birthday", "amount": 10_00}
    await shop.order(lines=[KETTLE, CUP], discounts=[a_coupon()])

    other = [a_coupon("cpn-50", 50_00), birthday]
    await shop.order(lines=[KETTLE, CUP], discounts=other, updated_at=at(1))
    states = [(await coupon(shop, coupon_id))["status"] for coupon_id in ("cpn-100", "cpn-50")]
    exclusive = (await shop.customer())["exclusive_discounts"]
    await shop.order("o2", lines=[CUP], discounts=[a_coupon()])
    await shop.order(lines=[KETTLE, CUP], discounts=[other[0]], updated_at=at(2))
    done = await shop.approved_refund()

    assert states == ["unused", "used"] and [each["status"] for each in exclusive] == ["used"]
    assert (await shop.customer())["exclusive_discounts"] == []
    assert [(each["coupon_id"], each["outcome"]) for each in done["effects"]["coupons"]] == [("cpn-50", "reinstated")]
    assert (await coupon(shop, "cpn-100"))["status"] == "used"
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.order(lines=[KETTLE, CUP], updated_at=at(3))


async def test_a_code_with_one_use_is_used_by_the_order_that_keeps_it(shop: Shop) -> None:
    await know_coupon(shop, customer_id=None, max_uses=1)
    await shop.order(lines=[KETTLE], discounts=[a_coupon()], updated_at=at(0))
    with pytest.raises(Refused, match="409"):
        await shop.order("o2", lines=[KETTLE], discounts=[a_coupon()])
    await shop.order(lines=[KETTLE], updated_at=at(1))

    await shop.order("o2", lines=[KETTLE], discounts=[a_coupon()])

    with pytest.raises(Refused, match="409"):
        await shop.order(lines=[KETTLE], discounts=[a_coupon()], updated_at=at(2))
    assert (await shop.merchant.get("/v1/orders/o1"))["version"] == 2


async def test_a_campaign_counts_what_the_order_comes_to_now_less_what_was_refunded(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_300_00, reward=store_credit(50_00))
    await shop.order(lines=[KETTLE, CUP])
    await shop.approved_refund(lines=units("l2"))
    assert ((await standing(shop))["spend"], await credit(shop)) == (1_200_00, 0)

    await shop.order(lines=[KETTLE, CUP, {**POT, "unit_price": 200_00}], updated_at=at(1))

    assert ((await standing(shop))["spend"], await credit(shop)) == (1_400_00, 50_00)


async def credit(shop: Shop) -> int:
    return int((await shop.customer())["store_credit"]["balance"])


async def test_what_an_order_grants_more_is_granted_once_and_what_it_granted_stays(shop: Shop) -> None:
    reward = {"kind": "store_credit", "amount": 20_00}
    await shop.order(rewards=[reward], updated_at=at(0))

    for hour in (1, 1, 2):
        await shop.order(rewards=[reward, {**reward, "amount": 7_00}], updated_at=at(hour))
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.order(rewards=[], updated_at=at(3))

    assert await credit(shop) == 27_00
    assert (await shop.approved_refund())["total"] == 1_200_00 and await credit(shop) == 0


async def test_a_fee_that_is_asked_for_stays(shop: Shop) -> None:
    await shop.policy(**BY_HAND)
    fee = {"line_id": "f1", "sku": "f", "kind": "fee", "quantity": 1, "total": 3_00}
    await shop.order(lines=[KETTLE, fee])
    refund = await shop.refund(lines=[{"line_id": "f1", "amount": 2_00}])

    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        await shop.order(lines=[KETTLE, {**fee, "total": 1_99}], updated_at=at(1))

    assert refund["refund_id"] in refused.value.detail


# What a bank is asked about, and has taken (rule 52)


async def said(shop: Shop, status: str, amount: int) -> Json:
    body = {"dispute_id": "dp1", "payment_id": "p1", "status": status, "amount": amount, "at": days_ago(1)}
    return await shop.merchant.post("/v1/orders/o1/disputes", body)


async def test_a_payment_keeps_what_is_disputed_of_it_and_the_conflict_names_the_dispute(shop: Shop) -> None:
    await shop.order(lines=[KETTLE, CUP])
    paid = [a_payment("p1", 900_00, "ch-o1"), a_payment("p2", 400_00, "ch-o1-2")]
    await said(shop, "opened", 1_000_00)

    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        await shop.order(lines=[KETTLE, CUP], payments=paid, updated_at=at(1))
    more = await shop.order(lines=[KETTLE, CUP, POT], updated_at=at(2))
    await said(shop, "won", 1_000_00)
    less = await shop.order(lines=[KETTLE, CUP], payments=paid, updated_at=at(3))
    again = await said(shop, "won", 1_000_00)

    assert "of 90000, 100000 of it is disputed. Dispute 'dp1' stands in the way" in refused.value.detail
    assert (more["version"], less["version"], again["status"]) == (2, 3, "won")


ADDED = a_line("l4", unit_price=55_00)
PAID = [a_payment("p1", 1_300_00, "ch-o1"), a_payment("p2", 55_00, "ch-o1-2")]


async def lost_and_changed(shop: Shop) -> Json:
    """An order of 1,300.00 of which a bank took 300.00, and to which a line of 55.00 was added since."""
    await shop.order(lines=[KETTLE, CUP], points_earned=130)
    lost = await said(shop, "lost", 300_00)
    await shop.until(lost, "completed")
    changed = await shop.order(lines=[KETTLE, CUP, ADDED], payments=PAID, points_earned=135, updated_at=at(1))
    assert changed["version"] == 2
    return lost


async def test_after_a_lost_dispute_an_order_changes_and_comes_back_but_for_what_the_bank_took(shop: Shop) -> None:
    lost = await lost_and_changed(shop)
    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        others = [CUP, ADDED, a_line("l5", unit_price=1_200_00)]
        await shop.order(lines=others, payments=PAID, points_earned=135, updated_at=at(2))

    quote = await shop.quote()
    parts = [await shop.approved_refund(lines=units("l4")), await shop.approved_refund()]
    taken = await shop.merchant.get(f"/v1/refunds/{lost['refund_id']}")
    differing, summary = await what_if(shop, {})

    assert "Dispute 'dp1'" in refused.value.detail and lost["refund_id"] in refused.value.detail
    assert quote["total"] == sum(each["total"] for each in parts) == 1_055_00
    assert (taken["total"], taken["order_version"], parts[0]["order_version"]) == (300_00, 1, 2)
    by_payment = [(each["payment_id"], each["amount"]) for part in parts for each in part["payouts"]]
    assert sum(amount for payment_id, amount in by_payment if payment_id == "p1") == 1_000_00
    assert await balance(shop) == 0
    assert (differing, summary["refunds"], summary["different"]) == ([], 3, 0)


async def test_a_dispute_that_is_won_after_its_order_changed_gives_all_of_it_again(shop: Shop) -> None:
    lost = await lost_and_changed(shop)
    returned = await shop.approved_refund()
    await said(shop, "won", 300_00)
    await shop.until(lost, "cancelled")

    order = await shop.merchant.get("/v1/orders/o1")
    known = (lost["refund_id"], returned["refund_id"])
    (rest,) = [each for each in order["refunds"] if each["refund_id"] not in known]
    done = await shop.until(rest, "completed")

    assert (returned["total"], done["total"]) == (1_055_00, 300_00)
    assert await balance(shop) == 0
