"""Payloads that Shopify and WooCommerce publish themselves: each is taken to the cent, or refused with its field."""

import os
from pathlib import Path

import pytest

from importers.outcome import Read
from importers.tenders import Tenders, Way
from tests.importers.payloads import sold
from tools.imports.reading import Source, read
from tools.imports.sending import check

PLACE = Path(
    os.environ.get("MAKEWHOLE_SHOP_PAYLOADS") or Path(__file__).parents[3] / "shared" / "data" / "shop_payloads"
)
TENDERS = Tenders({"bogus": Way.read("other"), "authorize_net": Way.read("other")})


def published(source: Source, *names: str) -> Read:
    return read(source, [PLACE / name for name in names], TENDERS)


def test_woocommerces_own_orders_and_refunds_are_taken_to_the_cent() -> None:
    found = published(
        Source.WOOCOMMERCE,
        *("woocommerce_orders.json", "woocommerce_order_refunds.json", "woocommerce_coupons.json"),
    )

    totals = {
        order.order_id: (sold(order).price.minor_units, sold(order).captured.minor_units) for order in found.orders
    }
    assert totals == {"727": (2935, 2935), "723": (3900, 3900)}
    assert [(refund["external_id"], refund["amount"]) for order in found.orders for refund in order.refunds] == [
        ("724", 900),
        ("726", 1000),
    ]
    assert found.refused == ()
    assert found.notes.unread == set()
    assert check(found.orders).refused == []


def test_woocommerces_order_without_its_refunds_is_refused() -> None:
    found = published(Source.WOOCOMMERCE, "woocommerce_orders.json")

    assert [(refused.order_id, refused.path) for refused in found.refused] == [
        ("723", "woocommerce_orders.json#/1/1/refunds/0/id")
    ]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("shopify_order.json", "/order/total_discounts"),  # a code of 10.00 that took off 0.00
        ("shopify_orders.json", "/orders/0/line_items"),  # cut off
        ("shopify_refund.json", "/refund"),  # without its order
        ("shopify_transactions.json", "/0"),
        ("shopify_refund_calculate.json", "/refund"),  # worked out, not made
    ],
)
def test_what_shopify_publishes_in_pieces_is_refused_with_its_field(name: str, field: str) -> None:
    found = published(Source.SHOPIFY, name)

    assert found.orders == ()
    assert [refused.path for refused in found.refused] == [f"{name}#{field}"]


@pytest.mark.parametrize(
    "name",
    [
        "shopify_payouts.json",
        "shopify_payouts_transactions.json",
        "shopify_gift_card.json",
        "shopify_discount_code.json",
    ],
)
def test_what_is_of_no_order_is_left_out_and_told(name: str) -> None:
    found = published(Source.SHOPIFY, name)

    assert (found.orders, found.refused) == ((), ())
    assert found.notes.ignored
