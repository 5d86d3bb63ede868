"""Orders of Shopify: every amount to the minor unit, every contradiction refused with its field."""

from decimal import Decimal
from typing import Any

import pytest

from domain.money.amounts import Money
from domain.sale.sales import book
from tests.importers.payloads import (
    back,
    from_shopify,
    only,
    sale,
    shopify_line,
    shopify_order,
    shopify_refund,
    sold,
    why,
)


def usd(cents: int) -> Money:
    return Money("USD", cents)


def test_an_order_lands_with_its_lines_and_its_payment() -> None:
    order = only(from_shopify({"order": shopify_order(shopify_line(quantity=2), total="40.00")}))

    assert order.order_id == "1001"
    assert order.body["lines"] == [
        {"line_id": "11", "kind": "goods", "sku": "K-11", "name": "Kettle - blue", "quantity": 2}
        | {"unit_price": 2000, "tax": 0}
    ]
    assert order.body["payments"] == [
        {"payment_id": "501", "method": "card", "gateway": "stripe", "gateway_ref": "ch_501", "amount": 4000}
    ]
    assert order.body["customer_id"] == "77"
    assert order.body["status"] == "paid"


def test_tax_on_top_is_inside_our_price() -> None:
    line = shopify_line(price="19.99", quantity=3, tax="4.96")
    order = only(from_shopify(shopify_order(line, total="64.93", total_tax="4.96")))

    assert order.body["lines"][0] | {"total": 6493, "tax": 496} == order.body["lines"][0]
    assert sold(order).price == usd(6493)


def test_tax_that_prices_include_is_not_added() -> None:
    order = only(from_shopify(shopify_order(shopify_line(tax="3.33"), taxes_included=True, total_tax="3.33")))

    assert order.body["lines"][0] | {"unit_price": 2000, "tax": 333} == order.body["lines"][0]


def test_discounts_keep_their_allocations_and_their_code() -> None:
    lines = [
        shopify_line(11, discount_allocations=[{"amount": "3.34", "discount_application_index": 0}]),
        shopify_line(12, "10.00", discount_allocations=[{"amount": "1.66", "discount_application_index": 0}]),
    ]
    applications = [{"type": "discount_code", "code": "FIVE", "value": "5.0", "value_type": "fixed_amount"}]
    fields: Any = {"discount_applications": applications, "total_discounts": "5.00"}
    order = only(from_shopify(shopify_order(*lines, total="25.00", **fields)))

    assert order.body["discounts"] == [
        {"source": "coupon", "id": "FIVE", "amount": 500, "allocations": {"11": 334, "12": 166}}
    ]
    assert [line.paid for line in book(sold(order)).lines] == [usd(1666), usd(834)]


def test_a_discount_on_shipping_is_one_on_shipping() -> None:
    shipping = {
        "id": 1,
        "price": "5.00",
        "discounted_price": "0.00",
        "discount_allocations": [{"amount": "5.00", "discount_application_index": 0}],
        "tax_lines": [],
    }
    fields: Any = {
        "discount_applications": [{"type": "automatic", "title": "Free shipping"}],
        "total_discounts": "5.00",
    }
    order = only(from_shopify(shopify_order(shipping_lines=[shipping], **fields)))

    assert order.body["shipping"] == {"amount": 500, "tax": 0}
    assert order.body["discounts"] == [{"source": "other", "amount": 500, "target": "shipping"}]


def test_duties_and_tips_are_lines_of_their_own_kind() -> None:
    duty = {
        "id": 5,
        "shop_money": {"amount": "2.10", "currency_code": "USD"},
        "presentment_money": {"amount": "2.10", "currency_code": "USD"},
        "tax_lines": [],
    }
    order = only(from_shopify(shopify_order(shopify_line(duties=[duty]), total="25.10", total_tip_received="3.00")))

    assert [(line["kind"], line.get("total")) for line in order.body["lines"][1:]] == [("fee", 210), ("tip", 300)]


def test_a_gift_card_and_a_card_are_two_payments() -> None:
    paid = [sale("5.00", 500, gateway="gift_card", authorization=None), sale("15.00")]
    order = only(from_shopify(shopify_order(transactions=paid)))

    assert [(each["method"], each["amount"]) for each in order.body["payments"]] == [("gift_card", 500), ("card", 1500)]


def test_an_authorization_that_was_captured_is_one_payment_to_the_charge() -> None:
    paid = [
        sale("20.00", 500, "authorization", authorization="pi_1"),
        sale("20.00", 501, "capture", parent_id=500, authorization=None),
    ]
    order = only(from_shopify(shopify_order(transactions=paid)))

    assert [(each["payment_id"], each["gateway_ref"]) for each in order.body["payments"]] == [("501", "pi_1")]


def test_an_authorization_alone_is_not_paid_yet() -> None:
    paid = [sale("20.00", 500, "authorization")]
    order = only(from_shopify(shopify_order(financial_status="authorized", transactions=paid)))

    assert order.body["payments"][0]["status"] == "authorized"
    assert "paid_at" not in order.body


def test_a_failed_attempt_to_pay_is_no_payment() -> None:
    order = only(from_shopify(shopify_order(transactions=[sale("20.00", 400, status="failure"), sale("20.00")])))

    assert len(order.body["payments"]) == 1


def test_the_customers_currency_is_the_orders() -> None:
    def both(shop: str, shown: str) -> Any:
        return {
            "shop_money": {"amount": shop, "currency_code": "USD"},
            "presentment_money": {"amount": shown, "currency_code": "JPY"},
        }

    fields = {"presentment_currency": "JPY", "total_price_set": both("20.00", "3000")}
    line = shopify_line(price_set=both("20.00", "3000"), total_discount_set=both("0.00", "0"))
    paid = [sale("3000", currency="JPY")]
    order = only(from_shopify(shopify_order(line, transactions=paid, **fields)))

    assert (order.body["currency"], order.body["lines"][0]["unit_price"]) == ("JPY", 3000)
    assert order.body["payments"][0]["amount"] == 3000


def test_an_amount_in_the_shops_currency_alone_is_refused_where_the_customer_paid_in_another() -> None:
    path, reason = why(from_shopify(shopify_order(presentment_currency="JPY")))

    assert path == "shop.json#/line_items/0/price"
    assert "price_set" in reason


def test_parcels_and_their_delivery_are_known() -> None:
    parcel = {
        "id": 71,
        "status": "success",
        "shipment_status": "delivered",
        "created_at": "2021-03-02T10:00:00Z",
        "updated_at": "2021-03-04T10:00:00Z",
        "line_items": [{"id": 11, "quantity": 1}],
    }
    order = only(from_shopify(shopify_order(fulfillments=[parcel], fulfillment_status="fulfilled")))

    assert (order.body["status"], order.body["delivered_at"]) == ("delivered", "2021-03-04T10:00:00+00:00")
    assert order.body["shipments"][0]["lines"] == [{"line_id": "11", "quantity": 1}]


def test_a_past_refund_is_money_returned_elsewhere_with_its_lines() -> None:
    refund = shopify_refund("20.00", back())
    order = only(from_shopify(shopify_order(refunds=[refund], financial_status="refunded")))

    assert order.refunds == (
        {
            "external_id": "ch_601",
            "amount": 2000,
            "lines": [{"line_id": "11", "quantity": 1}],
            "payment_id": "501",
            "at": "2021-03-05T10:00:00-05:00",
            "note": "too loud",
        },
    )


def test_a_refund_and_its_order_may_come_in_two_files_in_any_order() -> None:
    read = from_shopify({"refund": shopify_refund("20.00", back())}, [shopify_order(financial_status="refunded")])

    assert len(only(read).refunds) == 1


def test_the_same_refund_in_two_files_is_one() -> None:
    refund = shopify_refund("20.00", back())
    read = from_shopify(shopify_order(refunds=[refund], financial_status="refunded"), {"refunds": [refund]})

    assert len(only(read).refunds) == 1


def test_units_that_were_taken_off_before_anybody_paid_are_no_refund() -> None:
    line = shopify_line(quantity=3, tax="6.00")
    edit = shopify_refund("", back(quantity=1, subtotal="20.00", tax="2.00"))
    order = only(
        from_shopify(shopify_order(line, total="66.00", total_tax="6.00", refunds=[edit], transactions=[sale("44.00")]))
    )

    assert order.refunds == ()
    assert order.body["lines"][0] | {"quantity": 2, "unit_price": 2200, "tax": 400} == order.body["lines"][0]


def test_an_order_that_nobody_paid_is_placed() -> None:
    order = only(from_shopify(shopify_order(financial_status="pending", transactions=[])))

    assert order.body["status"] == "placed"
    assert "payments" not in order.body


def test_a_test_that_nobody_paid_and_a_payment_that_is_none_harm_nothing() -> None:
    unpaid = only(from_shopify(shopify_order(financial_status="pending", transactions=[], test=True)))
    paid = only(from_shopify(shopify_order(transactions=[sale("20.00", test=False)], test=False)))

    assert (unpaid.body["status"], paid.body["payments"][0]["amount"]) == ("placed", 2000)


def test_a_cancelled_order_keeps_what_was_captured() -> None:
    order = only(from_shopify(shopify_order(cancelled_at="2021-03-02T00:00:00Z")))

    assert (order.body["status"], order.body["payments"][0]["amount"]) == ("cancelled", 2000)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"total_price": "20.01"}, "/total_price"),
        ({"total_tax": "1.00"}, "/total_tax"),
        ({"total_discounts": "1.00"}, "/total_discounts"),
        ({"total_line_items_price": "30.00"}, "/total_line_items_price"),
        ({"transactions": [sale("19.99")]}, "/transactions"),
        ({"transactions": [sale("20.00", gateway="unheard_of")]}, "/transactions/0/gateway"),
        ({"transactions": [sale("20.00"), sale("1.00", 9, "refund")]}, "/transactions/1"),
        ({"line_items": [shopify_line(price="-20.00")], "total_price": "-20.00"}, "/line_items/0/price"),
        ({"shipping_lines": [{"id": 1, "price": "-3.00"}], "total_price": "17.00"}, "/shipping_lines/0/price"),
        ({"test": True}, "/test"),
        ({"transactions": [sale("20.00", test=True)]}, "/transactions/0/test"),
        ({"line_items": []}, "/line_items"),
        ({"currency": "XXX"}, "/line_items/0/price"),
        ({"customer": None}, "/customer"),
        ({"created_at": "yesterday"}, "/created_at"),
        ({"surcharge_amount": "0.50"}, "/surcharge_amount"),
        ({"refunds": [shopify_refund("20.00", back(99))]}, "/refunds/0/refund_line_items/0/line_item_id"),
        ({"refunds": [shopify_refund("20.00", back(quantity=2))]}, "/refunds/0/refund_line_items/0/quantity"),
    ],
)
def test_what_contradicts_itself_or_is_unknown_money_is_refused_by_its_field(fields: Any, field: str) -> None:
    path, reason = why(from_shopify({"orders": [shopify_order(**fields)]}))

    assert path == f"shop.json#/orders/0{field}"
    assert reason


@pytest.mark.parametrize("price", [Decimal("19.995"), "19.995", Decimal("0.30000000000000004"), "NaN", "1e3", True])
def test_an_amount_without_an_exact_minor_unit_is_refused(price: object) -> None:
    line = shopify_line() | {"price": price}

    assert why(from_shopify(shopify_order(line)))[0] == "shop.json#/line_items/0/price"


def test_a_float_that_is_exact_is_the_amount_that_was_written() -> None:
    assert only(from_shopify(shopify_order(shopify_line() | {"price": Decimal("20.0")}))).order_id == "1001"


def test_shipping_alone_that_went_back_is_refused_with_its_order() -> None:
    refund = shopify_refund("5.00", order_adjustments=[{"kind": "shipping_refund", "amount": "-5.00"}])

    assert why(from_shopify(shopify_order(refunds=[refund])))[0].endswith("/refunds/0/order_adjustments")


def test_one_order_that_is_refused_keeps_no_other_back() -> None:
    read = from_shopify({"orders": [shopify_order() | {"id": 1}, shopify_order(total="1.00") | {"id": 2}]})

    assert [order.order_id for order in read.orders] == ["1"]
    assert [refused.order_id for refused in read.refused] == ["2"]


def test_a_refund_of_an_order_that_did_not_come_is_told() -> None:
    assert "is not among the files" in why(from_shopify({"refund": shopify_refund("20.00", back())}))[1]


def test_nothing_is_left_out_in_silence() -> None:
    read = from_shopify(shopify_order(tags="vip", colour="red"))

    assert "/tags" in read.notes.ignored
    assert "/colour" in read.notes.unread


def test_a_dispute_is_said_of_the_orders_payment() -> None:
    dispute = {
        "id": 41,
        "order_id": 1001,
        "type": "inquiry",
        "status": "needs_response",
        "amount": "20.00",
        "currency": "USD",
        "initiated_at": "2021-03-20T00:00:00Z",
        "finalized_on": None,
    }
    order = only(from_shopify(shopify_order(), {"disputes": [dispute]}))

    assert [(each["dispute_id"], each["payment_id"], each["status"]) for each in order.disputes] == [
        ("41", "501", "warning")
    ]
