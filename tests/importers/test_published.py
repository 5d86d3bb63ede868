"""Payloads that Shopify and WooCommerce publish themselves: each is taken to the cent, or refused with its field."""

import json
import os
from pathlib import Path
from typing import Any

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


def test_two_published_orders_of_one_time_that_differ_are_refused_whatever_their_files_order() -> None:
    """Shopify publishes order 450789469 twice, of one moment: once cut off, once with a code that takes 0.00."""
    names = ("shopify_order.json", "shopify_orders.json")
    for found in (published(Source.SHOPIFY, *names), published(Source.SHOPIFY, *reversed(names))):
        assert found.orders == ()
        assert [refused.order_id for refused in found.refused] == ["450789469"]


@pytest.mark.parametrize(
    ("field", "value", "differs"),
    [("number", "728", "metadata"), ("date_created_gmt", "2017-03-22T19:28:00", "placed_at"), ("version", "9", "")],
)
def test_woocommerces_own_order_twice_is_one_unless_it_differs_without_a_newer_time(
    tmp_path: Path, field: str, value: str, differs: str
) -> None:
    names = ("woocommerce_orders.json", "woocommerce_order_refunds.json")
    known = published(Source.WOOCOMMERCE, *names)
    orders = json.loads((PLACE / names[0]).read_text(encoding="utf-8"))
    last = max((each for each in _flat(orders) if each["id"] == 727), key=lambda each: each["date_modified_gmt"])
    again = {**last, field: value}
    (copy := tmp_path / "again.json").write_text(json.dumps(again), encoding="utf-8")

    found = read(Source.WOOCOMMERCE, [*(PLACE / name for name in names), copy], TENDERS)
    copy.write_text(json.dumps({**again, "date_modified_gmt": "2021-01-01T00:00:00"}), encoding="utf-8")
    changed = read(Source.WOOCOMMERCE, [*(PLACE / name for name in names), copy], TENDERS)

    assert [order.order_id for order in changed.orders] == ["727", "723"] and changed.refused == ()
    if not differs:
        assert found.orders == known.orders
    else:
        assert [order.order_id for order in found.orders] == ["723"]
        assert [refused.path for refused in found.refused] == ["again.json#"]
        assert f"differs in {differs}: a newer date_modified_gmt says which counts" in found.refused[0].why


def _flat(value: Any) -> list[Any]:
    return [each for one in value for each in _flat(one)] if isinstance(value, list) else [value]


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
