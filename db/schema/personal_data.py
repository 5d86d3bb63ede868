"""What people wrote that the audit trail tells of, apart from it, and whose data was erased."""

from sqlalchemy import Column, Index, Table

from db.schema.base import metadata, text_column, time_column
from db.schema.sealed import SealedDocument

audit_texts = Table(
    "audit_texts",
    metadata,
    text_column("text_id", primary_key=True),
    text_column("merchant_id"),
    text_column("customer_id"),
    text_column("refund_id", nullable=True),
    text_column("salt"),
    Column("said", SealedDocument("audit_texts.said"), nullable=False),
    Index(None, "merchant_id", "customer_id"),
    Index(None, "refund_id"),
)
"""What an entry has of it is its hash, salted: it can be erased, and the entry stays what was chained."""

erasures = Table(
    "erasures",
    metadata,
    text_column("erasure_id", primary_key=True),
    text_column("merchant_id"),
    text_column("customer_id"),
    time_column("erased_at"),
    time_column("finished_at", nullable=True),  # when Temporal had forgotten it too, and it was noted outside
    Index(None, "merchant_id", "customer_id"),
)

Index("erasures_open_idx", erasures.c.erased_at, postgresql_where=erasures.c.finished_at.is_(None))
