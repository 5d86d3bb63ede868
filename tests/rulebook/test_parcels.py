"""Orders that were sent in several parcels, over HTTP (rule 49)."""

import pytest

from activities.review import Review
from domain.rights.review import WaitsBecause
from service.steps import RefundRef
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Api, Json, Refused


def a_parcel(shipment_id: str, contents: dict[str, int], **fields: object) -> Json:
    lines = [{"line_id": line_id, "quantity": quantity} for line_id, quantity in contents.items()]
    return {"shipment_id": shipment_id, "lines": lines, **fields}


def came(days: int) -> Json:
    return {"shipped_at": days_ago(days + 2), "delivered_at": days_ago(days)}


def some(line_id: str, quantity: int = 1) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity}]


async def sent(shop: Shop, *parcels: Json, **fields: object) -> Json:
    """Two kettles and a pot bought two months ago, with shipping of 10.00."""
    lines = [a_line("l1", quantity=2, unit_price=50_00), a_line("l2", unit_price=30_00)]
    whole: Json = {"status": "shipped", "placed_at": days_ago(60), "paid_at": days_ago(60), "delivered_at": None}
    whole |= {"lines": lines, "shipping": {"amount": 10_00, "tax": 1_60}, "shipments": list(parcels)}
    return await shop.order(**(whole | fields))


async def test_each_units_window_runs_from_its_own_parcels_delivery(shop: Shop) -> None:
    await sent(shop, a_parcel("s1", {"l1": 1, "l2": 1}, **came(40)), a_parcel("s2", {"l1": 1}, **came(3)))

    with pytest.raises(Refused, match=r"422 outside_return_window.*of shipment 's1'"):
        await shop.quote(lines=some("l2"))
    with pytest.raises(Refused, match="422 outside_return_window"):
        await shop.quote(lines=some("l1", 2))
    everything = await shop.quote()
    refund = await shop.approved_refund(lines=some("l1"))

    assert [(line["line_id"], line["quantity"]) for line in everything["lines"]] == [("l1", 1)]
    assert everything["total"] == refund["total"] == 60_00
    with pytest.raises(Refused, match="422 outside_return_window"):
        await shop.quote()


async def test_what_was_asked_for_too_late_stays_late_although_its_order_has_that_parcel_no_more(shop: Shop) -> None:
    await shop.policy(outside_window="review")
    await sent(shop, a_parcel("s1", {"l1": 1}, **came(40)), a_parcel("s2", {"l1": 1, "l2": 1}, **came(3)))
    refund = await shop.until_judged(await shop.refund(lines=some("l1", 2)))
    lines = [a_line("l1", quantity=2, unit_price=50_00), a_line("l2", unit_price=30_00), a_line("l3")]
    parcels = [a_parcel("s2", {"l1": 2, "l2": 1}, **came(3))]
    changed = await sent(shop, *parcels, lines=lines, updated_at=days_ago(1))

    assessed = await Review(shop.engine).assess_refund(RefundRef(refund["refund_id"], shop.merchant_id))

    assert changed["version"] == 2
    assert WaitsBecause.OUTSIDE_RETURN_WINDOW in assessed.waits_because


async def test_shipping_comes_back_with_its_parcel_as_quoted_and_explained(shop: Shop) -> None:
    parcels = [
        a_parcel("s1", {"l1": 2}, amount=6_00, tax=90, **came(3)),
        a_parcel("s2", {"l2": 1}, amount=4_00, tax=70, **came(2)),
    ]
    pushed = await sent(shop, *parcels)

    quote = await shop.quote(lines=some("l1"))
    first = await shop.approved_refund(lines=some("l1"))
    rest = await shop.approved_refund()
    order = await shop.merchant.get("/v1/orders/o1")

    assert quote["total"] == first["total"] == 56_00
    assert (first["shipping"], first["shipping_tax"]) == (6_00, 90)
    assert (rest["shipping"], rest["shipping_tax"], rest["total"]) == (4_00, 70, 84_00)
    said = [
        (each["subject"], each["result"], each["rule"])
        for each in first["explanations"]
        if each["figure"] == "shipment"
    ]
    assert said == [("s1", 6_00, 49)]
    assert [each["shipment_id"] for each in order["shipments"]] == ["s1", "s2"]
    assert order["shipments"] == pushed["shipments"] and order["shipping_left"] == 0


async def test_a_merchant_gives_back_a_part_of_the_shipping_and_never_more_than_is_left(shop: Shop) -> None:
    await sent(shop, delivered_at=days_ago(3))
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))
    asked = {"order_id": "o1", "reason": "quality_issue", "lines": [], "shipping_amount": 4_00}

    with pytest.raises(Refused, match="403 forbidden"):
        await customer.post("/v1/refunds/quote", asked)
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.quote(lines=some("l1"), shipping_amount=4_00, include_shipping=True)
    part = await shop.approved_refund(lines=[], shipping_amount=4_00)
    with pytest.raises(Refused, match=r"422 amount_not_available.*601 asked for, 600 left"):
        await shop.refund(lines=some("l2"), shipping_amount=6_01)
    rest = await shop.approved_refund()

    assert (part["total"], part["shipping"], part["shipping_tax"]) == (4_00, 4_00, 64)
    assert (rest["shipping"], rest["shipping_tax"], rest["total"]) == (6_00, 96, 136_00)


async def test_what_was_never_sent_and_what_never_came_is_money_alone(shop: Shop) -> None:
    await sent(
        shop,
        a_parcel("s1", {"l1": 1}, **came(3)),
        a_parcel("s2", {"l1": 1}, shipped_at=days_ago(50)),
        a_parcel("s3", {"l2": 1}),
    )

    with pytest.raises(Refused, match="422 nothing_was_sent"):
        await shop.quote(kind="return", lines=some("l2"))
    cancelled = await shop.approved_refund(kind=None, reason="merchant_breach", lines=some("l2"))
    lost = await shop.approved_refund(reason="delivery_error", lines=some("l1"))
    back = await shop.quote(kind=None, reason="changed_mind")

    assert (cancelled["kind"], cancelled["total"], cancelled["shipping"]) == ("refund_only", 40_00, 10_00)
    assert lost["total"] == 50_00
    assert (back["kind"], back["lines"][0]["quantity"]) == ("return", 1)


async def test_a_parcel_that_is_lost_on_its_way_there_is_noted_and_refunded_with_its_own_shipping(shop: Shop) -> None:
    on_their_way = {"shipped_at": days_ago(20)}
    parcels = [
        a_parcel("s1", {"l1": 1}, amount=3_00, tax=48, **came(3)),
        a_parcel("s2", {"l1": 1}, amount=2_00, tax=32, **on_their_way),
        a_parcel("s3", {"l2": 1}, amount=5_00, tax=80, **on_their_way),
    ]
    await sent(shop, *parcels)
    lost = {**parcels[1], "lost_at": days_ago(1)}
    pushed = await sent(shop, parcels[0], lost, parcels[2])

    with pytest.raises(Refused, match="422 nothing_was_sent"):
        await shop.quote(kind="return", lines=some("l1", 2))
    quote = await shop.quote(kind=None, reason="delivery_error", lines=some("l1"))
    refund = await shop.approved_refund(kind=None, reason="delivery_error", lines=some("l1"))
    rest = await shop.quote(kind=None, reason="changed_mind")
    for _ in range(2):
        await sent(shop, parcels[0], {**lost, "delivered_at": days_ago(0, "00:00:01")}, parcels[2])
    told = [each["body"] for each in (await shop.ops.get("/v1/inbox"))["items"]]

    assert (
        told.count(
            "Shipment 's2' of order 'o1' was lost and came after all: 1 × l1 of it is refunded already, or asked for."
        )
        == 1
    )
    assert pushed["shipments"][1]["lost_at"] is not None and "lost_at" not in pushed["shipments"][0]
    assert (refund["kind"], quote["total"], refund["total"]) == ("refund_only", 52_00, 52_00)
    said = {each["subject"]: each["result"] for each in refund["explanations"] if each["figure"] == "shipment"}
    assert said["s2"] == refund["shipping"] == 2_00
    assert [(line["line_id"], line["quantity"]) for line in rest["lines"]] == [("l1", 1), ("l2", 1)]


async def test_a_measured_line_is_in_two_parcels_by_weight(shop: Shop) -> None:
    cheese = {"line_id": "l1", "quantity": "1.5", "unit": "kg", "total": 30_00}
    parts: list[tuple[str, Json]] = [("1", came(40)), ("0.5", came(3))]
    parcels = [
        {"shipment_id": f"s{quantity}", "lines": [{"line_id": "l1", "quantity": quantity}], **when}
        for quantity, when in parts
    ]
    pushed = await sent(shop, *parcels, lines=[cheese])

    with pytest.raises(Refused, match="422 outside_return_window"):
        await shop.quote(lines=[{"line_id": "l1", "quantity": "0.501"}])
    back = await shop.quote(lines=[{"line_id": "l1", "quantity": "0.5"}], include_shipping=False)
    whole: Json = {"shipment_id": "s1", "lines": [{"line_id": "l1", "quantity": "1.501"}]}
    with pytest.raises(Refused, match=r"1.501 kg of line 'l1' are in shipments, and 1.5 kg were bought"):
        await sent(shop, whole, lines=[cheese])

    assert (back["total"], back["lines"][0]["quantity"]) == (10_00, "0.5")
    assert [each["lines"][0]["quantity"] for each in pushed["shipments"]] == ["1", "0.5"]


@pytest.mark.parametrize(
    ("parcels", "told"),
    [
        ([a_parcel("s1", {"l9": 1})], "names lines that the order does not have: l9"),
        ([a_parcel("s1", {"l1": 3})], "3 of line 'l1' are in shipments, and 2 were bought"),
        ([a_parcel("s1", {"l1": 2, "l2": 1}, amount=9_00)], "comes to 900, and the order's shipping to 1000"),
        ([a_parcel("s1", {"l1": 1}), a_parcel("s1", {"l2": 1})], "shipment_id s1 appears twice"),
        ([a_parcel("s1", {"l1": 1}, tax=1)], "can't exceed it"),
        ([{"shipment_id": "s1", "lines": [{"line_id": "l1", "quantity": "0.5"}]}], "measured in a unit"),
        ([a_parcel("s1", {"l1": 1}, delivered_at=days_ago(61))], "it lies before placed_at"),
        ([a_parcel("s1", {"l1": 1}, delivered_at=days_ago(-2))], "leave it out until it has happened"),
        ([a_parcel("s1", {"l1": 1}, shipped_at=days_ago(2), delivered_at=days_ago(3))], "after it was shipped"),
    ],
)
async def test_parcels_that_can_not_be_are_refused_with_what_is_wrong(
    shop: Shop, parcels: list[Json], told: str
) -> None:
    with pytest.raises(Refused, match=f"422 validation_failed.*{told}"):
        await sent(shop, *parcels)


async def test_parcels_join_an_order_whose_refund_is_under_way_and_what_was_quoted_is_paid(shop: Shop) -> None:
    parcels = [a_parcel("s1", {"l1": 2}, amount=6_00, **came(3)), a_parcel("s2", {"l2": 1}, amount=4_00, **came(2))]
    await sent(shop, paid_at=days_ago(9), placed_at=days_ago(9))
    await shop.policy(auto_approve={"reasons": []})
    waiting = await shop.until(await shop.refund(lines=some("l1")), "in_review")

    await sent(shop, *parcels, paid_at=days_ago(9), placed_at=days_ago(9))
    with pytest.raises(Refused, match="409 conflicting_state"):
        changed = {**parcels[0], "amount": 5_00}, {**parcels[1], "amount": 5_00}
        await sent(shop, *changed, paid_at=days_ago(9), placed_at=days_ago(9))
    await shop.reviewer.post(f"/v1/refunds/{waiting['refund_id']}/review", {"decision": "approve"})
    done = await shop.until(waiting, "completed")

    assert (done["total"], done["differs_from_quote"]) == (60_00, None)


async def test_a_line_is_added_with_a_parcel_of_its_own_after_another_parcel_came_back(shop: Shop) -> None:
    await shop.lenient_policy()
    parcels = [a_parcel("s1", {"l1": 2}, amount=6_00, **came(3)), a_parcel("s2", {"l2": 1}, amount=4_00, **came(2))]
    pushed = await sent(shop, *parcels)
    first = await shop.approved_refund(lines=some("l1"))
    more: Json = {"lines": [*pushed["lines"], a_line("l3", unit_price=7_00)], "updated_at": days_ago(1)}
    more["payments"] = [a_payment("p1", 140_00, "ch-o1"), a_payment("p2", 9_00, "ch-o1-2")]

    with pytest.raises(Refused, match=r"409 conflicting_state.*sending shipment 's1' would cost less than came back"):
        cheaper = {**parcels[0], "amount": 5_00}, parcels[1], a_parcel("s3", {"l3": 1}, amount=3_00)
        await sent(shop, *cheaper, **more, shipping={"amount": 12_00, "tax": 1_92})
    third = a_parcel("s3", {"l3": 1}, amount=2_00)
    changed = await sent(shop, *parcels, third, **more, shipping={"amount": 12_00, "tax": 1_92})
    rest = [await shop.approved_refund(lines=some("l3")), await shop.approved_refund()]

    assert (first["shipping"], changed["version"], changed["shipping_left"]) == (6_00, 2, 6_00)
    assert [(each["shipping"], each["total"]) for each in rest] == [(2_00, 9_00), (4_00, 84_00)]
    assert first["total"] + 9_00 + 84_00 == 149_00
