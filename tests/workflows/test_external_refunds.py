"""Money that went back elsewhere is a refund that begins paid: what follows it runs as for any other (rule 51)."""

import asyncio
from typing import Any

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop, a_line, a_payment, days_ago
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json, Refused
from tools.stack.stack import Stack

PATH = "/v1/orders/o1/external-refunds"


async def noted(shop: Shop, **fields: Any) -> Json:
    body = {"external_id": "re_9", "amount": 60_000, "at": days_ago(3, "09:00:00"), **fields}
    return await shop.merchant.post(PATH, body)


async def test_units_that_went_back_elsewhere_take_back_what_they_earned_and_nothing_is_paid(shop: Shop) -> None:
    await shop.order(points_earned=200)

    answer = await noted(shop, lines=[{"line_id": "l1", "quantity": 1}], payment_id="p1", note="at the dashboard")
    done = await shop.until(answer, "completed")
    order, customer = await shop.merchant.get("/v1/orders/o1"), await shop.customer()
    report = await shop.ops.get("/v1/reports/refunds")

    assert (done["total"], done["effects"]["points_clawed_back"]) == (60_000, 100)
    assert [(each["status"], each["gateway_ref"]) for each in done["payouts"]] == [("succeeded", "re_9")]
    assert done["external"] == order["refunds"][0]["external"]
    assert done["external"]["external_id"] == "re_9" and done["created_at"] == days_ago(3, "09:00:00")
    assert order["refundable"] == [{"line_id": "l1", "quantity": 1, "amount": 60_000}]
    assert customer["points"] == {"balance": 100, "held": 0}
    assert report["external"] == {"CNY": {"count": 1, "amount": 60_000}}
    assert await gateway_refunds(shop) == []
    assert any("by the shop itself" in text for text in await shop.inbox())
    assert [each["event"] for each in done["timeline"]][:2] == ["paid_elsewhere", "paid"]


async def test_all_that_is_left_gives_everything_back_and_leaves_nothing_to_refund(shop: Shop) -> None:
    coupon = {"customer_id": shop.customer_id, "name": "100 off", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/k1", coupon)
    await shop.order(
        discounts=[{"source": "coupon", "id": "k1", "amount": 10_000}],
        shipping={"amount": 1_000},
        payments=[a_payment("p1", 111_000, "ch-o1")],
    )

    done = await shop.until(await noted(shop, amount=111_000), "completed")
    again = await shop.raw(
        Role.MERCHANT, "POST", "/v1/refunds", json={"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
    )

    assert done["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert (await shop.merchant.get("/v1/coupons/k1"))["status"] == "unused"
    assert again.json()["code"] == "nothing_left_to_refund"


async def test_the_same_note_is_taken_once_by_however_many_callers_and_another_under_its_id_is_refused(
    shop: Shop,
) -> None:
    await shop.order()
    body = {"external_id": "re_9", "amount": 60_000, "at": days_ago(3)}

    answers = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", PATH, json=body) for _ in range(6)))
    other = await shop.raw(Role.MERCHANT, "POST", PATH, json={**body, "note": "another"})

    assert sorted(each.status_code for each in answers) == [200, 200, 200, 200, 200, 201]
    assert len({each.json()["refund_id"] for each in answers}) == 1
    assert (other.status_code, other.json()["code"]) == (409, "conflicting_state")


async def test_of_a_note_and_refunds_for_the_same_money_at_once_only_what_was_paid_goes_back(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=6, unit_price=10_000)])
    one = [{"line_id": "l1", "quantity": 1}]
    notes = (noted(shop, external_id=f"re_{place}", amount=10_000, lines=one) for place in range(5))
    refunds = (shop.refund(lines=one, confirm_duplicate=True) for _ in range(5))

    answers = await asyncio.gather(*notes, *refunds, return_exceptions=True)
    made = [each for each in answers if isinstance(each, dict)]
    done = [await shop.until(each, "completed") for each in made]

    assert len(made) == 6 and sum(each["total"] for each in done) == 60_000
    assert {each.code for each in answers if isinstance(each, Refused)} == {"quantity_not_available"}
    assert len(await gateway_refunds(shop)) == sum(each["external"] is None for each in done)


async def test_a_worker_that_dies_meanwhile_costs_time_and_nothing_else(shop: Shop, stack: Stack) -> None:
    await shop.order(lines=[a_line("l1", quantity=4, unit_price=10_000)], points_earned=400)
    one = [{"line_id": "l1", "quantity": 1}]

    made = [await noted(shop, external_id=f"re_{place}", amount=10_000, lines=one) for place in range(4)]
    stack.kill("worker")
    done = [await shop.merchant.wait_for(each["refund_id"], ["completed"], within_s=IN_TIME_S) for each in made]

    assert [each["effects"]["points_clawed_back"] for each in done] == [100] * 4
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_later_payout_of_the_same_payment_does_not_stop_for_it(shop: Shop) -> None:
    """The provider reports a refund that is none of ours: told of, it is known."""
    await shop.order()
    await noted(shop, lines=[{"line_id": "l1", "quantity": 1}], payment_id="p1")

    done = await shop.approved_refund()

    assert done["total"] == 60_000
    assert await gateway_refunds(shop) == [("ch-o1", 60_000, "succeeded")]


async def test_dollars_with_interest_that_went_back_are_said_in_dollars_and_counted_at_the_rate(shop: Shop) -> None:
    dollars = {**a_payment("p1", 2_00, "pi_1"), "currency": "USD", "order_amount": 14_00, "interest": 20}
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=6_30)], payments=[dollars])
    body = {"amount": 1_00, "currency": "USD", "interest": 10, "lines": [{"line_id": "l1", "quantity": 1}]}

    answer = await noted(shop, **body, payment_id="p1")
    done = await shop.until(answer, "completed")
    again = await shop.raw(
        Role.MERCHANT, "POST", PATH, json={"external_id": "re_9", "at": answer["at"], **body, "payment_id": "p1"}
    )
    rest = await shop.approved_refund(reason="quality_issue")

    said = {name: answer[name] for name in ("amount", "currency", "interest", "order_amount")}
    assert said == {"amount": 1_00, "currency": "USD", "interest": 10, "order_amount": 7_00}
    assert (again.status_code, again.json()["order_amount"]) == (200, 7_00)
    assert [(each["amount"], each["order_amount"]) for each in done["payouts"]] == [(1_00, 7_00)]
    assert [(each["amount"], each["explanation"]["rule"]) for each in done["interest"]] == [(70, 50)]
    assert any(each["figure"] == "converted" and "1.00 USD" in each["text"] for each in done["explanations"])
    assert (rest["total"], [each["amount"] for each in rest["payouts"]]) == (7_00, [1_00])
    assert any("1.00 USD" in text for text in await shop.inbox())


async def test_a_currency_that_is_neither_the_orders_nor_the_payments_is_refused(shop: Shop) -> None:
    await shop.order()

    for fields in ({"currency": "USD", "payment_id": "p1"}, {"currency": "USD"}, {"interest": 60_001}):
        body = {"external_id": "re_9", "amount": 60_000, "at": days_ago(3), **fields}
        answer = await shop.raw(Role.MERCHANT, "POST", PATH, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
