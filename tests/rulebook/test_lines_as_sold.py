"""Lines as shops sell them, over HTTP (rules 47 and 48)."""

import pytest

from tests.shop import Shop, a_line
from tools.client import Api, Json, Refused

THREE_FOR_ONE = {"line_id": "l1", "name": "Limes", "quantity": 3, "total": 1_00, "tax": 14}


def some(line_id: str, quantity: int = 1) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity}]


async def test_three_for_1_00_come_back_as_quoted_to_the_cent(shop: Shop) -> None:
    pushed = await shop.order(lines=[THREE_FOR_ONE])

    quotes, totals = [], []
    for _ in range(3):
        quotes.append((await shop.quote(lines=some("l1")))["total"])
        totals.append((await shop.approved_refund(lines=some("l1")))["total"])

    assert quotes == totals == [34, 33, 33]
    assert (pushed["lines"][0]["total"], pushed["lines"][0]["unit_price"]) == (1_00, None)
    assert pushed["refundable"] == [{"line_id": "l1", "quantity": 3, "amount": 1_00}]


async def test_an_order_reads_back_as_it_was_sent_and_can_be_put_again(shop: Shop) -> None:
    body = shop.order_body(lines=[THREE_FOR_ONE, a_line("l2", unit_price=10_00)])
    pushed = await shop.merchant.put("/v1/orders/o1", body)
    read = await shop.merchant.get("/v1/orders/o1")

    assert read["lines"] == pushed["lines"]
    again = await shop.merchant.put("/v1/orders/o1", {**body, "lines": read["lines"]})
    assert again["version"] == 1


# Sold for good

HYGIENE = {"allowed": False, "because": "hygiene"}


async def test_what_was_sold_for_good_comes_back_for_the_merchants_fault_alone(shop: Shop) -> None:
    pushed = await shop.order(lines=[a_line("l1"), a_line("l2", unit_price=5_00, returnable=HYGIENE)])

    with pytest.raises(Refused, match=r"422 line_not_returnable.*hygiene"):
        await shop.refund(reason="changed_mind", lines=some("l2"))
    everything_left = await shop.quote(reason="changed_mind")
    for_a_fault = await shop.approved_refund(reason="quality_issue", lines=some("l2"))

    assert [line.get("returnable") for line in pushed["lines"]] == [None, HYGIENE]
    assert ([line["line_id"] for line in everything_left["lines"]], everything_left["total"]) == (["l1"], 10_00)
    assert for_a_fault["total"] == 5_00


async def test_money_off_what_was_sold_for_good_is_the_merchants_to_give(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", returnable=HYGIENE)])
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))
    asked = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "amount": 3_00}]}

    with pytest.raises(Refused, match="422 line_not_returnable"):
        await customer.post("/v1/refunds/quote", asked)

    assert (await shop.merchant.post("/v1/refunds/quote", asked))["total"] == 3_00


# Lines that are no units

AN_EXTRA_OF_EACH = [
    {"line_id": "fee", "kind": "fee", "quantity": 1, "total": 3_00, "tax": 48},
    {"line_id": "tip", "kind": "tip", "quantity": 1, "total": 5_00},
    {"line_id": "deposit", "kind": "deposit", "quantity": 6, "unit_price": 25},
    {"line_id": "wrap", "kind": "gift_wrap", "quantity": 1, "total": 2_00},
    {"line_id": "rounding", "kind": "rounding", "quantity": 1, "total": -2},
]


def by_line(refund: Json) -> dict[str, int]:
    return {line["line_id"]: line["amount"] for line in refund["lines"]}


async def test_what_is_no_unit_comes_back_by_the_policy_and_the_coupon_without_it(shop: Shop) -> None:
    coupon = {"source": "coupon", "id": "cpn-1", "amount": 10_00, "line_ids": ["l1"]}
    lines = [a_line("l1", quantity=2, unit_price=50_00), *AN_EXTRA_OF_EACH]
    pushed = await shop.order(lines=lines, discounts=[coupon])

    first = await shop.approved_refund(lines=some("l1"), reason="quality_issue")
    quote = await shop.quote()
    second = await shop.approved_refund()
    order = await shop.merchant.get("/v1/orders/o1")

    assert by_line(first) == {"l1": 44_99, "fee": 3_00, "deposit": 75, "wrap": 2_00}
    assert by_line(quote) == by_line(second) == {"l1": 44_99, "deposit": 75}
    assert (first["total"], second["total"], quote["total"]) == (50_74, 45_74, 45_74)
    assert second["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert [line["kind"] for line in pushed["lines"]] == ["goods", "fee", "tip", "deposit", "gift_wrap", "rounding"]
    left = {each["line_id"]: each["amount"] for each in order["refundable"]}
    assert left == {"l1": 0, "fee": 0, "tip": 5_00, "deposit": 0, "wrap": 0}


async def test_an_extra_that_stays_is_explained(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1"), AN_EXTRA_OF_EACH[0], AN_EXTRA_OF_EACH[1]])

    quote = await shop.quote(reason="changed_mind")

    said = {
        each["subject"]: (each["rule"], each["result"]) for each in quote["explanations"] if each["figure"] == "extra"
    }
    assert (quote["total"], said) == (10_00, {"fee": (47, 0), "tip": (47, 0)})


async def test_the_policy_says_otherwise(shop: Shop) -> None:
    written = await shop.lenient_policy(line_kind_refund={"tip": "always", "fee": "unshipped"})
    await shop.order(lines=[a_line("l1"), *AN_EXTRA_OF_EACH[:2]])

    refund = await shop.approved_refund(reason="changed_mind")

    assert by_line(refund) == {"l1": 10_00, "tip": 5_00}
    assert written["line_kind_refund"] == {
        "fee": "unshipped",
        "tip": "always",
        "deposit": "with_goods",
        "gift_wrap": "merchant_fault",
        "rounding": "with_goods",
    }


async def test_a_tip_is_the_merchants_to_give_and_nobody_elses(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1"), AN_EXTRA_OF_EACH[1]])
    customer = Api(shop.http, await shop.customer_key(shop.customer_id))
    asked = {"order_id": "o1", "reason": "quality_issue", "lines": [{"line_id": "tip", "amount": 5_00}]}

    with pytest.raises(Refused, match="422 line_not_returnable"):
        await customer.post("/v1/refunds/quote", asked)
    with pytest.raises(Refused, match=r"422 line_not_returnable.*line_kind_refund says never"):
        await shop.quote(lines=some("tip"))
    given = await shop.approved_refund(lines=[{"line_id": "tip", "amount": 4_00}])

    assert (by_line(given), given["total"]) == ({"tip": 4_00}, 4_00)
    with pytest.raises(Refused, match="422 amount_not_available"):
        await shop.quote(lines=[{"line_id": "tip", "amount": 1_01}])


async def test_what_is_no_unit_is_not_waited_for_at_the_warehouse(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=4, unit_price=10_00), AN_EXTRA_OF_EACH[2]])

    inspected = [{"line_id": "l1", "accepted": 2, "rejected": 2}]
    returned = await shop.returned(lines=some("l1", 4), inspected=inspected)

    assert by_line(returned) == {"l1": 20_00, "deposit": 75}
