"""The ledger, payouts, and what is compared with the providers' books."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, their_now_column, time_column

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("key"),
    Column("number", Integer, nullable=False, server_default="1"),  # odd: booked, even: reversed again
    text_column("order_id", nullable=True),
    text_column("refund_id", nullable=True),
    text_column("note"),
    their_now_column("at"),
    UniqueConstraint("merchant_id", "key", "number"),
    Index(None, "merchant_id", "order_id"),
)

postings = Table(
    "postings",
    metadata,
    Column("entry_id", BigInteger, primary_key=True),
    text_column("account", primary_key=True),
    text_column("owner", primary_key=True),
    text_column("unit", primary_key=True),
    text_column("merchant_id"),
    amount_column("amount"),
    ForeignKeyConstraint(["entry_id"], ["ledger_entries.entry_id"]),
    Index(None, "merchant_id", "account", "owner", "unit"),
)

payouts = Table(
    "payouts",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("payment_id", primary_key=True),
    Column("place", Integer, nullable=False),
    text_column("merchant_id"),
    text_column("order_id"),
    text_column("key"),
    text_column("method"),
    text_column("gateway"),
    text_column("charge_ref"),
    amount_column("amount"),
    text_column("currency"),
    text_column("status"),
    text_column("paid_by", nullable=True),
    text_column("gateway_ref", nullable=True),
    text_column("decline_code", nullable=True),
    now_column("updated_at"),
    Column("noes", Integer, nullable=False, server_default="0"),
    amount_column("order_amount", nullable=True),  # null where the payment is in the order's currency
    text_column("order_currency", nullable=True),
    Column("goes_to", Text, nullable=False, server_default="original"),  # where the customer wants it
    text_column("trace_number", nullable=True),
    time_column("expected_by", nullable=True),
    time_column("said_late_at", nullable=True),
    Column("settled_on", Date, nullable=True),  # the day, by the provider's settlement report
    amount_column("exchange_difference", nullable=True),  # in the order's currency; null until a report says it
    UniqueConstraint("key"),
    CheckConstraint("amount > 0 or (amount = 0 and order_amount > 0)", name="amount"),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "updated_at"),
    Index(None, "updated_at"),
    Index(None, "gateway_ref", "merchant_id"),
)

payouts_undecided = payouts.c.status.in_([literal_column("'pending'"), literal_column("'waiting_for_balance'")])
"""What is at a provider that has not decided; few are, and most never."""

Index("payouts_undecided_idx", payouts.c.merchant_id, payouts.c.gateway, postgresql_where=payouts_undecided)

compared_books = Table(
    "compared_books",
    metadata,
    text_column("merchant_id", primary_key=True),
    time_column("until", nullable=True),
    time_column("fully_at", nullable=True),
    now_column("due_at"),
    Index(None, "due_at"),
)

ended_payout_keys = Table(
    "ended_payout_keys",
    metadata,
    text_column("key", primary_key=True),
    text_column("refund_id"),
    text_column("payment_id"),
    text_column("decline_code", nullable=True),
    now_column("ended_at"),
    Index(None, "refund_id", "payment_id"),
)

gateway_accounts = Table(
    "gateway_accounts",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("gateway_id", primary_key=True),
    text_column("adapter"),
    text_column("account"),
    text_column("base_address"),
    text_column("key_id"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    text_column("token"),
    Column("limits", JSONB, nullable=True),  # what the merchant's contract says of refunds; null: as published
    now_column("updated_at"),
    UniqueConstraint("token"),
)

foreign_refunds = Table(
    "foreign_refunds",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("gateway", primary_key=True),
    text_column("reference", primary_key=True),
    text_column("refund_id"),
    now_column("accepted_at"),
)
