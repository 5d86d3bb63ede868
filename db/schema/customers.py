"""Merchants' policies, reasons and customers."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from db.schema.base import JSONB, metadata, text_column, their_now_column, time_column
from db.schema.sealed import WRITTEN, SealedDocument, SealedMapping, sealed_text_column

policies = Table(
    "policies",
    metadata,
    text_column("merchant_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    their_now_column("created_at"),
)

merchant_reasons = Table(
    "merchant_reasons",
    metadata,
    text_column("merchant_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    their_now_column("created_at"),
)

customers = Table(
    "customers",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("customer_id", primary_key=True),
    sealed_text_column("customers", "name", nullable=True),
    sealed_text_column("customers", "email", nullable=True),
    sealed_text_column("customers", "phone", nullable=True),
    text_column("locale"),
    time_column("registered_at", nullable=True),
    their_now_column("created_at"),
    Column("metadata", SealedMapping("customers.metadata"), nullable=False, server_default="{}"),
    Column("counted_until", BigInteger, nullable=True),  # up to which campaign's number their standings are kept
    text_column("given_to", nullable=True),  # of a guest: the customer who has what they bought
)

Index(
    "customers_given_idx",
    *(customers.c.merchant_id, customers.c.given_to),
    postgresql_where=customers.c.given_to.is_not(None),
)

guests = Table(
    "guests",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("contact", primary_key=True),  # a mark of it, by which it is found; before there were marks, itself
    text_column("customer_id"),
    their_now_column("created_at"),
    sealed_text_column("guests", "sealed_contact", nullable=True),  # an e-mail in one form, or a phone as E.164 has it
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
    Index(None, "merchant_id", "customer_id"),
)
"""Who has what was bought under a contact: a guest's own id, or the customer it was given to."""

messages = Table(
    "messages",
    metadata,
    Column("message_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("recipient", nullable=True),
    text_column("refund_id", nullable=True),
    text_column("topic"),
    text_column("subject"),
    text_column("locale"),
    sealed_text_column("messages", "body"),
    their_now_column("at"),
    Column("round", Integer, nullable=False, server_default="1"),
    time_column("planned_at", nullable=True),  # when it was decided by which channels it goes, besides the inbox
    Column(
        "facts", SealedDocument("messages.facts", but=("customer",)), nullable=False, server_default="{}"
    ),  # what the text was made of
    UniqueConstraint("refund_id", "round", "topic", "subject", "merchant_id"),
    Index(None, "merchant_id", "recipient"),
)

Index(
    "messages_unplanned_idx",
    messages.c.message_id,
    postgresql_where=messages.c.planned_at.is_(None) & messages.c.recipient.is_not(None),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("suspension_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("customer_id"),
    text_column("rule"),
    sealed_text_column("suspensions", "reason"),
    time_column("until"),
    text_column("refund_id", nullable=True),
    text_column("imposed_by"),
    their_now_column("imposed_at"),
    time_column("lifted_at", nullable=True),
    text_column("lifted_by", nullable=True),
    Column("appeal", SealedDocument("suspensions.appeal", WRITTEN), nullable=True),
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
    Index(None, "merchant_id", "customer_id", "suspension_id"),
)

payment_instruments = Table(
    "payment_instruments",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("order_id", primary_key=True),
    text_column("payment_id", primary_key=True),
    text_column("instrument"),
    text_column("customer_id"),
    Index(None, "merchant_id", "instrument"),
)
