"""Campaigns and their rewards."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Table,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, time_column

campaigns = Table(
    "campaigns",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("campaign_id", primary_key=True),
    Column("terms", JSONB, nullable=False),
    now_column("created_at"),
)

campaign_rewards = Table(
    "campaign_rewards",
    metadata,
    Column("reward_id", BigInteger, Identity(), primary_key=True),
    text_column("merchant_id"),
    text_column("campaign_id"),
    text_column("customer_id"),
    text_column("kind"),
    amount_column("amount"),
    text_column("currency"),
    amount_column("points"),
    text_column("coupon_id", nullable=True),
    now_column("granted_at"),
    time_column("withdrawn_at", nullable=True),
    text_column("withdrawn_by", nullable=True),
    Index(None, "merchant_id", "customer_id", "campaign_id"),
)
