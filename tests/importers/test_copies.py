"""Copies of one order in the files of an import: the last change counts, and nobody guesses which it is (rule 57)."""

from typing import Any

import pytest

from importers.documents import PlacedDocument
from importers.outcome import Read
from importers.own import tables
from importers.shopify import payloads as shopify
from importers.woocommerce import payloads as woocommerce
from tests.importers.payloads import (
    TENDERS,
    back,
    only,
    sale,
    shopify_line,
    shopify_order,
    shopify_refund,
    woo_back,
    woo_line,
    woo_order,
    woo_refund,
)

SHOPS = ("shopify", "woocommerce")
TIMES = {"shopify": "updated_at", "woocommerce": "date_modified_gmt"}
LATER = {"shopify": "2021-03-04T10:00:00-05:00", "woocommerce": "2021-03-09T10:00:00"}


def export(shop: str, *values: Any) -> Read:
    """Files of one shop that are read together, each with one value."""
    read = shopify.read if shop == "shopify" else woocommerce.read
    return read([PlacedDocument(f"{place}.json#", each) for place, each in enumerate(values)], TENDERS)


def order_of(shop: str, price: str = "20.00", **fields: Any) -> Any:
    if shop == "shopify":
        return shopify_order(shopify_line(price=price), total=price, **fields)
    return woo_order(woo_line(total=price), total=price, **fields)


def both_ways(shop: str, *values: Any) -> tuple[Read, Read]:
    return export(shop, *values), export(shop, *reversed(values))


@pytest.mark.parametrize("shop", SHOPS)
def test_of_two_copies_the_one_that_changed_last_counts_in_whatever_order_the_files_come(shop: str) -> None:
    known, changed = order_of(shop), order_of(shop, "25.00", **{TIMES[shop]: LATER[shop]})

    for read in both_ways(shop, known, changed):
        assert [payment["amount"] for payment in only(read).body["payments"]] == [25_00]


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("time", ["the same", None])
def test_copies_that_differ_and_are_not_newer_are_refused_with_both_places(shop: str, time: str | None) -> None:
    known = order_of(shop)
    another = {**known, "line_items": [{**known["line_items"][0], "sku": "other"}]}
    another |= {} if time else {TIMES[shop]: None}

    for read in both_ways(shop, known, another):
        (refused,) = read.refused
        assert read.orders == ()
        assert refused.path == "1.json#"
        assert "the order came before, at 0.json#, and differs in" in refused.why and "lines" in refused.why
        assert f"a newer {TIMES[shop]} says which counts" in refused.why


@pytest.mark.parametrize("shop", SHOPS)
def test_copies_that_differ_only_in_what_is_not_read_are_one_order(shop: str) -> None:
    note = {"note": "ring twice"} if shop == "shopify" else {"customer_note": "ring twice"}

    for read in both_ways(shop, order_of(shop), order_of(shop, **note)):
        assert only(read).order_id in ("1001", "2001")


@pytest.mark.parametrize("shop", SHOPS)
def test_a_copy_of_the_same_time_that_can_not_be_read_refuses_the_order_and_no_other(shop: str) -> None:
    broken = order_of(shop, currency="") if shop == "shopify" else order_of(shop, status="baked")

    for read in both_ways(shop, order_of(shop), broken, order_of(shop, id=7)):
        assert [order.order_id for order in read.orders] == ["7"]
        assert [refused.order_id for refused in read.refused] == [str(order_of(shop)["id"])]


def test_a_refund_that_only_an_older_copy_tells_of_is_not_forgotten() -> None:
    refunded = shopify_order(
        shopify_line(quantity=2), total="40.00", refunds=[shopify_refund("20.00", back())], financial_status="paid"
    )
    newer = shopify_order(shopify_line(quantity=2), total="40.00", updated_at=LATER["shopify"])

    for read in both_ways("shopify", refunded, newer):
        assert [refund["amount"] for refund in only(read).refunds] == [20_00]


def test_what_copies_of_one_time_say_of_the_money_is_put_together() -> None:
    without = shopify_order()
    del without["transactions"]
    refunded = shopify_order(refunds=[shopify_refund("20.00", back())])

    for read in both_ways("shopify", without, refunded):
        order = only(read)
        assert [payment["payment_id"] for payment in order.body["payments"]] == ["501"]
        assert [refund["amount"] for refund in order.refunds] == [20_00]


def test_a_transaction_that_was_pending_counts_as_it_ended() -> None:
    order, ended = shopify_order(transactions=[sale("20.00", status="pending")]), sale("20.00")

    for read in both_ways("shopify", order, ended):
        assert "status" not in only(read).body["payments"][0]


@pytest.mark.parametrize(
    ("shop", "one", "another", "place"),
    [
        ("shopify", shopify_refund("20.00", back()), shopify_refund("19.00", back()), "2.json#"),
        ("shopify", sale("20.00", 502), sale("19.00", 502), "2.json#"),
        ("woocommerce", woo_refund("20.00", woo_back()), woo_refund("19.00", woo_back()), "2.json#"),
    ],
)
def test_what_went_back_and_is_said_in_two_ways_refuses_its_order(
    shop: str, one: Any, another: Any, place: str
) -> None:
    assert [each.path for each in export(shop, order_of(shop), one, another).refused] == [place]
    assert "came before and said something else" in export(shop, order_of(shop), one, another).refused[0].why


HEADING = (
    "row,order_id,customer_id,currency,status,placed_at,updated_at,line_id,quantity,unit_price,external_id,amount,owed"
)


def table(name: str, price: str, updated_at: str = "2021-01-02T00:00:00Z", refund: str = "") -> Read:
    rows = [
        f"order,o1,c1,CNY,paid,2021-01-01T00:00:00Z,{updated_at},,,,,,{price}",
        f"line,o1,,,,,,l1,1,{price},,,",
        *([f"refund,o1,,,,,,,,,{refund},5.00,"] if refund else []),
    ]
    return tables.read(name, "\n".join((HEADING, *rows)))


def test_of_an_order_in_several_tables_the_last_change_counts_and_every_refund() -> None:
    first, later = table("a.csv", "10.00", refund="r1"), table("b.csv", "12.00", "2021-01-03T00:00:00Z", refund="r2")

    for tables_ in ((first, later), (later, first)):
        order = only(tables.join(tables_))
        assert order.body["owed"] == 12_00
        assert sorted(refund["external_id"] for refund in order.refunds) == ["r1", "r2"]


def test_tables_that_differ_about_an_order_and_are_not_newer_are_refused_with_it() -> None:
    (refused,) = tables.join((table("a.csv", "10.00"), table("b.csv", "12.00"))).refused

    assert refused.path.startswith("b.csv:")
    assert "differs in owed, lines" in refused.why and "a newer updated_at says which counts" in refused.why


def test_an_order_of_which_one_table_can_not_be_read_is_taken_whole_or_not_at_all() -> None:
    for found in ((table("a.csv", "10.00"), table("b.csv", "12")), (table("b.csv", "12"), table("a.csv", "10.00"))):
        read = tables.join(found)
        assert read.orders == ()
        assert [each.order_id for each in read.refused] == ["o1", "o1"]
        assert "another copy of this order can't be read: b.csv:" in read.refused[1].why


def test_an_order_twice_in_one_table_is_told_how_it_would_be_right() -> None:
    (refused,) = tables.read("a.csv", f"{HEADING}\n" + "order,o1,c1,CNY,paid,,,,,,,,\n" * 2).refused

    assert "a file each, with updated_at" in refused.why
