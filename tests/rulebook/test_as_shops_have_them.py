"""Orders and ways back as shops have them, over HTTP."""

import pytest

from tests.rulebook.test_campaigns import campaign, store_credit
from tests.shop import Shop, a_line, a_payment, days_ago
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Api, Json, Refused

THE_MERCHANTS_FAULT = ("quality_issue", "delivery_error", "merchant_breach")


def some(line_id: str, quantity: int = 1) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity}]


def left(order: Json) -> dict[str, tuple[int, int]]:
    return {each["line_id"]: (each["quantity"], each["amount"]) for each in order["refundable"]}


# Lines that can't be returned (rule 55)

WHY = ("hygiene", "digital", "final_sale", "custom_made", "perishable", "other")


async def test_each_line_that_can_not_be_returned_says_why_and_comes_back_for_the_merchants_fault(shop: Shop) -> None:
    kept = [
        a_line(f"l{place}", unit_price=place * 100, returnable={"allowed": False, "because": why})
        for place, why in enumerate(WHY, 1)
    ]
    sold = await shop.order(lines=[a_line("l0"), *kept])
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))

    for place, why in enumerate(WHY, 1):
        told = (
            rf"422 line_not_returnable: line 'l{place}' can't be returned \({why}\); it is taken back only where the "
            f"merchant is at fault: {', '.join(THE_MERCHANTS_FAULT)}"
        )
        for whoever, path in ((shop.merchant, "/v1/refunds"), (customer, "/v1/refunds/quote")):
            with pytest.raises(Refused, match=told):
                await whoever.post(path, {"order_id": "o1", "reason": "changed_mind", "lines": some(f"l{place}")})
    everything_left = await shop.quote(reason="changed_mind")
    for place in range(1, len(WHY)):
        reason = THE_MERCHANTS_FAULT[place % len(THE_MERCHANTS_FAULT)]
        done = await shop.approved_refund(reason=reason, lines=some(f"l{place}"))
        assert done["total"] == place * 100
    mixed = [*some("l0"), {**some("l6")[0], "reason": "quality_issue"}]
    last = await shop.approved_refund(reason="merchant_breach", lines=mixed)

    assert [line["returnable"]["because"] for line in sold["lines"][1:]] == list(WHY)
    assert [line["line_id"] for line in everything_left["lines"]] == ["l0"]
    assert (last["total"], sum(amount for _, amount in left(await shop.merchant.get("/v1/orders/o1")).values())) == (
        16_00,
        0,
    )


# Lines that are removed or exchanged after payment (rules 51 and 57)

KETTLES, CUP, POT = (
    a_line("l1", quantity=2, unit_price=50_00),
    a_line("l2", unit_price=30_00),
    a_line("l3", unit_price=40_00),
)


async def test_a_line_that_is_removed_before_its_money_is_taken_is_gone_and_the_rest_comes_back(shop: Shop) -> None:
    off = {"source": "other", "amount": 13_00}
    held = {**a_payment("p1", 117_00, "ch-o1"), "status": "authorized"}
    await shop.order(lines=[KETTLES, CUP], discounts=[off], payments=[held], points_earned=117)
    fewer = [{**KETTLES, "quantity": 1}]

    changed = await shop.order(
        lines=fewer,
        discounts=[{**off, "amount": 5_00}],
        payments=[a_payment("p1", 45_00, "ch-o1")],
        points_earned=45,
        updated_at=days_ago(1),
    )
    with pytest.raises(Refused, match="422 line_not_found"):
        await shop.quote(lines=some("l2"))
    with pytest.raises(Refused, match=r"422 quantity_not_available"):
        await shop.quote(lines=some("l1", 2))
    quote, done = await shop.quote(), await shop.approved_refund()

    assert (left(changed), changed["version"]) == ({"l1": (1, 45_00)}, 2)
    assert quote["total"] == done["total"] == 45_00 and done["lessened"] == []
    assert done["effects"]["points_clawed_back"] == 45 and (await shop.customer())["points"]["balance"] == 0
    assert await gateway_refunds(shop) == [("ch-o1", 45_00, "succeeded")]


async def test_a_line_whose_money_went_back_elsewhere_is_exchanged_and_what_is_kept_is_left(shop: Shop) -> None:
    """The merchant took a cup off the paid order, paid it back at the dashboard, and sold a pot in its place."""
    await shop.order(lines=[KETTLES, CUP], points_earned=130)
    body = {"external_id": "re_1", "amount": 30_00, "lines": some("l2"), "payment_id": "p1", "at": days_ago(2)}
    noted = await shop.until(await shop.merchant.post("/v1/orders/o1/external-refunds", body), "completed")
    paid = [a_payment("p1", 130_00, "ch-o1"), a_payment("p2", 40_00, "ch-o1-2")]

    with pytest.raises(Refused, match=r"409 conflicting_state.*'l2' would be gone") as refused:
        await shop.order(lines=[KETTLES, POT], payments=[paid[0], {**paid[1], "amount": 10_00}], updated_at=days_ago(1))
    changed = await shop.order(lines=[KETTLES, CUP, POT], payments=paid, points_earned=170, updated_at=days_ago(1))
    with pytest.raises(Refused, match="422 quantity_not_available"):
        await shop.quote(lines=some("l2"))
    pot = await shop.approved_refund(lines=some("l3"))
    quote, rest = await shop.quote(), await shop.approved_refund()

    assert noted["refund_id"] in refused.value.detail
    assert left(changed) == {"l1": (2, 100_00), "l2": (0, 0), "l3": (1, 40_00)}
    assert (pot["total"], quote["total"], rest["total"]) == (40_00, 100_00, 100_00)
    assert sum(amount for _, amount, _ in await gateway_refunds(shop)) == 140_00
    assert (await shop.customer())["points"]["balance"] == 0


# Points that are worth less than a minor unit (rules 18 and 20)


async def test_176_points_at_half_a_minor_unit_are_0_88_and_each_refund_floors_its_own(shop: Shop) -> None:
    await shop.lenient_policy(points_shortfall="deduct_from_refund", point_value="0.5")
    points = f"/v1/customers/{shop.customer_id}/points"

    for quantity, deducted in ((1, [88]), (2, [44, 44]), (3, [29, 29, 29])):
        order_id = f"of-{quantity}"
        await shop.order(order_id, lines=[a_line("l1", quantity=quantity, unit_price=10_00)], points_earned=176)
        await shop.merchant.post(points, {"points": -176})
        for amount in deducted:
            quote = await shop.quote(order_id, lines=some("l1"))
            done = await shop.approved_refund(order_id, lines=some("l1"))
            assert [each["amount"] for each in done["deductions"]] == [amount]
            assert quote["total"] == done["total"] == 10_00 - amount


async def test_176_points_that_paid_0_88_come_back_in_parts_with_the_money_beside_them(shop: Shop) -> None:
    await shop.lenient_policy(point_value="0.5")
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 176})
    paid = {"source": "points", "points": 176, "amount": 88}
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=10_00)], discounts=[paid])

    parts = [await shop.approved_refund(lines=some("l1")) for _ in range(3)]

    assert [each["total"] for each in parts] == [9_71, 9_71, 9_70]
    assert [each["effects"]["points_restored"] for each in parts] == [59, 59, 58]
    assert (await shop.customer())["points"]["balance"] == 176


# Money off a line for a reason of its own, beside goods (rules 5, 8, 9 and 55)


async def test_money_off_a_line_has_a_reason_of_its_own_beside_goods_that_come_back(shop: Shop) -> None:
    await shop.lenient_policy(return_shipping_fee=8_00)
    own = {"reason": "scratched", "stands_for": "quality_issue", "name": "Scratched"}
    await shop.ops.put("/v1/reasons", {"reasons": [own]})
    await shop.order(lines=[POT, CUP], shipping={"amount": 12_00}, points_earned=70)
    lines = [*some("l3"), {"line_id": "l2", "amount": 7_00, "reason": "scratched"}]

    quote = await shop.quote(reason="changed_mind", lines=lines, kind="return")
    done = await shop.returned(reason="changed_mind", lines=lines)
    rest = await shop.approved_refund(reason="quality_issue")

    assert quote["total"] == done["total"] == 40_00 + 7_00 - 8_00
    assert [(each["line_id"], each["reason"], each["stands_for"], each["amount"]) for each in done["lines"]] == [
        ("l3", "changed_mind", "changed_mind", 40_00),
        ("l2", "scratched", "quality_issue", 7_00),
    ]
    assert [(each["kind"], each["amount"]) for each in done["fees"] if each["amount"]] == [("return_shipping", 8_00)]
    assert (done["shipping"], done["effects"]["points_clawed_back"]) == (0, 40)
    assert (rest["total"], rest["shipping"], rest["effects"]["points_clawed_back"]) == (23_00 + 12_00, 12_00, 30)
    report = await shop.ops.get("/v1/reports/refunds")
    assert report["by_own_reason"] == {"scratched": 1}


# Parts of a bundle (rule 47)


@pytest.mark.parametrize("bundles", [[], [{"bundle_id": "set", "parts": "alone"}]])
async def test_parts_of_a_bundle_that_come_back_alone_bring_their_share_of_its_price(
    shop: Shop, bundles: list[Json]
) -> None:
    await shop.lenient_policy()
    parts = [{**each, "bundle_id": "set"} for each in (CUP, POT)]
    off = {"source": "other", "amount": 7_00, "line_ids": ["l2", "l3"]}
    await shop.order(lines=[*parts, KETTLES], discounts=[off], bundles=bundles)

    pot = await shop.approved_refund(reason="changed_mind", lines=some("l3"))
    rest = await shop.approved_refund(reason="changed_mind")

    assert (pot["total"], rest["total"]) == (36_00, 27_00 + 100_00)


# What follows a lost dispute, and a won one (rule 52)


async def test_a_lost_dispute_takes_standing_reward_credit_and_points_and_a_won_one_gives_all_again(shop: Shop) -> None:
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(200_00))
    await shop.order(rewards=[store_credit(60_00)], points_earned=120)
    before = await has(shop)
    said = {"dispute_id": "dp_1", "payment_id": "p1", "status": "lost", "amount": 300_00, "at": days_ago(2)}

    lost = await shop.merchant.post("/v1/orders/o1/disputes", said)
    await shop.until(lost, "completed")
    less = await has(shop)
    await shop.merchant.post("/v1/orders/o1/disputes", {**said, "status": "won", "at": days_ago(1)})
    await shop.until(lost, "cancelled")

    assert before == await has(shop) == (1_200_00, True, 1, 260_00, 120)
    assert less == (900_00, False, 0, 45_00, 90)


async def test_goods_come_back_although_a_bank_took_all_of_a_payment_and_the_cents_too_much_in_it(shop: Shop) -> None:
    paid = [a_payment("p1", 100_03, "ch-o1")]
    await shop.order(lines=[KETTLES], payments=paid, owed=-3, points_earned=100)
    said = {"dispute_id": "dp_1", "payment_id": "p1", "status": "lost", "amount": 100_03, "at": days_ago(2)}

    lost = await shop.merchant.post("/v1/orders/o1/disputes", said)
    counted = await shop.until(lost, "completed")
    (dispute,) = (await shop.merchant.get("/v1/orders/o1"))["disputes"]
    returned = await shop.approved_refund()
    await shop.merchant.post("/v1/orders/o1/disputes", {**said, "status": "won", "at": days_ago(1)})
    await shop.until(lost, "cancelled")
    known = (lost["refund_id"], returned["refund_id"])
    refunds = (await shop.merchant.get("/v1/orders/o1"))["refunds"]
    (rest,) = [each for each in refunds if each["refund_id"] not in known]
    done = await shop.until(rest, "completed")

    assert (counted["total"], counted["overpaid"], dispute["holds_payment"]) == (100_03, 3, False)
    assert (returned["total"], done["total"], done["overpaid"]) == (0, 100_03, 3)
    assert await gateway_refunds(shop) == [("ch-o1", 100_03, "succeeded")]


async def has(shop: Shop) -> tuple[int, bool, int, int, int]:
    customer = await shop.customer()
    (known,) = customer["campaigns"]
    standing = known["spend"], known["qualified"], known["rewards_held"]
    return (*standing, customer["store_credit"]["balance"], customer["points"]["balance"])
