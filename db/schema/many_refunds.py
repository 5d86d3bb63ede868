"""Refunds that are asked for many at once: each such bulk, and its lines."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from db.schema.base import JSONB, metadata, now_column, text_column, time_column
from db.schema.sealed import WRITTEN, SealedDocument, sealed_text_column

_NEW_ID = text("'blk_' || replace(gen_random_uuid()::text, '-', '')")

bulks = Table(
    "bulks",
    metadata,
    Column("bulk_id", Text, primary_key=True, server_default=_NEW_ID),
    text_column("merchant_id"),
    text_column("status"),
    text_column("asked_by"),
    text_column("sha256"),
    text_column("same_as", nullable=True),  # an earlier bulk of the same bytes that was confirmed
    Column("line_count", Integer, nullable=False),
    now_column("created_at"),
    now_column("touched_at"),  # when a workflow last carried it on, or somebody said something
    Column("totals", JSONB, nullable=True),  # null until all lines are previewed
    time_column("previewed_at", nullable=True),
    text_column("confirmed_by", nullable=True),
    time_column("confirmed_at", nullable=True),
    time_column("begins_at", nullable=True),  # the end of its grace
    text_column("stopped_by", nullable=True),
    time_column("stopped_at", nullable=True),
    time_column("completed_at", nullable=True),
    text_column("trouble", nullable=True),  # why it stands still
    Index(None, "merchant_id", "created_at"),
    Index(None, "merchant_id", "sha256"),
    Index(None, "touched_at", postgresql_where=text("status in ('previewing', 'grace', 'running')")),
)

bulk_lines = Table(
    "bulk_lines",
    metadata,
    text_column("bulk_id", primary_key=True),
    Column("line", Integer, primary_key=True),
    text_column("merchant_id"),
    text_column("order_id", nullable=True),
    Column(
        "request", SealedDocument("bulk_lines.request", WRITTEN), nullable=True
    ),  # null where the line can't be read
    text_column("status"),
    Column("preview", JSONB, nullable=True),
    text_column("code", nullable=True),
    sealed_text_column("bulk_lines", "detail", nullable=True),
    Column("errors", SealedDocument("bulk_lines.errors"), nullable=True),
    text_column("refund_id", nullable=True),
    Index(None, "bulk_id", "status", "line"),
    Index(None, "bulk_id", "order_id", "status"),
)
