"""Coupons, grants, exclusive discounts and points, and what is held of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, their_now_column, time_column

coupons = Table(
    "coupons",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("coupon_id", primary_key=True),
    text_column("customer_id", nullable=True),  # null: every customer may use it
    text_column("name"),
    amount_column("amount", nullable=True),  # null: a percentage, in `rate_bp`
    text_column("currency"),
    amount_column("minimum_spend"),
    time_column("valid_from", nullable=True),
    time_column("valid_until", nullable=True),
    Column("reusable_after_refund", Boolean, nullable=False),
    time_column("revoked_at", nullable=True),
    their_now_column("created_at"),
    amount_column("max_uses", nullable=True),
    amount_column("max_uses_per_customer", nullable=True),
    amount_column("rate_bp", nullable=True),
    amount_column("max_amount", nullable=True),
    CheckConstraint("(amount is null) <> (rate_bp is null)", name="amount"),
    Index(None, "merchant_id", "customer_id"),
)

coupon_counts = Table(
    "coupon_counts",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("coupon_id", primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    amount_column("taken"),
    amount_column("most", nullable=True),
)

coupon_uses = Table(
    "coupon_uses",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("coupon_id", primary_key=True),
    text_column("order_id", primary_key=True),
    text_column("customer_id"),
    time_column("used_at"),
    amount_column("amount"),
    time_column("valid_until", nullable=True),
    text_column("reinstated_by", nullable=True),
    text_column("freed_by", nullable=True),
    time_column("freed_at", nullable=True),
    time_column("extended_until", nullable=True),
    text_column("used_again_by", nullable=True),  # the order that used what a refund gave back
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "customer_id", "coupon_id"),
)

Index(
    "coupon_uses_given_back_idx",
    coupon_uses.c.merchant_id,
    coupon_uses.c.coupon_id,
    postgresql_where=coupon_uses.c.reinstated_by.is_not(None) & coupon_uses.c.used_again_by.is_(None),
)

order_grants = Table(
    "order_grants",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("order_id", primary_key=True),
    text_column("name", primary_key=True),
    text_column("kind", primary_key=True),
    amount_column("amount"),
    text_column("currency"),
    Column("line_ids", JSONB, nullable=False, server_default="[]"),
    text_column("withdrawn_by", nullable=True),  # a coupon's: it is revoked; one whose value was deducted stays
    text_column("customer_id", nullable=True),  # of what is somebody else's, or ends: whose it is; else the order's
    time_column("expires_at", nullable=True),
    amount_column("remaining", nullable=True),  # of credit that ends: what is unspent
    Column("ran_out", BigInteger, nullable=False, server_default="0"),
    Index(None, "merchant_id", "name"),
)

Index(
    "order_grants_customer_idx",
    *(order_grants.c.merchant_id, order_grants.c.customer_id),
    postgresql_where=order_grants.c.customer_id.is_not(None),
)

Index(
    "order_grants_withdrawn_idx",
    order_grants.c.withdrawn_by,
    postgresql_where=order_grants.c.withdrawn_by.is_not(None),
)

exclusive_uses = Table(
    "exclusive_uses",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("discount_id", primary_key=True),
    text_column("order_id", primary_key=True),
    text_column("customer_id"),
    time_column("used_at"),
    time_column("valid_until", nullable=True),
    text_column("reinstated_by", nullable=True),
    text_column("freed_by", nullable=True),
    time_column("extended_until", nullable=True),
    Index(None, "merchant_id", "customer_id"),
    Index(None, "merchant_id", "order_id"),
)

points_lots = Table(
    "points_lots",
    metadata,
    Column("lot_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("customer_id"),
    amount_column("points"),
    amount_column("remaining"),
    time_column("expires_at", nullable=True),
    their_now_column("created_at"),
    text_column("earned_by", nullable=True),  # the order, where it says which lots it earned
    Column("place", SmallInteger, nullable=True),
    Column("ran_out", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("remaining between 0 and points", name="remaining"),
    Index(None, "merchant_id", "customer_id"),
)

Index(
    "points_lots_earned_by_idx",
    points_lots.c.merchant_id,
    points_lots.c.earned_by,
    postgresql_where=points_lots.c.earned_by.is_not(None),
)

points_spends = Table(
    "points_spends",
    metadata,
    Column("spend_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("order_id"),
    Column("lot_id", BigInteger, nullable=True),
    amount_column("points"),
    amount_column("restored"),
    time_column("expires_at", nullable=True),
    CheckConstraint("restored between 0 and points", name="restored"),
    Index(None, "merchant_id", "order_id"),
)

holds = Table(
    "holds",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("kind", primary_key=True),
    text_column("source_id", primary_key=True),
    text_column("merchant_id"),
    text_column("customer_id"),
    text_column("unit"),
    amount_column("amount"),
    text_column("state"),
    text_column("coupon_id", nullable=True),
    Index(None, "merchant_id", "customer_id", "state"),
)

Index(
    "holds_held_coupons_idx",
    holds.c.merchant_id,
    holds.c.coupon_id,
    postgresql_where=text("state = 'held' and coupon_id is not null"),
)

entitlement_systems = Table(
    "entitlement_systems",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("system_id", primary_key=True),
    text_column("url"),
    Column("adapter", Text, nullable=False, server_default="contract"),
    text_column("key_id"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    now_column("updated_at"),
)
