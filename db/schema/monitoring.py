"""What monitoring knows refunds by, and what it found across them."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Integer, Table

from db.schema.base import JSONB, metadata, now_column, text_column, time_column
from db.schema.sealed import sealed_text_column

refund_marks = Table(
    "refund_marks",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("trait", primary_key=True),
    text_column("mark", primary_key=True),  # stands for an instrument or a contact, and tells nobody which
    text_column("merchant_id"),
    time_column("at"),  # when the refund was asked for
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "merchant_id", "trait", "mark", "at"),
    Index(None, "at"),
)

risk_alerts = Table(
    "risk_alerts",
    metadata,
    text_column("alert_id", primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False),
    text_column("merchant_id"),
    text_column("signal"),
    text_column("subject"),  # a customer, a mark, or the refund that showed a picture first
    Column("shown_by", JSONB, nullable=False),  # ids of the refunds, the oldest first
    Column("refund_count", Integer, nullable=False),
    Column("customer_count", Integer, nullable=False),
    Column("limit_count", Integer, nullable=False),
    text_column("limit_window"),
    time_column("first_at"),
    time_column("last_at"),
    now_column("raised_at"),
    time_column("acknowledged_at", nullable=True),
    text_column("acknowledged_by", nullable=True),
    sealed_text_column("risk_alerts", "note", nullable=True),
    Index(None, "merchant_id", "number"),
    Index(None, "merchant_id", "signal", "subject", "number"),
)

Index(
    "risk_alerts_open_key",
    *(risk_alerts.c.merchant_id, risk_alerts.c.signal, risk_alerts.c.subject),
    unique=True,
    postgresql_where=risk_alerts.c.acknowledged_at.is_(None),
)
Index(
    "risk_alerts_open_idx",
    *(risk_alerts.c.merchant_id, risk_alerts.c.number),
    postgresql_where=risk_alerts.c.acknowledged_at.is_(None),
)
