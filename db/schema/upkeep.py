"""The chained audit trail, what was archived, when upkeep last came round, and how far it has looked."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, time_column

audit_heads = Table(
    "audit_heads",
    metadata,
    text_column("merchant_id", primary_key=True),
    amount_column("sequence"),
    text_column("hash"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    time_column("at"),
    text_column("order_id", nullable=True),
    text_column("refund_id", nullable=True),
    text_column("action"),
    text_column("actor"),
    Column("detail", JSONB, nullable=False),
    amount_column("sequence", nullable=True),
    text_column("previous_hash", nullable=True),
    text_column("hash", nullable=True),
    text_column("customer_id"),
    Column("refund_number", Integer, nullable=True),  # among those of its refund's own story, or
    Column("customer_number", Integer, nullable=True),  # among all others of its customer
    UniqueConstraint("merchant_id", "sequence"),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "customer_id"),
    Index("audit_entries_unsealed_idx", "merchant_id", "entry_id", postgresql_where=text("hash is null")),
)

audit_counts = Table(
    "audit_counts",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("customer_id", primary_key=True),  # empty for what concerns the merchant alone
    Column("count", Integer, nullable=False),
)
"""How many entries a customer has that are no part of a refund's own story; a refund counts its own."""

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    text_column("merchant_id", primary_key=True),
    Column("entries", BigInteger, primary_key=True, autoincrement=False),
    text_column("root"),
    text_column("head"),
    time_column("at"),
    text_column("key_id"),
    Column("replaces", JSONB, nullable=True),
    text_column("signature"),
    text_column("public_key"),
    now_column("created_at"),
)

audit_time_stamps = Table(
    "audit_time_stamps",
    metadata,
    text_column("merchant_id", primary_key=True),
    Column("entries", BigInteger, primary_key=True, autoincrement=False),
    Column("token", LargeBinary, nullable=False),  # the authority's answer (RFC 3161) for the checkpoint's signature
    now_column("created_at"),
)

audit_blocks = Table(
    "audit_blocks",
    metadata,
    text_column("merchant_id", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    text_column("root"),
)
"""The root over each full block of leaves, so that neither a root nor a proof needs all of them."""

archives = Table(
    "archives",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("kind", primary_key=True),
    Column("month", Date, primary_key=True),  # its first day
    Column("part", Integer, primary_key=True, autoincrement=False),
    text_column("name"),  # of the file
    text_column("sha256"),  # of its lines
    Column("lines", Integer, nullable=False),
    now_column("announced_at"),
    time_column("stored_at", nullable=True),  # from then on its rows are in the file alone
)

keeper_rounds = Table(
    "keeper_rounds",
    metadata,
    text_column("name", primary_key=True),
    now_column("at"),
    Column("place", JSONB, nullable=True),  # how far work has come that is done in parts
    Column("troubles", BigInteger, nullable=False, server_default=text("0")),  # how often something of it failed
)

watermarks = Table(
    "watermarks",
    metadata,
    text_column("name", primary_key=True),
    time_column("at"),
)
