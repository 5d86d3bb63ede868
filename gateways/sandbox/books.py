"""The sandbox parties' own books: tables of theirs, in a schema of theirs, that nothing of ours writes to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

_SCHEMA = "sandbox"
_LOCK = 0x73616E64

metadata = MetaData(schema=_SCHEMA, naming_convention={"ix": "%(table_name)s_%(column_0_N_name)s_idx"})

charges = Table(
    "charges",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_ref", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("behaviour", Text, nullable=False),
    Column("calls", Integer, nullable=False, server_default="0"),
)

captures = Table(
    "captures",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_ref", Text, primary_key=True),
    Column("capture_key", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

# A key is unique only as long as it is remembered, so two refunds of one key can lie here: that is a double payout.
refunds = Table(
    "refunds",
    metadata,
    Column("refund_ref", Text, primary_key=True),
    Column("merchant_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("key_until", DateTime(timezone=True), nullable=False),
    Column("charge_ref", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("turns_at", DateTime(timezone=True), nullable=True),
    Column("turns_to", Text, nullable=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("answered", Text, nullable=True),  # what the first request was answered, and a repeated one is again
    Column("changed_at", DateTime(timezone=True), nullable=True),
    Index(None, "merchant_id", "key"),
    Index(None, "merchant_id", "charge_ref"),
)
Index("refunds_turning_idx", refunds.c.turns_at, postgresql_where=refunds.c.turns_at.is_not(None))

# A no is remembered under its key as well, as real providers do.
refusals = Table(
    "refusals",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("key_until", DateTime(timezone=True), nullable=False),
)

# What the sandbox has to tell by webhook; `copies` are still to be sent, each under the same id.
webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", DateTime(timezone=True), nullable=False),
)
Index("webhooks_due_idx", webhooks.c.due_at, postgresql_where=webhooks.c.copies > 0)

labels = Table(
    "labels",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("rma", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("pickup_by", DateTime(timezone=True), nullable=True),
)

carriers = Table(
    "carriers",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("pickup", Boolean, nullable=False),
)


_SINCE_THEN = (
    f"alter table {_SCHEMA}.refunds add column if not exists answered text",
    f"alter table {_SCHEMA}.refunds add column if not exists changed_at timestamptz",
    f"create index if not exists refunds_merchant_id_charge_ref_idx on {_SCHEMA}.refunds (merchant_id, charge_ref)",
    f"create index if not exists refunds_changed_idx on {_SCHEMA}.refunds (merchant_id, coalesce(changed_at, at))",
)
"""What books of an earlier version lack."""


async def open_books(engine: AsyncEngine) -> None:
    """Make the books on first use; several processes may do so at once."""
    async with engine.begin() as connection:
        await connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        await connection.execute(text(f"create schema if not exists {_SCHEMA}"))
        await connection.run_sync(metadata.create_all)
        for statement in _SINCE_THEN:
            await connection.execute(text(statement))
