"""Orders of WooCommerce: prices without tax become ours, coupons and fees land to the cent."""

from typing import Any

import pytest

from domain.money.amounts import Money
from domain.sale.sales import book
from tests.importers.payloads import from_woocommerce, only, sold, why, woo_back, woo_line, woo_order, woo_refund


def test_an_order_lands_with_its_tax_inside() -> None:
    order = only(from_woocommerce([woo_order(woo_line(total="20.00", tax="3.80"), total="23.80", total_tax="3.80")]))

    assert order.body["lines"] == [
        {"line_id": "31", "kind": "goods", "sku": "T-31", "name": "Tea & Pot", "quantity": 1}
        | {"unit_price": 2380, "tax": 380}
    ]
    assert order.body["payments"] == [
        {"payment_id": "paid", "method": "card", "amount": 2380, "gateway": "stripe", "gateway_ref": "ch_2001"}
    ]
    assert (order.body["status"], order.body["delivered_at"]) == ("delivered", "2021-03-03T10:00:00+00:00")


def test_a_coupon_took_off_each_line_what_the_lines_say() -> None:
    lines = [
        woo_line(31, "18.00", tax="3.42", subtotal="20.00", subtotal_tax="3.80"),
        woo_line(32, "9.00", tax="1.71", subtotal="10.00", subtotal_tax="1.90"),
    ]
    coupons = [{"id": 1, "code": "ten", "discount": "3.00", "discount_tax": "0.57"}]
    order = only(from_woocommerce(woo_order(*lines, total="32.13", total_tax="5.13", coupon_lines=coupons)))

    assert order.body["discounts"] == [
        {"source": "coupon", "id": "ten", "amount": 357, "allocations": {"31": 238, "32": 119}}
    ]
    assert [line.paid.minor_units for line in book(sold(order)).lines] == [2142, 1071]


def test_two_coupons_share_what_was_taken_off() -> None:
    lines = [woo_line(31, "15.00", subtotal="20.00"), woo_line(32, "5.00", subtotal="10.00")]
    coupons = [{"code": "a", "discount": "4.00"}, {"code": "b", "discount": "6.00"}]
    order = only(from_woocommerce(woo_order(*lines, total="20.00", coupon_lines=coupons)))

    assert [each["amount"] for each in order.body["discounts"]] == [400, 600]
    assert [line.paid.minor_units for line in book(sold(order)).lines] == [1500, 500]


def test_a_price_that_was_lowered_by_hand_is_another_discount() -> None:
    order = only(from_woocommerce(woo_order(woo_line(total="15.00", subtotal="20.00"), total="15.00")))

    assert order.body["discounts"] == [{"source": "other", "amount": 500, "allocations": {"31": 500}}]


def test_a_fee_below_zero_is_taken_off_the_goods() -> None:
    fees = [{"id": 4, "name": "Loyal", "total": "-5.00", "total_tax": "0.00"}]
    order = only(from_woocommerce(woo_order(fee_lines=fees, total="15.00")))

    assert order.body["lines"][1] | {"kind": "fee", "total": -500} == order.body["lines"][1]
    assert book(sold(order)).lines[0].paid == Money("EUR", 1500)


def test_a_fee_is_a_fee() -> None:
    fees = [{"id": 4, "name": "Wrapping", "total": "2.00", "total_tax": "0.38"}]
    order = only(from_woocommerce(woo_order(fee_lines=fees, total="22.38", total_tax="0.38")))

    assert order.body["lines"][1] | {"kind": "fee", "total": 238, "tax": 38} == order.body["lines"][1]


def test_a_cent_that_the_shop_rounded_is_a_line_of_rounding() -> None:
    lines = [woo_line(31, "3.33", tax="0.63"), woo_line(32, "3.33", tax="0.63")]
    order = only(from_woocommerce(woo_order(*lines, total="7.93", total_tax="1.27")))

    assert order.body["lines"][2] | {"kind": "rounding", "total": 1} == order.body["lines"][2]
    assert sold(order).price == Money("EUR", 793)


def test_a_refund_is_known_by_its_order_and_its_lines() -> None:
    summary = [{"id": 2901, "reason": "broken", "total": "-20.00"}]
    order = only(from_woocommerce(woo_refund("20.00", woo_back()), woo_order(refunds=summary)))

    assert order.refunds == (
        {
            "external_id": "2901",
            "amount": 2000,
            "lines": [{"line_id": "31", "quantity": 1}],
            "at": "2021-03-09T10:00:00+00:00",
            "note": "broken",
            "payment_id": "paid",
        },
    )


def test_a_fee_below_zero_goes_back_with_the_goods_that_it_made_cheaper() -> None:
    fees = [{"id": 4, "name": "Loyal", "total": "-5.00", "total_tax": "0.00"}]
    note = {"id": 1, "key": "_refunded_item_id", "value": "4"}
    back = [{"id": 98, "name": "Loyal", "total": "5.00", "total_tax": "0.00", "meta_data": [note]}]
    summary = [{"id": 2901, "reason": "broken", "total": "-15.00"}]
    refund, order = woo_refund("15.00", woo_back(), fee_lines=back), woo_order(fee_lines=fees, total="15.00")

    [made] = only(from_woocommerce(refund, order | {"refunds": summary})).refunds

    assert (made["amount"], made["lines"]) == (1500, [{"line_id": "31", "quantity": 1}])
    wrong = woo_refund("15.00", woo_back(), fee_lines=[back[0] | {"total": "-5.00"}])
    assert why(from_woocommerce(wrong, order | {"refunds": summary}))[0].endswith("/fee_lines/0")


def test_a_line_of_which_nothing_came_back_is_no_line_of_a_refund() -> None:
    summary = [{"id": 2901, "reason": "late", "total": "-5.00"}]
    nothing = woo_back(total="0.00", quantity=0)

    [made] = only(from_woocommerce(woo_refund("5.00", nothing), woo_order(refunds=summary))).refunds

    assert made["amount"] == 500 and "lines" not in made


def test_a_refund_of_an_amount_alone_is_money_off() -> None:
    order = only(from_woocommerce(woo_order(), woo_refund("5.00", woo_back(total="-5.00", quantity=0))))

    assert order.refunds[0]["lines"] == [{"line_id": "31", "amount": 500}]


def test_a_refund_is_known_by_the_link_upwards_too() -> None:
    links = {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/2001"}]}
    order = only(from_woocommerce(woo_order(), woo_refund("5.00", parent_id=0, _links=links)))

    assert "lines" not in order.refunds[0]


def test_cash_on_delivery_is_owed_until_it_is_paid() -> None:
    unpaid: Any = {"payment_method": "cod", "date_paid_gmt": None, "date_completed_gmt": None, "status": "processing"}
    order = only(from_woocommerce(woo_order(**unpaid)))

    assert (order.body["owed"], order.body["payments"]) == (2000, [])
    assert sold(order).is_sold


def test_a_pending_order_is_placed_and_books_nothing() -> None:
    order = only(from_woocommerce(woo_order(status="pending", date_paid_gmt=None)))

    assert order.body["status"] == "placed"
    assert not sold(order).is_sold


def test_a_guest_is_known_by_the_billing_address() -> None:
    billing = {"email": "Bo@example.com", "phone": "+49 151 2345 6789", "city": "Ulm"}
    order = only(from_woocommerce(woo_order(customer_id=0, billing=billing)))

    assert order.body["guest"] == {"email": "Bo@example.com", "phone": "+4915123456789"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"total": "21.00"}, "/total"),
        ({"shipping_lines": [{"id": 1, "total": "-3.00"}], "total": "17.00"}, "/shipping_lines/0/total"),
        ({"total_tax": "1.00"}, "/total_tax"),
        ({"status": "baked"}, "/status"),
        ({"payment_method": "unheard_of"}, "/payment_method"),
        ({"transaction_id": ""}, "/transaction_id"),
        ({"refunds": [{"id": 7, "total": "-1.00"}]}, "/refunds/0/id"),
        ({"coupon_lines": [{"code": "x", "discount": "9.00"}]}, "/coupon_lines/0/discount"),
        ({"coupon_lines": [{"code": "x", "discount": "-1.00"}]}, "/coupon_lines/0/discount"),
        ({"gift_cards": [{"id": 1, "code": "g", "amount": 5}]}, "/gift_cards"),
        ({"line_items": [woo_line(total="20.005")]}, "/line_items/0/total"),
        ({"customer_id": 0}, "/billing/email"),
    ],
)
def test_what_contradicts_itself_or_is_unknown_money_is_refused_by_its_field(fields: Any, field: str) -> None:
    path, reason = why(from_woocommerce([woo_order(**fields)]))

    assert path == f"woo.json#/0{field}"
    assert reason


def test_a_summary_that_says_another_amount_than_its_refund_is_refused() -> None:
    read = from_woocommerce(woo_order(refunds=[{"id": 2901, "total": "-6.00"}]), woo_refund("5.00"))

    assert why(read)[0] == "woo.json#/refunds/0/total"
