"""What customers prefer: by what they are told, and when not to be woken."""

from sqlalchemy import Column, ForeignKeyConstraint, Table

from db.schema.base import JSONB, metadata, now_column, text_column

preferences = Table(
    "preferences",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("customer_id", primary_key=True),
    Column("channels", JSONB, nullable=False),
    text_column("time_zone", nullable=True),
    text_column("quiet_from", nullable=True),  # a time of day, 22:00; null where there are no quiet hours
    text_column("quiet_until", nullable=True),
    now_column("updated_at"),
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
)
