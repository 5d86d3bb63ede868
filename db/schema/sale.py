"""Orders as they were sold."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    func,
    literal_column,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, their_now_column, time_column
from db.schema.sealed import SealedDocument

_SNAPSHOT = SealedDocument("orders.snapshot", top=("guest", "metadata"))

orders = Table(
    "orders",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("order_id", primary_key=True),
    text_column("customer_id"),
    text_column("currency"),
    text_column("status"),
    time_column("paid_at", nullable=True),
    Column("snapshot", _SNAPSHOT, nullable=False),
    Column("sale", JSONB, nullable=True),
    amount_column("goods_paid", nullable=True),
    amount_column("goods_units", nullable=True),
    Column("campaign_ids", JSONB, nullable=True),
    their_now_column("created_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("disputes", JSONB, nullable=True),  # all that are known, and the payments that they hold
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
    Index(None, "merchant_id", "customer_id", "paid_at"),
    Index(None, "merchant_id", "paid_at"),
)

Index("orders_disputed_idx", orders.c.merchant_id, postgresql_where=orders.c.disputes.is_not(None))

orders_uncounted = func.jsonb_path_exists(orders.c.disputes, literal_column("'$.known[*].uncounted.minor_units'"))
"""Whether something of an order is lost after a dispute that no refund counts."""

Index("orders_uncounted_idx", orders.c.merchant_id, orders.c.order_id, postgresql_where=orders_uncounted)

orders_charges = func.jsonb_path_query_array(orders.c.snapshot, literal_column("'$.payments[*].gateway_ref'"))
"""What providers call the payments of an order, at whatever gateway."""

Index("orders_charges_idx", orders_charges, postgresql_using="gin")

stray_disputes = Table(
    "stray_disputes",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("gateway", primary_key=True),
    text_column("dispute_id", primary_key=True),
    text_column("stands", primary_key=True),
    text_column("status", nullable=True),
    Column("charge_refs", JSONB, nullable=False),
    amount_column("amount", nullable=True),
    text_column("currency", nullable=True),
    time_column("at"),
    text_column("why"),
    now_column("received_at"),
)

order_versions = Table(
    "order_versions",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("order_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("snapshot", _SNAPSHOT, nullable=False),
    Column("sale", JSONB, nullable=False),
    now_column("replaced_at"),
)
