"""Payouts say by what a bank finds them, until when they are expected, and that somebody was told that they are late.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payouts", sa.Column("trace_number", sa.Text(), nullable=True))
    op.add_column("payouts", sa.Column("expected_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("payouts", sa.Column("said_late_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "payouts_undecided_idx",
        "payouts",
        ["merchant_id", "gateway"],
        postgresql_where=sa.text("status in ('pending', 'waiting_for_balance')"),
    )


def downgrade() -> None:
    op.drop_index("payouts_undecided_idx", "payouts")
    op.drop_column("payouts", "said_late_at")
    op.drop_column("payouts", "expected_by")
    op.drop_column("payouts", "trace_number")
