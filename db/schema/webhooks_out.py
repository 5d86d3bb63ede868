"""Merchants' own endpoints, and what they are told: the outbox, written with what it tells of."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from db.schema.base import metadata, now_column, text_column, time_column
from db.schema.sealed import SealedText, sealed_text_column

_NEW_ID = text("'evt_' || replace(gen_random_uuid()::text, '-', '')")

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("endpoint_id", primary_key=True),
    text_column("url"),
    Column("event_types", ARRAY(Text), nullable=False),  # empty: all
    Column("is_enabled", Boolean, nullable=False),
    text_column("disabled_because", nullable=True),  # null where its owner did it
    Column("failures", Integer, nullable=False, server_default="0"),  # one after the other
    time_column("failing_since", nullable=True),
    time_column("rests_until", nullable=True),
    text_column("sender", nullable=True),  # who sends to it now, and until when nobody else may
    time_column("sender_until", nullable=True),
    now_column("updated_at"),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("endpoint_id", primary_key=True),
    text_column("secret_id", primary_key=True),
    text_column("key_id"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    now_column("created_at"),
    time_column("ends_at", nullable=True),
    ForeignKeyConstraint(
        ["merchant_id", "endpoint_id"],
        ["webhook_endpoints.merchant_id", "webhook_endpoints.endpoint_id"],
        ondelete="CASCADE",
    ),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True, server_default=_NEW_ID),
    text_column("merchant_id"),
    text_column("refund_id", nullable=True),
    text_column("order_id", nullable=True),
    Column("sequence", Integer, nullable=False),  # its place in the refund's timeline
    text_column("type"),
    text_column("status", nullable=True),  # of the refund, when it happened
    Column("message", SealedText("refund_events.message"), nullable=False),  # as the timeline has it
    time_column("at"),
    sealed_text_column(
        "webhook_events", "body", nullable=True
    ),  # null until it is sent first; from then on it is sent as it is
    Index(None, "merchant_id", "number"),
    Index(None, "refund_id"),
    Index(None, "at"),
    Index(None, "merchant_id", "at"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    text_column("event_id", primary_key=True),
    text_column("merchant_id"),
    text_column("endpoint_id", primary_key=True),
    text_column("refund_id", nullable=True),
    Column("sequence", Integer, nullable=False),
    text_column("status"),
    Column("is_by_hand", Boolean, nullable=False, server_default="false"),  # it keeps no other waiting
    Column("attempts", Integer, nullable=False, server_default="0"),
    now_column("next_at"),
    now_column("since"),
    ForeignKeyConstraint(["event_id"], ["webhook_events.event_id"], ondelete="CASCADE"),
)

_IS_PENDING = webhook_deliveries.c.status == text("'pending'")

Index(
    "webhook_deliveries_due_idx",
    *(webhook_deliveries.c.merchant_id, webhook_deliveries.c.endpoint_id, webhook_deliveries.c.next_at),
    postgresql_where=_IS_PENDING,
)
Index(
    "webhook_deliveries_of_refund_idx",
    *(webhook_deliveries.c.merchant_id, webhook_deliveries.c.endpoint_id),
    *(webhook_deliveries.c.refund_id, webhook_deliveries.c.sequence),
    postgresql_where=_IS_PENDING,
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    text_column("event_id"),
    text_column("endpoint_id"),
    text_column("url"),
    now_column("at"),
    Column("duration_ms", Integer, nullable=False),
    Column("status_code", Integer, nullable=True),  # null where nobody answered
    sealed_text_column("webhook_attempts", "answer"),
    sealed_text_column("webhook_attempts", "trouble", nullable=True),
    ForeignKeyConstraint(["event_id"], ["webhook_events.event_id"], ondelete="CASCADE"),
    Index(None, "event_id"),
)
