"""A payout in another currency than its order's knows what it is in the order's; it may come to nothing in its own.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payouts", sa.Column("order_amount", sa.BigInteger(), nullable=True))
    op.add_column("payouts", sa.Column("order_currency", sa.Text(), nullable=True))
    _amount("amount > 0 or (amount = 0 and order_amount > 0)")


def downgrade() -> None:
    _amount("amount > 0")
    for name in ("order_currency", "order_amount"):
        op.drop_column("payouts", name)


def _amount(condition: str) -> None:
    op.drop_constraint(op.f("payouts_amount_check"), "payouts", type_="check")
    op.create_check_constraint(op.f("payouts_amount_check"), "payouts", condition)
