"""A database of an earlier version: the ends that giving back wrote over, and the names of residuals (rules 42, 43)."""

import json
from datetime import UTC, datetime
from typing import Any

from alembic import command
from sqlalchemy import Connection, Engine, text

from db.migrate import config

USED, BACK = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)
END, EXTENDED = datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC)
"""Used on 1 March, valid until 31 March, given back on 10 April: valid until 10 May (rule 14)."""


def test_what_was_given_back_is_kept_beside_the_end_that_it_was_counted_from(earlier: Engine) -> None:
    with earlier.begin() as connection:
        _sold(connection, "back", "used")
        _coupon(connection, "back", EXTENDED)
        _coupon(connection, "used", END)
        for order_id, refund_id in (("back", "rf_1"), ("used", None)):
            uses = "insert into coupon_uses values ('m', :name, :name, :used, 100, :refund)"
            vips = "insert into exclusive_uses values ('m', :name, :name, 'lilei', :used, :until, :refund)"
            row = {"name": order_id, "used": USED, "refund": refund_id, "until": EXTENDED if refund_id else END}
            connection.execute(text(uses), row)
            connection.execute(text(vips), row)
        for step in ("reinstate_coupons", "reinstate_exclusive_discounts@2"):
            done = "insert into effects (refund_id, step, at) values ('rf_1', :step, :at)"
            connection.execute(text(done), {"step": step, "at": BACK})

    after = _upgraded(earlier, "select coupon_id, valid_until, freed_by, extended_until from coupon_uses order by 1")
    discounts = _upgraded(earlier, "select discount_id, valid_until, freed_by, extended_until from exclusive_uses")

    expected = [("back", END, "rf_1", EXTENDED), ("used", END, None, None)]
    assert after == expected and sorted(discounts) == expected


def test_a_residual_keeps_the_name_that_it_was_given_and_one_that_is_not_given_yet_gets_none(earlier: Engine) -> None:
    effects = [{"coupon_id": name, "outcome": "residual"} for name in ("given", "not-yet")]
    with earlier.begin() as connection:
        _sold(connection, "o1")
        _coupon(connection, "given-12345678", END)
        refund = """insert into refunds (refund_id, merchant_id, order_id, customer_id, status, currency, reason, kind,
            note, evidence, asked_at, goods_come_back, quoted_policy_version, quote, quote_basis, policy_version,
            settlement) values ('rf_123456789', 'm', 'o1', 'lilei', 'completed', 'CNY', 'changed_mind', 'refund_only',
            '', '[]', now(), false, 1, '{}', '{}', 1, cast(:settlement as jsonb))"""
        connection.execute(text(refund), {"settlement": json.dumps({"coupons": effects})})

    ((settlement,),) = _upgraded(earlier, "select settlement from refunds")

    assert [each.get("issued_id") for each in settlement["coupons"]] == ["given-12345678", None]


def _sold(connection: Connection, *order_ids: str) -> None:
    connection.execute(text("insert into customers (merchant_id, customer_id, locale) values ('m', 'lilei', 'en')"))
    for order_id in order_ids:
        order = """insert into orders (merchant_id, order_id, customer_id, currency, status, snapshot)
            values ('m', :order_id, 'lilei', 'CNY', 'paid', '{}')"""
        connection.execute(text(order), {"order_id": order_id})


def _coupon(connection: Connection, coupon_id: str, until: datetime) -> None:
    coupon = """insert into coupons (merchant_id, coupon_id, customer_id, name, amount, currency, minimum_spend,
        valid_until, reusable_after_refund) values ('m', :coupon_id, 'lilei', '', 100, 'CNY', 0, :until, true)"""
    connection.execute(text(coupon), {"coupon_id": coupon_id, "until": until})


def _upgraded(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        command.upgrade(config(connection), "head")
        connection.commit()
        return [tuple(row) for row in connection.execute(text(query))]
