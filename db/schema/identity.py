"""Who customers are: codes that prove an order, sessions that a proof opens, and counts of what is limited."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text, text

from db.schema.base import metadata, now_column, outbox_columns, text_column, time_column

_NEW_ID = text("'ses_' || replace(gen_random_uuid()::text, '-', '')")

identity_codes = Table(
    "identity_codes",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("code_id", Text, nullable=False, unique=True),  # drawn by lot: who does not have it can't guess at the code
    text_column("merchant_id"),
    text_column("order_id"),  # as it was asked for: there may be no such order
    text_column("contact_mark"),
    *outbox_columns(),
    time_column("expires_at"),
    text_column("code_mark", nullable=True),  # of the code that was sent last; null while there is none
    text_column("customer_id", nullable=True),
    text_column("only_order_id", nullable=True),  # where it proves no more than this order
    Column("guesses", Integer, nullable=False, server_default="0"),
    time_column("used_at", nullable=True),
    text_column("outcome", nullable=True),
    Index(None, "expires_at"),
)

Index("identity_codes_due_idx", identity_codes.c.due_at, postgresql_where=identity_codes.c.ended_at.is_(None))

identity_sessions = Table(
    "identity_sessions",
    metadata,
    text_column("key_sha256", primary_key=True),
    Column("session_id", Text, nullable=False, unique=True, server_default=_NEW_ID),
    text_column("merchant_id"),
    text_column("role"),
    text_column("customer_id", nullable=True),
    text_column("only_order_id", nullable=True),  # where the session sees no other order of the customer
    now_column("created_at"),
    time_column("expires_at"),
    time_column("ended_at", nullable=True),
    Index(None, "expires_at"),
)

rate_counts = Table(
    "rate_counts",
    metadata,
    text_column("quota", primary_key=True),
    text_column("subject", primary_key=True),
    Column("count", BigInteger, nullable=False),
    time_column("ends_at"),
    Index(None, "ends_at"),
)
