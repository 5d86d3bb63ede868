"""Grants of orders may be somebody else's, and credit that was granted may end.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_grants", sa.Column("customer_id", sa.Text(), nullable=True))
    op.add_column("order_grants", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("order_grants", sa.Column("remaining", sa.BigInteger(), nullable=True))
    op.add_column("order_grants", sa.Column("ran_out", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "order_grants_customer_idx",
        "order_grants",
        ["merchant_id", "customer_id"],
        postgresql_where=sa.text("customer_id is not null"),
    )


def downgrade() -> None:
    op.drop_index("order_grants_customer_idx", "order_grants")
    for name in ("customer_id", "expires_at", "remaining", "ran_out"):
        op.drop_column("order_grants", name)
