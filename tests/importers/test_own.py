"""Orders in our own words: a broken line or row is told by its place, and no other is harmed."""

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


def test_a_number_with_a_point_is_no_amount_of_ours() -> None:
    path, _ = why(from_jsonl('{"order_id": "o1", "lines": [{"unit_price": 199.5}]}'))

    assert path == "orders.jsonl:1#/lines/0/unit_price"


def test_an_order_that_comes_twice_is_taken_once_and_told() -> None:
    read = from_jsonl('{"order_id": "o1"}', '{"order_id": "o1"}')

    assert len(read.orders) == 1
    assert "came before" in read.refused[0].why
