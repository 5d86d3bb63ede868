"""The tables. Amounts are whole minor units, times are aware; every row belongs to one merchant."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB as _JSONB

JSONB = _JSONB(none_as_null=True)
"""None is SQL's null, not a JSON null that looks like a value."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _text(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=nullable)


def _amount(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


api_keys = Table(
    "api_keys",
    metadata,
    _text("key_sha256", primary_key=True),
    _text("merchant_id"),
    _text("role"),
    _text("customer_id", nullable=True),
    _now("created_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("caller", primary_key=True),
    _text("key", primary_key=True),
    _text("request_sha256"),
    Column("status_code", Integer, nullable=True),
    Column("answer", JSONB, nullable=True),
    _now("created_at"),
    Index(None, "created_at"),
)

policies = Table(
    "policies",
    metadata,
    _text("merchant_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSONB, nullable=False),
    _now("created_at"),
)

customers = Table(
    "customers",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("customer_id", primary_key=True),
    _text("name", nullable=True),
    _text("email", nullable=True),
    _text("phone", nullable=True),
    _text("locale"),
    _time("registered_at", nullable=True),
    _now("created_at"),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
)

orders = Table(
    "orders",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("order_id", primary_key=True),
    _text("customer_id"),
    _text("currency"),
    _text("status"),
    _time("paid_at", nullable=True),
    Column("snapshot", JSONB, nullable=False),
    Column("sale", JSONB, nullable=True),
    _amount("goods_paid", nullable=True),
    _amount("goods_units", nullable=True),
    Column("campaign_ids", JSONB, nullable=True),
    _now("created_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
    Index(None, "merchant_id", "customer_id", "paid_at"),
)

order_versions = Table(
    "order_versions",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("order_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("snapshot", JSONB, nullable=False),
    Column("sale", JSONB, nullable=False),
    _now("replaced_at"),
)

coupons = Table(
    "coupons",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("coupon_id", primary_key=True),
    _text("customer_id"),
    _text("name"),
    _amount("amount"),
    _text("currency"),
    _amount("minimum_spend"),
    _time("valid_from", nullable=True),
    _time("valid_until", nullable=True),
    Column("reusable_after_refund", Boolean, nullable=False),
    _time("revoked_at", nullable=True),
    _now("created_at"),
    Index(None, "merchant_id", "customer_id"),
)

coupon_uses = Table(
    "coupon_uses",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("coupon_id", primary_key=True),
    _text("order_id", primary_key=True),
    _text("customer_id"),
    _time("used_at"),
    _amount("amount"),
    _time("valid_until", nullable=True),
    _text("reinstated_by", nullable=True),
    _text("freed_by", nullable=True),
    _time("freed_at", nullable=True),
    _time("extended_until", nullable=True),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "customer_id", "coupon_id"),
)

order_grants = Table(
    "order_grants",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("order_id", primary_key=True),
    _text("name", primary_key=True),
    _text("kind", primary_key=True),
    _amount("amount"),
    _text("currency"),
    Column("line_ids", JSONB, nullable=False, server_default="[]"),
    _text("withdrawn_by", nullable=True),  # a coupon's: it is revoked; one whose value was deducted stays
    Index(None, "merchant_id", "name"),
)

exclusive_uses = Table(
    "exclusive_uses",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("discount_id", primary_key=True),
    _text("order_id", primary_key=True),
    _text("customer_id"),
    _time("used_at"),
    _time("valid_until", nullable=True),
    _text("reinstated_by", nullable=True),
    _text("freed_by", nullable=True),
    _time("extended_until", nullable=True),
    Index(None, "merchant_id", "customer_id"),
    Index(None, "merchant_id", "order_id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("campaign_id", primary_key=True),
    Column("terms", JSONB, nullable=False),
    _now("created_at"),
)

campaign_rewards = Table(
    "campaign_rewards",
    metadata,
    Column("reward_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("campaign_id"),
    _text("customer_id"),
    _text("kind"),
    _amount("amount"),
    _text("currency"),
    _amount("points"),
    _text("coupon_id", nullable=True),
    _now("granted_at"),
    _time("withdrawn_at", nullable=True),
    _text("withdrawn_by", nullable=True),
    Index(None, "merchant_id", "customer_id", "campaign_id"),
)

points_lots = Table(
    "points_lots",
    metadata,
    Column("lot_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("customer_id"),
    _amount("points"),
    _amount("remaining"),
    _time("expires_at", nullable=True),
    _now("created_at"),
    CheckConstraint("remaining between 0 and points", name="remaining"),
    Index(None, "merchant_id", "customer_id"),
)

points_spends = Table(
    "points_spends",
    metadata,
    Column("spend_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("order_id"),
    Column("lot_id", BigInteger, nullable=True),
    _amount("points"),
    _amount("restored"),
    _time("expires_at", nullable=True),
    CheckConstraint("restored between 0 and points", name="restored"),
    Index(None, "merchant_id", "order_id"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("key"),
    Column("number", Integer, nullable=False, server_default="1"),  # odd: booked, even: reversed again
    _text("order_id", nullable=True),
    _text("refund_id", nullable=True),
    _text("note"),
    _now("at"),
    UniqueConstraint("merchant_id", "key", "number"),
    Index(None, "merchant_id", "order_id"),
)

postings = Table(
    "postings",
    metadata,
    Column("entry_id", BigInteger, primary_key=True),
    _text("account", primary_key=True),
    _text("owner", primary_key=True),
    _text("unit", primary_key=True),
    _text("merchant_id"),
    _amount("amount"),
    ForeignKeyConstraint(["entry_id"], ["ledger_entries.entry_id"]),
    Index(None, "merchant_id", "account", "owner", "unit"),
)

refunds = Table(
    "refunds",
    metadata,
    _text("refund_id", primary_key=True),
    _text("merchant_id"),
    _text("order_id"),
    _text("customer_id"),
    _text("status"),
    _text("currency"),
    _text("reason"),
    _text("kind"),
    Column("include_shipping", Boolean, nullable=True),
    _text("note"),
    _time("asked_at"),
    Column("goods_come_back", Boolean, nullable=False),
    Column("quoted_policy_version", Integer, nullable=False),
    Column("quote", JSONB, nullable=False),
    Column("quote_basis", JSONB, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("settlement", JSONB, nullable=True),
    Column("basis", JSONB, nullable=True),
    Column("differs", JSONB, nullable=True),
    _time("settled_at", nullable=True),
    Column("risk", JSONB, nullable=True),
    Column("review", JSONB, nullable=True),
    _text("ended_because", nullable=True),
    Column("goods_return", JSONB, nullable=True),
    Column("needs_attention", JSONB, nullable=True),
    Column("event_count", Integer, nullable=False, server_default="0"),
    _time("workflow_started_at", nullable=True),
    _now("created_at"),
    _time("completed_at", nullable=True),
    Column("pickup", Boolean, nullable=False, server_default="false"),
    Column("feedback", JSONB, nullable=True),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("approved_by_rule", Boolean, nullable=False, server_default="false"),
    Column("waits_because", JSONB, nullable=False, server_default="[]"),
    Column("order_version", Integer, nullable=False, server_default="1"),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    ForeignKeyConstraint(["merchant_id", "order_id"], ["orders.merchant_id", "orders.order_id"]),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "created_at", "refund_id"),
    Index(None, "merchant_id", "customer_id", "created_at"),
)
Index("refunds_unstarted_idx", refunds.c.created_at, postgresql_where=refunds.c.workflow_started_at.is_(None))
Index("refunds_open_idx", refunds.c.created_at, refunds.c.refund_id, postgresql_where=refunds.c.completed_at.is_(None))
Index("refunds_open_of_merchant_idx", refunds.c.merchant_id, postgresql_where=refunds.c.completed_at.is_(None))
Index("refunds_ended_idx", refunds.c.merchant_id, refunds.c.completed_at)

refund_evidence = Table(
    "refund_evidence",
    metadata,
    Column("evidence_id", BigInteger, Identity(), primary_key=True),
    _text("refund_id"),
    _text("piece"),
    _text("added_by"),
    _now("at"),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "refund_id", "evidence_id"),
)

words = Table(
    "words",
    metadata,
    _text("refund_id", primary_key=True),
    _text("word_id", primary_key=True),  # the id of an update; of a signal its run and number
    Column("number", BigInteger, Identity(), nullable=False),
    _text("kind"),
    Column("round", Integer, nullable=False),
    _text("sha256"),
    Column("body", JSONB, nullable=False),
    _text("overruled_as", nullable=True),
    _text("overruled", nullable=True),  # why it came to nothing, where it did
    _text("run"),
    Column("events", BigInteger, nullable=False),
    _now("noted_at"),
    _time("taken_up_at", nullable=True),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
)
Index("words_not_taken_up_idx", words.c.noted_at, postgresql_where=words.c.taken_up_at.is_(None))

refund_claims = Table(
    "refund_claims",
    metadata,
    _text("refund_id", primary_key=True),
    Column("place", Integer, primary_key=True),
    _text("merchant_id"),
    _text("order_id"),
    _text("line_id"),
    Column("requested", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("accepted", Integer, nullable=True),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("lesser", Integer, nullable=False, server_default="0"),
    _text("disposition", nullable=True),
    Column("units", JSONB, nullable=False),
    _amount("unit_count"),
    Column("is_gift", Boolean, nullable=False),  # a gift beside goods: it does not make up the order
    _amount("amount"),
    _amount("tax"),
    _amount("absorbed"),
    _amount("absorbed_tax"),
    _amount("points"),
    _text("state"),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "merchant_id", "order_id"),
)

refund_events = Table(
    "refund_events",
    metadata,
    _text("refund_id", primary_key=True),
    Column("sequence", Integer, primary_key=True),
    _now("at"),
    _text("event"),
    _text("message"),
)

steps = Table(
    "steps",
    metadata,
    _text("refund_id", primary_key=True),
    _text("step", primary_key=True),
    Column("is_undone", Boolean, nullable=False, server_default="false"),
    Column("result", JSONB, nullable=True),
    _now("at"),
)

holds = Table(
    "holds",
    metadata,
    _text("refund_id", primary_key=True),
    _text("kind", primary_key=True),
    _text("source_id", primary_key=True),
    _text("merchant_id"),
    _text("customer_id"),
    _text("unit"),
    _amount("amount"),
    _text("state"),
    _text("coupon_id", nullable=True),
    Index(None, "merchant_id", "customer_id", "state"),
)
Index(
    "holds_held_coupons_idx",
    holds.c.merchant_id,
    holds.c.coupon_id,
    postgresql_where=text("state = 'held' and coupon_id is not null"),
)

payouts = Table(
    "payouts",
    metadata,
    _text("refund_id", primary_key=True),
    _text("payment_id", primary_key=True),
    Column("place", Integer, nullable=False),
    _text("merchant_id"),
    _text("order_id"),
    _text("key"),
    _text("method"),
    _text("gateway"),
    _text("charge_ref"),
    _amount("amount"),
    _text("currency"),
    _text("status"),
    _text("paid_by", nullable=True),
    _text("gateway_ref", nullable=True),
    _text("decline_code", nullable=True),
    _now("updated_at"),
    Column("noes", Integer, nullable=False, server_default="0"),
    UniqueConstraint("key"),
    CheckConstraint("amount > 0", name="amount"),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "updated_at"),
    Index(None, "updated_at"),
)

compared_books = Table(
    "compared_books",
    metadata,
    _text("merchant_id", primary_key=True),
    _time("until", nullable=True),
    _time("fully_at", nullable=True),
)

ended_payout_keys = Table(
    "ended_payout_keys",
    metadata,
    _text("key", primary_key=True),
    _text("refund_id"),
    _text("payment_id"),
    _text("decline_code", nullable=True),
    _now("ended_at"),
    Index(None, "refund_id", "payment_id"),
)

foreign_refunds = Table(
    "foreign_refunds",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("gateway", primary_key=True),
    _text("reference", primary_key=True),
    _text("refund_id"),
    _now("accepted_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("recipient", nullable=True),
    _text("refund_id", nullable=True),
    _text("topic"),
    _text("subject"),
    _text("locale"),
    _text("body"),
    _now("at"),
    Column("round", Integer, nullable=False, server_default="1"),
    UniqueConstraint("refund_id", "round", "topic", "subject", "merchant_id"),
    Index(None, "merchant_id", "recipient"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    _text("merchant_id", primary_key=True),
    _amount("sequence"),
    _text("hash"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _time("at"),
    _text("order_id", nullable=True),
    _text("refund_id", nullable=True),
    _text("action"),
    _text("actor"),
    Column("detail", JSONB, nullable=False),
    _amount("sequence", nullable=True),
    _text("previous_hash", nullable=True),
    _text("hash", nullable=True),
    _text("customer_id"),
    UniqueConstraint("merchant_id", "sequence"),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "customer_id"),
    Index("audit_entries_unsealed_idx", "merchant_id", "entry_id", postgresql_where=text("hash is null")),
)

keeper_rounds = Table(
    "keeper_rounds",
    metadata,
    _text("name", primary_key=True),
    _now("at"),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("suspension_id", BigInteger, Identity(), primary_key=True),
    _text("merchant_id"),
    _text("customer_id"),
    _text("rule"),
    _text("reason"),
    _time("until"),
    _text("refund_id", nullable=True),
    _text("imposed_by"),
    _now("imposed_at"),
    _time("lifted_at", nullable=True),
    _text("lifted_by", nullable=True),
    Column("appeal", JSONB, nullable=True),
    ForeignKeyConstraint(["merchant_id", "customer_id"], ["customers.merchant_id", "customers.customer_id"]),
    Index(None, "merchant_id", "customer_id", "suspension_id"),
)

payment_instruments = Table(
    "payment_instruments",
    metadata,
    _text("merchant_id", primary_key=True),
    _text("order_id", primary_key=True),
    _text("payment_id", primary_key=True),
    _text("instrument"),
    _text("customer_id"),
    Index(None, "merchant_id", "instrument"),
)

webhooks = Table(
    "webhooks",
    metadata,
    _text("source", primary_key=True),
    _text("webhook_id", primary_key=True),
    _text("reference"),
    Column("body", JSONB, nullable=False),
    _now("received_at"),
    _time("handled_at", nullable=True),
)
