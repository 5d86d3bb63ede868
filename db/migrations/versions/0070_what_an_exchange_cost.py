"""What a settlement report says that a refund moved in the merchant's balance, and what its exchange cost.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("settlement_lines", sa.Column("settled_amount", sa.BigInteger(), nullable=True))
    op.add_column("settlement_lines", sa.Column("settled_currency", sa.Text(), nullable=True))
    op.add_column("payouts", sa.Column("exchange_difference", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("payouts", "exchange_difference")
    op.drop_column("settlement_lines", "settled_currency")
    op.drop_column("settlement_lines", "settled_amount")
