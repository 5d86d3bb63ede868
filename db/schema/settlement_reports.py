"""What providers' settlement reports say of refunds, and where they differ from our ledger."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, time_column
from db.schema.sealed import sealed_text_column

_NEW_ID = text("'sr_' || replace(gen_random_uuid()::text, '-', '')")

settlement_reports = Table(
    "settlement_reports",
    metadata,
    Column("report_id", Text, primary_key=True, server_default=_NEW_ID),
    text_column("merchant_id"),
    text_column("gateway"),
    text_column("format"),
    text_column("name"),
    text_column("sha256"),
    now_column("accepted_at"),
    text_column("status"),
    sealed_text_column("settlement_reports", "fault", nullable=True),  # what is wrong with a report that was refused
    time_column("since", nullable=True),
    time_column("until", nullable=True),
    Column("lines", Integer, nullable=True),
    Column("matched", Integer, nullable=True),
    Column("differences", JSONB, nullable=True),  # how many of each kind
    time_column("read_at", nullable=True),
    UniqueConstraint("merchant_id", "gateway", "sha256"),
    Index(None, "merchant_id", "accepted_at"),
    Index(None, "accepted_at", postgresql_where=text("status = 'accepted'")),
)

settlement_report_parts = Table(
    "settlement_report_parts",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    text_column("merchant_id"),
    Column("content", LargeBinary, nullable=False),  # sealed until it is read
)

settlement_lines = Table(
    "settlement_lines",
    metadata,
    text_column("line_id", primary_key=True),  # what tells lines apart comes first: a new report has no statistics yet
    text_column("merchant_id", primary_key=True),
    text_column("gateway", primary_key=True),
    text_column("report_id"),
    Column("place", Integer, nullable=False),
    text_column("movement"),
    text_column("reference"),
    text_column("key"),  # empty where the report has none
    text_column("charge_ref"),
    amount_column("amount"),
    text_column("currency"),
    time_column("at"),
    Column("is_settled", Boolean, nullable=False),
    text_column("trace_number", nullable=True),
    amount_column("settled_amount", nullable=True),  # in the merchant's balance, where that has another currency
    text_column("settled_currency", nullable=True),
    Index(None, "reference", "merchant_id"),
    Index(None, "key", "merchant_id"),
    Index(None, "report_id", "reference"),
)

settlement_differences = Table(
    "settlement_differences",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("gateway", primary_key=True),
    text_column("reference", primary_key=True),  # the provider's name of the refund; our payout's key where it has none
    text_column("difference"),
    text_column("refund_id", nullable=True),
    amount_column("ours", nullable=True),
    text_column("ours_currency", nullable=True),
    amount_column("theirs", nullable=True),
    text_column("theirs_currency", nullable=True),
    text_column("charge_ref"),
    text_column("report_id"),
    Column("place", Integer, nullable=True),
    now_column("noticed_at"),
    Index(None, "merchant_id", "noticed_at"),
    Index(None, "merchant_id", "report_id"),
)
