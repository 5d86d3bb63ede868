"""Campaigns and their rewards."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Table,
)

from db.schema.base import JSONB, amount_column, metadata, text_column, their_now_column, time_column

campaigns = Table(
    "campaigns",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("campaign_id", primary_key=True),
    Column("terms", JSONB, nullable=False),
    their_now_column("created_at"),
    Column("number", BigInteger, Identity(), nullable=False),  # a later one since it covers other orders
)

campaign_standings = Table(
    "campaign_standings",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("customer_id", primary_key=True),
    text_column("campaign_id", primary_key=True),
    text_column("currency", primary_key=True),
    amount_column("paid"),
    amount_column("refunded"),
    Column("orders", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
)
"""What a customer's paid orders come to for a campaign, or all together, where the campaign's id is empty."""

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
    their_now_column("granted_at"),
    time_column("withdrawn_at", nullable=True),
    text_column("withdrawn_by", nullable=True),
    Index(None, "merchant_id", "customer_id", "campaign_id"),
)

Index(
    "campaign_rewards_coupon_idx",
    *(campaign_rewards.c.merchant_id, campaign_rewards.c.coupon_id),
    postgresql_where=campaign_rewards.c.coupon_id.is_not(None),
)

Index(
    "campaign_rewards_withdrawn_idx",
    campaign_rewards.c.withdrawn_by,
    postgresql_where=campaign_rewards.c.withdrawn_by.is_not(None),
)
