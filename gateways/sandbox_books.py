"""The sandbox parties' own books: tables of theirs, in a schema of theirs, that nothing of ours writes to."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, UniqueConstraint, func, text
from sqlalchemy.ext.asyncio import AsyncEngine

_SCHEMA = "sandbox"
_LOCK = 0x73616E64

metadata = MetaData(schema=_SCHEMA)

charges = Table(
    "charges",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_ref", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("behaviour", Text, nullable=False),
)

captures = Table(
    "captures",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_ref", Text, primary_key=True),
    Column("capture_key", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

refunds = Table(
    "refunds",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("refund_ref", Text, nullable=False),
    Column("charge_ref", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("refund_ref"),
)

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


async def open_books(engine: AsyncEngine) -> None:
    """Make the books on first use; several processes may do so at once."""
    async with engine.begin() as connection:
        await connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        await connection.execute(text(f"create schema if not exists {_SCHEMA}"))
        await connection.run_sync(metadata.create_all)
