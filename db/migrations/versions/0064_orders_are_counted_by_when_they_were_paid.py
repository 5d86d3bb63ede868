"""Orders are counted by when they were paid: the refund rate of a time is for each of them.

Revision ID: 0064
Revises: 0063
"""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("orders_merchant_id_paid_at_idx", "orders", ["merchant_id", "paid_at"])


def downgrade() -> None:
    op.drop_index("orders_merchant_id_paid_at_idx", table_name="orders")
