"""Messages on their way to people, one row for each message and channel."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Table, UniqueConstraint, text

from db.schema.base import metadata, outbox_columns, text_column, time_column
from db.schema.sealed import sealed_text_column

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    Column("message_id", BigInteger, nullable=False),
    text_column("channel"),
    *outbox_columns(),
    time_column("asked_at", nullable=True),  # when it was handed over, while nobody knows what became of it
    text_column("outcome", nullable=True),
    sealed_text_column("deliveries", "reason", nullable=True),  # theirs, of why it did not arrive or not yet
    text_column("reference", nullable=True),  # their name for it
    time_column("receipt_due_at", nullable=True),  # when its carrier is asked whether it has reached anybody
    ForeignKeyConstraint(["message_id"], ["messages.message_id"], ondelete="CASCADE"),
    UniqueConstraint("message_id", "channel"),
)

Index("deliveries_due_idx", deliveries.c.channel, deliveries.c.due_at, postgresql_where=deliveries.c.ended_at.is_(None))

Index(
    "deliveries_receipt_due_idx",
    deliveries.c.receipt_due_at,
    postgresql_where=deliveries.c.receipt_due_at.is_not(None),
)

Index(
    "deliveries_reference_key",
    deliveries.c.reference,
    unique=True,
    postgresql_where=text("channel = 'sms' and reference <> ''"),
)
