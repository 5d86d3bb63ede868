"""A database of an earlier version: deducted coupons stay the customer's, gifts alone make up their order."""

import json
from typing import Any

from alembic import command
from sqlalchemy import Connection, Engine, TableClause, column, insert, text

from db.migrate import config


def test_a_coupon_whose_value_was_deducted_is_the_customers_and_others_that_went_back_stay_gone(
    earlier: Engine,
) -> None:
    with earlier.begin() as connection:
        for name, kind, missing in (("used", "coupon", 100), ("unused", "coupon", 0), ("credit", "store_credit", 100)):
            _put(connection, "orders", order_id=name, sale=json.dumps({"lines": []}), goods_units=1)
            effect = {"grant": {"name": name}, "missing": {"currency": "CNY", "minor_units": missing}}
            _put(connection, "refunds", refund_id=f"rf_{name}", settlement=json.dumps({"grants": [effect]}))
            _put(connection, "order_grants", order_id=name, name=name, kind=kind, withdrawn_by=f"rf_{name}")

    rows = _upgraded(earlier, "select name, line_ids, withdrawn_by from order_grants order by name")

    assert rows == [("credit", [], "rf_credit"), ("unused", [], "rf_unused"), ("used", [], None)]


def test_an_order_of_gifts_alone_is_returned_with_its_gifts(earlier: Engine) -> None:
    with earlier.begin() as connection:
        for order_id, units in (("gifts", 0), ("goods", 1)):
            lines = [{"quantity": 2, "gift": True}]
            _put(connection, "orders", order_id=order_id, sale=json.dumps({"lines": lines}), goods_units=units)
            _put(connection, "refunds", refund_id=f"rf_{order_id}", order_id=order_id)
            _put(connection, "refund_claims", refund_id=f"rf_{order_id}", order_id=order_id, is_gift=True)

    orders = _upgraded(earlier, "select order_id, goods_units from orders order by 1")
    claims = _upgraded(earlier, "select order_id, is_gift from refund_claims order by 1")

    assert (orders, claims) == ([("gifts", 2), ("goods", 1)], [("gifts", False), ("goods", True)])


def _put(connection: Connection, table: str, **known: Any) -> None:
    """Store a row of which only this matters; every other column that needs a value has an empty one."""
    row: dict[str, Any] = {"merchant_id": "m", **known}
    names = "select column_name, data_type from information_schema.columns where table_name = :table"
    needed = names + " and is_nullable = 'NO' and column_default is null and is_identity = 'NO'"
    for name, data_type in connection.execute(text(needed), {"table": table}):
        row.setdefault(name, _EMPTY[data_type])
    connection.execute(text("set local session_replication_role = replica"))  # rows that stand for themselves
    connection.execute(insert(TableClause(table, *(column(name) for name in row))).values(row))


_EMPTY = {
    "text": "",
    "bigint": 0,
    "integer": 0,
    "boolean": False,
    "jsonb": "[]",
    "timestamp with time zone": "2026-11-01T00:00:00Z",
}


def _upgraded(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        command.upgrade(config(connection), "head")
        connection.commit()
        return [tuple(row) for row in connection.execute(text(query))]
