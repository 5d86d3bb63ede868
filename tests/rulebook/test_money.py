"""What refunds come to, over HTTP: published figures, and the awkward ones (rules 3 to 11)."""

from typing import Any

import pytest

from tests.shop import Shop, a_line, a_payment
from tools.client import Json, Refused

CHANGED_MIND: Any = {"reason": "changed_mind"}


def units(line_id: str, quantity: int = 1) -> list[Json]:
    return [{"line_id": line_id, "quantity": quantity}]


def save_10_from_50() -> Json:
    return {"source": "campaign", "id": "save", "amount": 10_00, "minimum_spend": 50_00}


async def one_by_one(shop: Shop, quantity: int) -> list[int]:
    return [(await shop.approved_refund(lines=units("l1")))["total"] for _ in range(quantity)]


async def test_three_units_that_cost_290_together_come_back_as_96_67_96_67_96_66(shop: Shop) -> None:
    off = {"source": "other", "amount": 10_00}
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=100_00)], discounts=[off])

    assert await one_by_one(shop, 3) == [96_67, 96_67, 96_66]


async def test_four_tens_less_3_99_come_back_as_36_01(shop: Shop) -> None:
    off = {"source": "other", "amount": 3_99}
    await shop.order(lines=[a_line("l1", quantity=4, unit_price=10_00)], discounts=[off])

    assert await one_by_one(shop, 4) == [9_01, 9_00, 9_00, 9_00]


async def test_a_unit_of_which_5_00_was_adjusted_pays_what_is_left_of_it(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=20_00)])

    adjusted = await shop.approved_refund(lines=[{"line_id": "l1", "amount": 5_00}])
    first = await shop.approved_refund(lines=units("l1"))
    second = await shop.approved_refund(lines=units("l1"))

    assert [adjusted["total"], first["total"], second["total"]] == [5_00, 15_00, 20_00]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1_000), ("KWD", 12_345)])
async def test_a_currency_with_other_decimals_is_whole_minor_units_too(shop: Shop, currency: str, amount: int) -> None:
    await shop.order(currency=currency, lines=[a_line("l1", quantity=3, unit_price=amount)], discounts=[])
    done = await shop.approved_refund(lines=units("l1", 2))

    assert (done["total"], done["currency"]) == (2 * amount, currency)


async def test_the_20_item_of_a_60_order_with_save_10_from_50_pays_10(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12, "max_risk": 100}, promotion_refund="reprice")
    lines = [a_line("l1", unit_price=20_00), a_line("l2", unit_price=40_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])

    first = await shop.approved_refund(lines=units("l1"))
    second = await shop.approved_refund(lines=units("l2"))

    assert (first["total"], first["lines"][0]["amount"]) == (10_00, 10_00)
    assert (second["total"], second["lines"][0]["amount"]) == (40_00, 40_00)
    assert first["lines"][0]["explanation"]["rule"] == 7


async def test_a_discount_that_the_kept_goods_still_reach_stays_on_them(shop: Shop) -> None:
    await shop.lenient_policy(promotion_refund="reprice")
    lines = [a_line("l1", unit_price=10_00), a_line("l2", unit_price=60_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])

    assert (await shop.quote(lines=units("l1")))["total"] == 10_00
    assert (await shop.quote(lines=units("l2")))["total"] == 50_00


async def test_ten_units_less_25_percent_come_back_exactly_under_both_policies(shop: Shop) -> None:
    off = {"source": "campaign", "id": "q", "amount": 59_75, "rate_bp": 2_500, "minimum_spend": 100_00}
    body: Any = {"lines": [a_line("l1", quantity=10, unit_price=23_90)], "discounts": [off]}
    await shop.order("prorated", **body)
    await shop.order("repriced", **body)

    prorated = [(await shop.approved_refund("prorated", lines=units("l1", n)))["total"] for n in (1, 4, 5)]
    await shop.lenient_policy(promotion_refund="reprice")
    repriced = [(await shop.approved_refund("repriced", lines=units("l1", n)))["total"] for n in (1, 6, 3)]

    assert prorated == [17_93, 71_72, 89_60]
    assert repriced == [17_93, 89_62, 71_70]


@pytest.mark.parametrize(
    ("rule", "first", "last"), [("always", 20_00, 10_00), ("full_return", 10_00, 20_00), ("never", 10_00, 10_00)]
)
async def test_shipping_comes_back_once_as_the_policy_says(shop: Shop, rule: str, first: int, last: int) -> None:
    await shop.lenient_policy(shipping_refund={"changed_mind": rule})
    await shop.order(lines=[a_line("l1", quantity=2)], shipping={"amount": 10_00})

    totals = [(await shop.approved_refund(lines=units("l1"), **CHANGED_MIND))["total"] for _ in range(2)]

    assert totals == [first, last]


async def test_fees_are_quoted_and_charged_for_goods_in_a_lesser_condition(shop: Shop) -> None:
    await shop.lenient_policy(restocking_fee_bp=1_000, return_shipping_fee=3_00)
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=100_00)])

    quote = await shop.quote(kind="return", **CHANGED_MIND)
    inspected = [{"line_id": "l1", "accepted": 2, "disposition": "damaged", "lesser": 1}]
    done = await shop.returned(inspected=inspected, **CHANGED_MIND)

    assert [(fee["kind"], fee["amount"], fee["at_most"]) for fee in quote["fees"]] == [
        ("restocking", 0, 20_00),
        ("return_shipping", 3_00, 3_00),
    ]
    assert [fee["amount"] for fee in done["fees"]] == [10_00, 3_00]
    assert (quote["total"], done["total"]) == (197_00, 187_00)
    assert done["differs_from_quote"]["causes"] == ["lesser_condition"]


async def test_the_merchants_fault_costs_no_fee(shop: Shop) -> None:
    await shop.lenient_policy(restocking_fee_bp=1_000, return_shipping_fee=3_00)
    await shop.order()

    assert (await shop.quote(kind="return", reason="quality_issue"))["fees"] == []


@pytest.mark.parametrize(
    ("order", "shares"),
    [
        ("proportional", {"gift": 20_00, "credit": 12_00, "card": 28_00}),
        ("in_order", {"gift": 50_00, "credit": 10_00}),
        ("reverse_order", {"card": 60_00}),
    ],
)
async def test_gift_card_and_store_credit_go_back_to_themselves(shop: Shop, order: str, shares: dict[str, int]) -> None:
    await shop.lenient_policy(tender_order=order)
    payments = [
        a_payment("gift", 50_00, "gc-1", "gift_card"),
        a_payment("credit", 30_00, "", "store_credit"),
        a_payment("card", 70_00, "ch-1"),
    ]
    await shop.order(lines=[a_line("l1", unit_price=60_00), a_line("l2", unit_price=90_00)], payments=payments)

    done = await shop.approved_refund(lines=units("l1"))

    assert {payout["payment_id"]: payout["amount"] for payout in done["payouts"]} == shares
    assert (await shop.customer())["store_credit"]["balance"] == shares.get("credit", 0)


async def test_nothing_is_refunded_beyond_what_was_captured(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=50_00)])
    await shop.approved_refund(lines=[{"line_id": "l1", "amount": 30_00}])

    with pytest.raises(Refused, match="amount_not_available"):
        await shop.refund(lines=[{"line_id": "l1", "amount": 20_01}])
