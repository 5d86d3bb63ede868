"""What came back for less, because of money off it that was given up after all, is paid by itself (rules 5 and 52)."""

from tests.rulebook.test_parcels import a_parcel, came, sent
from tests.shop import Shop, a_line, days_ago
from tests.upkeep.scenes import at
from tests.workflows.test_dispute_events import said
from tests.workflows.test_payouts import coupon, gateway_refunds
from tools.client import Json

TWO = [a_line("l1", quantity=2, unit_price=50_00)]


async def others(shop: Shop, *known: Json) -> list[Json]:
    """The refunds of the order that nobody asked for."""
    order = await shop.merchant.get("/v1/orders/o1")
    return [each for each in order["refunds"] if each["refund_id"] not in {one["refund_id"] for one in known}]


async def test_a_loss_that_is_won_when_every_unit_is_back_comes_back_with_what_it_had_earned(shop: Shop) -> None:
    await shop.order(lines=TWO, shipping={"amount": 10_00}, points_earned=100)
    lost = await said(shop, "lost", 110_00)
    await shop.until(lost, "completed")
    returned = await shop.approved_refund()

    await said(shop, "won", 110_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, returned)
    done = await shop.until(rest, "completed")

    assert (returned["total"], done["total"], done["shipping"]) == (0, 110_00, 10_00)
    assert done["effects"]["points_clawed_back"] == 100
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}
    assert await gateway_refunds(shop) == [("ch-o1", 110_00, "succeeded")]


async def test_shipping_alone_that_is_lost_while_a_return_is_awaited_is_the_customers_once_that_is_won(
    shop: Shop,
) -> None:
    await shop.order(lines=TWO, shipping={"amount": 10_00})
    returned = await shop.refund(kind="return")
    lost = await said(shop, "lost", 10_00)
    counted = await shop.until(lost, "completed")

    await said(shop, "won", 10_00)
    await shop.until(lost, "cancelled")
    order = await shop.merchant.get("/v1/orders/o1")

    assert (counted["shipping"], counted["total"], order["shipping_left"]) == (10_00, 10_00, 10_00)
    assert await others(shop, lost, returned) == []


async def test_shipping_alone_that_is_lost_comes_back_by_itself_when_it_is_won_after_every_unit_is_back(
    shop: Shop,
) -> None:
    await shop.order(lines=TWO, shipping={"amount": 10_00})
    asked = await shop.refund(kind="return")
    lost = await said(shop, "lost", 10_00)
    await shop.until(lost, "completed")
    await shop.warehouse.post(at(asked, "receipt"), {})
    await shop.warehouse.post(at(asked, "inspection"), {"lines": []})
    returned = await shop.until(asked, "completed")

    await said(shop, "won", 10_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, returned)
    done = await shop.until(rest, "completed")

    assert (returned["total"], done["total"], done["shipping"]) == (100_00, 10_00, 10_00)
    assert await gateway_refunds(shop) == [("ch-o1", 100_00, "succeeded"), ("ch-o1", 10_00, "succeeded")]


async def test_a_parcels_sending_that_was_lost_comes_back_when_it_is_won_though_another_parcel_is_kept(
    shop: Shop,
) -> None:
    parcels = [
        a_parcel("s1", {"l1": 1}, amount=6_00, tax=90, **came(3)),
        a_parcel("s2", {"l2": 1}, amount=4_00, tax=70, **came(2)),
    ]
    await sent(shop, *parcels, lines=[a_line("l1", unit_price=50_00), a_line("l2", unit_price=30_00)])
    lost = await said(shop, "lost", 90_00)
    await shop.until(lost, "completed")
    returned = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    await said(shop, "won", 90_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, returned)
    done = await shop.until(rest, "completed")
    order = await shop.merchant.get("/v1/orders/o1")
    kept = await shop.approved_refund()

    assert (returned["total"], returned["shipping"]) == (0, 0)
    assert (done["total"], done["shipping"], done["shipping_tax"]) == (56_00, 6_00, 90)
    assert (order["shipping_left"], kept["total"], kept["shipping"], kept["shipping_tax"]) == (4_00, 34_00, 4_00, 70)
    assert sorted(amount for _, amount, _ in await gateway_refunds(shop)) == [34_00, 56_00]


async def test_sending_that_was_lost_comes_back_when_it_is_won_with_the_first_unit_that_had_brought_it(
    shop: Shop,
) -> None:
    await shop.order(lines=TWO, shipping={"amount": 10_00})
    lost = await said(shop, "lost", 110_00)
    await shop.until(lost, "completed")
    one = [{"line_id": "l1", "quantity": 1}]
    returned = await shop.approved_refund(lines=one)

    await said(shop, "won", 110_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, returned)
    done = await shop.until(rest, "completed")
    kept = await shop.approved_refund()

    assert (returned["total"], done["total"], done["shipping"], kept["total"]) == (0, 60_00, 10_00, 50_00)


async def test_of_units_that_went_back_elsewhere_for_less_the_rest_comes_back(shop: Shop) -> None:
    await shop.order(lines=TWO, points_earned=100)
    lost = await said(shop, "lost", 30_00)
    await shop.until(lost, "completed")
    body = {"external_id": "till-7", "amount": 70_00, "at": days_ago(1)}
    elsewhere = await shop.merchant.post("/v1/orders/o1/external-refunds", body)
    await shop.until(elsewhere, "completed")

    await said(shop, "won", 30_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, elsewhere)
    done = await shop.until(rest, "completed")

    assert (done["total"], done["effects"]["points_clawed_back"]) == (30_00, 30)
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_what_the_order_granted_goes_too_when_a_dispute_is_won_after_every_unit_is_back(shop: Shop) -> None:
    await coupon(shop)
    granted = [{"kind": "store_credit", "amount": 20_00}, {"kind": "coupon", "coupon_id": "cpn-100"}]
    await shop.order(lines=TWO, rewards=granted)
    lost = await said(shop, "lost", 50_00)
    await shop.until(lost, "completed")
    returned = await shop.until(await shop.approved_refund(), "completed")

    await said(shop, "won", 50_00)
    await shop.until(lost, "cancelled")
    (rest,) = await others(shop, lost, returned)
    done = await shop.until(rest, "completed")

    customer = await shop.customer()
    assert (returned["total"], done["total"]) == (0, 100_00)
    assert (customer["store_credit"]["balance"], customer["owed"]) == (0, {})
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "revoked"


async def test_money_off_goods_that_is_refused_when_they_are_back_is_paid_with_them_once(shop: Shop) -> None:
    await shop.order(lines=TWO)
    asked = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "amount": 20_00}])
    returned = await shop.approved_refund()

    await shop.reviewer.post(at(asked, "review"), {"decision": "reject", "reason_code": "other", "note": "no"})
    await shop.until(asked, "rejected")
    (rest,) = await others(shop, asked, returned)
    done = await shop.until(rest, "completed")

    assert (returned["total"], done["total"]) == (80_00, 20_00)
    assert done["timeline"][0]["event"] == "requested"
    assert len(await others(shop, asked, returned)) == 1


async def test_what_a_reviewer_refuses_of_it_is_not_asked_for_again(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 0})
    await shop.order(lines=TWO)
    asked = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "amount": 20_00}])
    returned = await shop.refund()
    await shop.reviewer.post(at(returned, "review"), {"decision": "approve"})
    await shop.until(returned, "completed")
    await shop.merchant.post(at(asked, "cancel"), {})
    await shop.until(asked, "cancelled")
    (rest,) = await others(shop, asked, returned)

    await shop.reviewer.post(at(rest, "review"), {"decision": "reject", "reason_code": "other", "note": "no"})
    await shop.until(rest, "rejected")

    assert await others(shop, asked, returned) == [{**rest, "status": "rejected"}]
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["amount"] == 20_00


async def test_nothing_of_a_gift_that_its_receiver_returned_goes_to_the_giver_by_itself(shop: Shop) -> None:
    await shop.order(lines=TWO)
    asked = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "amount": 20_00}])
    returned = await shop.approved_refund(beneficiary="receiver")

    await shop.merchant.post(at(asked, "cancel"), {})
    await shop.until(asked, "cancelled")

    assert await others(shop, asked, returned) == []
