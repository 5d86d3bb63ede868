"""Customers say by what they want to be told, and when not to be woken.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("channels", JSONB(), nullable=False),
        sa.Column("time_zone", sa.Text()),
        sa.Column("quiet_from", sa.Text()),
        sa.Column("quiet_until", sa.Text()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "customer_id", name="preferences_pkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.customer_id"],
            name="preferences_merchant_id_customer_id_fkey",
        ),
    )
    op.create_index(
        "deliveries_reference_key",
        "deliveries",
        ["reference"],
        unique=True,
        postgresql_where=sa.text("channel = 'sms' and reference <> ''"),
    )


def downgrade() -> None:
    op.drop_index("deliveries_reference_key", "deliveries")
    op.drop_table("preferences")
