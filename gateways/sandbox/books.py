"""The sandbox parties' own books: tables of theirs, in a schema of theirs, that nothing of ours writes to.

They are made by our migrations: the programs may make no tables.
"""

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
)
from sqlalchemy.dialects.postgresql import JSONB

_SCHEMA = "sandbox"

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
Index("refunds_changed_idx", refunds.c.merchant_id, func.coalesce(refunds.c.changed_at, refunds.c.at))
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
    Column("tracking_number", Text, nullable=True),
    Column("tracked", Text, nullable=True),
    Column("tracked_at", DateTime(timezone=True), nullable=True),
)
Index("labels_tracking_number_idx", labels.c.tracking_number)

carriers = Table(
    "carriers",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("pickup", Boolean, nullable=False),
    Column("refuses", Text, nullable=False, server_default=""),
)
