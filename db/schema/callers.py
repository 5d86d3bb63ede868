"""Who calls: keys of the API, keys of requests, webhooks that came in."""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    literal_column,
    text,
)

from db.schema.base import metadata, now_column, text_column, time_column
from db.schema.sealed import TOLD, SealedDocument

_NEW_ID = text("'key_' || replace(gen_random_uuid()::text, '-', '')")

api_keys = Table(
    "api_keys",
    metadata,
    text_column("key_sha256", primary_key=True),
    text_column("merchant_id"),
    text_column("role"),
    text_column("customer_id", nullable=True),
    Column("key_id", Text, nullable=False, unique=True, server_default=_NEW_ID),  # by which it is named, and no secret
    now_column("created_at"),
    text_column("person", nullable=True),
    text_column("prefix", nullable=True),  # its beginning, by which a key that was found somewhere is recognized
    text_column("made_by", nullable=True),
    time_column("expires_at", nullable=True),
    time_column("revoked_at", nullable=True),
    time_column("last_used_at", nullable=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Index(None, "merchant_id", "number"),
    Index(None, "expires_at"),
    Index(None, "revoked_at"),
)

keyed_words = Table(
    "keyed_words",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("word_id", primary_key=True),
    text_column("sha256"),
    text_column("key_id"),
    text_column("person"),  # empty where the key names none
    now_column("at"),
    Index(None, "at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("caller", primary_key=True),
    text_column("key", primary_key=True),
    text_column("request_sha256"),
    Column("status_code", Integer, nullable=True),
    Column("answer", SealedDocument("idempotency_keys.answer", (*TOLD, "reason")), nullable=True),
    now_column("created_at"),
    Index(None, "created_at"),
    Index(None, "merchant_id", "created_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    text_column("source", primary_key=True),
    text_column("webhook_id", primary_key=True),
    text_column("reference"),
    Column("body", SealedDocument("webhooks.body", but=("originalReference",)), nullable=False),
    now_column("received_at"),
    time_column("handled_at", nullable=True),
    Index(None, "source", "reference"),
    Index(None, "source", "received_at"),
)

webhooks_over: ColumnElement[bool] = literal_column("(handled_at is not null and not (body ? 'originalReference'))")
"""What was handled, but for what its provider is looked up by: it has no other list of its refunds."""

Index("webhooks_over_idx", webhooks.c.received_at, postgresql_where=webhooks_over)

Index(
    "webhooks_charge_idx",
    webhooks.c.source,
    webhooks.c.body["originalReference"].astext,
    postgresql_where=webhooks.c.body.has_key("originalReference"),
)
