"""Whatever stands in a field, an order is read or refused by its place: nothing breaks, and no other is harmed."""

import copy
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from importers.outcome import Read
from tests.importers.payloads import (
    back,
    from_shopify,
    from_woocommerce,
    shopify_line,
    shopify_order,
    shopify_refund,
    woo_back,
    woo_line,
    woo_order,
    woo_refund,
)

JUNK: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        10**400,
        Decimal("0.005"),
        Decimal("1e999999"),
        "",
        " ",
        "x",
        "-1",
        "1.005",
        "9" * 500,
    ),
    *([], {}, [1], [[]], [{}], {"a": 1}, {"amount": "1.00"}, "2021-13-01", "2021-01-01", "\ud800", "１２"),
]


def shopify() -> Any:
    share = [{"amount": "2.00", "discount_application_index": 0}]
    parcel = {
        "id": 7,
        "status": "success",
        "created_at": "2021-03-02T10:00:00Z",
        "line_items": [{"id": 11, "quantity": 1}],
    }
    return shopify_order(
        shopify_line(quantity=2, tax="4.00", discount_allocations=share),
        total="47.00",
        total_tax="4.00",
        total_discounts="2.00",
        discount_applications=[{"type": "discount_code", "code": "TWO"}],
        shipping_lines=[{"id": 1, "price": "5.00", "discounted_price": "5.00", "tax_lines": []}],
        fulfillments=[parcel],
        fulfillment_status="partial",
        financial_status="partially_refunded",
        refunds=[shopify_refund("21.00", back(subtotal="19.00", tax="2.00"))],
    )


def woocommerce() -> Any:
    order = woo_order(
        woo_line(31, "18.00", tax="3.42", subtotal="20.00", subtotal_tax="3.80"),
        total="28.42",
        total_tax="3.42",
        coupon_lines=[{"id": 1, "code": "two", "discount": "2.00", "discount_tax": "0.38"}],
        shipping_lines=[{"id": 2, "total": "5.00", "total_tax": "0.00"}],
        fee_lines=[{"id": 3, "name": "Fee", "total": "2.00", "total_tax": "0.00"}],
        refunds=[{"id": 2901, "total": "-21.42"}],
    )
    return [order, woo_refund("21.42", woo_back(total="-18.00", tax="-3.42"))]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list and object with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from places(value[key])


@pytest.mark.parametrize(("whole", "read"), [(shopify, from_shopify), (woocommerce, from_woocommerce)])
def test_a_payload_that_is_broken_anywhere_is_read_or_refused(whole: Any, read: Any) -> None:
    dice = random.Random(7)
    assert read(whole()).refused == ()
    for place in range(len(list(places(whole())))):
        for junk in (*dice.sample(JUNK, 4), *([_REMOVED] if place else [])):
            broken = copy.deepcopy(whole())
            inside, key = list(places(broken))[place]
            if junk is _REMOVED:
                del inside[key]
            else:
                inside[key] = junk
            _is_read_or_refused(read(broken))


_REMOVED = object()


def _is_read_or_refused(found: Read) -> None:
    """What is read balances; what is not says where and why."""
    assert found.orders or found.refused
    assert all(refused.path and refused.why for refused in found.refused)
    for order in found.orders:
        lines = sum(line.get("total", line.get("unit_price", 0) * line["quantity"]) for line in order.body["lines"])
        off = sum(discount["amount"] for discount in order.body["discounts"])
        paid = sum(payment["amount"] for payment in order.body.get("payments", []))
        if order.body["status"] not in ("placed", "cancelled"):
            assert lines + order.body["shipping"]["amount"] - off == paid + order.body["owed"]
