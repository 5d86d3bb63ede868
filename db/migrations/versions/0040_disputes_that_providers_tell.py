"""Disputes that providers tell of: found by the charge, and kept where no order has it.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_NAMES = "jsonb_path_query_array(snapshot, '$.payments[*].gateway_ref')"


def upgrade() -> None:
    op.create_index("orders_charges_idx", "orders", [sa.text(_NAMES)], postgresql_using="gin")
    op.create_table(
        "stray_disputes",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("stands", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("charge_refs", JSONB(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "gateway", "dispute_id", "stands", name="stray_disputes_pkey"),
    )


def downgrade() -> None:
    op.drop_table("stray_disputes")
    op.drop_index("orders_charges_idx", "orders")
