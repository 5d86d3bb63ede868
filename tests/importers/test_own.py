"""Orders in our own words: a broken line or row is told by its place, and no other is harmed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.documents import read_lines
from importers.outcome import Read
from importers.own import jsonl, tables
from tests.importers.payloads import only, sold, why

HEADING = (
    "row,order_id,customer_id,currency,status,placed_at,paid_at,line_id,sku,quantity,unit_price,source,amount,"
    "payment_id,method,external_id,at"
)
ORDER = "order,o1,c1,CNY,paid,2021-01-01T00:00:00Z,2021-01-01T00:00:00Z,,,,,,,,,,"
LINE = "line,o1,,,,,,l1,A-1,2,600.00,,,,,,"
DISCOUNT = "discount,o1,,,,,,,,,,other,100.00,,,,"
PAYMENT = "payment,o1,,,,,,,,,,,1100.00,p1,other,,"
REFUND = "refund,o1,,,,,,,,,,,550.00,p1,,r1,2021-01-09T00:00:00Z"
REFUND_LINE = "refund_line,o1,,,,,,l1,,1,,,,,,r1,"


def from_csv(*rows: str) -> Read:
    return tables.read("orders.csv", "\n".join((HEADING, *rows)))


def from_jsonl(*lines: str) -> Read:
    return jsonl.read(read_lines("orders.jsonl", "\n".join(lines)))


def test_rows_of_a_table_become_an_order_with_its_refund() -> None:
    order = only(from_csv(ORDER, LINE, DISCOUNT, PAYMENT, REFUND, REFUND_LINE))

    assert sold(order).price.minor_units == sold(order).paid_and_owed.minor_units == 110000
    assert order.refunds == (
        {
            "external_id": "r1",
            "amount": 55000,
            "payment_id": "p1",
            "at": "2021-01-09T00:00:00Z",
            "lines": [{"line_id": "l1", "quantity": 1}],
        },
    )


def test_an_amount_that_might_be_minor_units_is_refused_by_its_row_and_column() -> None:
    path, reason = why(from_csv(ORDER, LINE.replace("600.00", "60000"), PAYMENT))

    assert path == "orders.csv:3/unit_price"
    assert "with its decimals" in reason


def test_a_broken_row_refuses_its_order_and_no_other() -> None:
    other = [row.replace(",o1,", ",o2,") for row in (ORDER, LINE, DISCOUNT, PAYMENT)]
    read = from_csv(ORDER, LINE, "line,o1,too,few", *other)

    assert [order.order_id for order in read.orders] == ["o2"]
    assert [(refused.order_id, refused.path) for refused in read.refused] == [("o1", "orders.csv:4")]


def test_a_cell_that_its_row_has_no_use_for_is_refused_rather_than_lost() -> None:
    assert why(from_csv(ORDER, LINE.replace("600.00,,", "600.00,other,"), PAYMENT))[0] == "orders.csv:3/source"


def test_a_column_that_nobody_knows_refuses_the_table() -> None:
    assert "price_eur" in why(tables.read("orders.csv", "row,order_id,price_eur\n"))[1]


def test_what_is_no_csv_is_refused_with_its_line() -> None:
    assert why(from_csv('order,"o1'))[0].startswith("orders.csv:")


def test_a_line_of_json_is_taken_as_it_is() -> None:
    order = only(from_jsonl('{"order_id": "o1", "currency": "CNY", "external_refunds": [{"external_id": "r1"}]}'))

    assert order.body == {"currency": "CNY"}
    assert order.refunds == ({"external_id": "r1"},)


def test_a_broken_line_is_told_by_its_number_and_no_other_is_harmed() -> None:
    read = from_jsonl('{"order_id": "o1"}', '{"order_id": ', "", '{"order_id": "o2"}', "[1]", '{"currency": "CNY"}')

    assert [order.order_id for order in read.orders] == ["o1", "o2"]
    assert [refused.path for refused in read.refused] == [
        "orders.jsonl:2#",
        "orders.jsonl:5#",
        "orders.jsonl:6#/order_id",
    ]


def test_an_end_of_line_that_stands_in_a_name_ends_no_line() -> None:
    read = from_jsonl('{"order_id": "o1", "lines": [{"name": "mug\u2028large\x85"}]}', '{"order_id": "o2"}\r', "")

    assert [order.order_id for order in read.orders] == ["o1", "o2"] and not read.refused
    assert read.orders[0].body["lines"][0]["name"] == "mug\u2028large\x85"


def test_a_number_with_a_point_is_no_amount_of_ours() -> None:
    path, _ = why(from_jsonl('{"order_id": "o1", "lines": [{"unit_price": 199.5}]}'))

    assert path == "orders.jsonl:1#/lines/0/unit_price"


@given(st.permutations(range(5)))
def test_of_lines_of_one_order_the_last_change_counts_in_whatever_order_they_come(places: list[int]) -> None:
    lines = [
        '{"order_id": "o1", "status": "paid", "updated_at": "2021-01-01T00:00:00Z", "external_refunds": [{"at": "2"}]}',
        '{"order_id": "o1", "status": "paid", "updated_at": "2021-01-01T00:00:00Z"}',
        '{"order_id": "o1", "status": "sent", "updated_at": "2021-01-01T09:00:00+08:00", "disputes": [{"at": "3"}]}',
        '{"order_id": "o1", "status": "sent", "updated_at": "2021-01-01T09:00:00+08:00"}',
        '{"order_id": "o1", "status": "odd", "updated_at": "2020-12-31T23:00:00Z", "external_refunds": [{"at": "1"}]}',
    ]

    order = only(from_jsonl(*(lines[place] for place in places)))

    assert order.body["status"] == "sent"
    assert (order.refunds, order.disputes) == (({"at": "1"}, {"at": "2"}), ({"at": "3"},))


def test_the_same_line_twice_says_nothing_new() -> None:
    line = '{"order_id": "o1", "external_refunds": [{"external_id": "r1"}]}'

    assert only(from_jsonl(line, line)).refunds == ({"external_id": "r1"},)


@pytest.mark.parametrize("updated_at", ["", '"updated_at": "2021-01-01T00:00:00Z", '])
def test_lines_of_one_order_that_differ_and_are_not_newer_are_refused_with_it(updated_at: str) -> None:
    one, another = (f'{{"order_id": "o1", {updated_at}"status": "{status}"}}' for status in ("paid", "placed"))

    for lines in ((one, another), (another, one), (one, another, one)):
        path, reason = why(from_jsonl(*lines))
        assert path == "orders.jsonl:2#" and "a newer updated_at says which counts" in reason


def test_an_order_of_which_one_line_can_not_be_read_is_taken_whole_or_not_at_all() -> None:
    good, bad = '{"order_id": "o1"}', '{"order_id": "o1", "external_refunds": [{"amount": 1.5}]}'

    for lines in ((good, bad), (bad, good)):
        read = from_jsonl(*lines, '{"order_id": "o2"}')
        assert [order.order_id for order in read.orders] == ["o2"]
        assert [refused.order_id for refused in read.refused] == ["", "o1"]
        assert "/external_refunds/0/amount" in read.refused[1].why
