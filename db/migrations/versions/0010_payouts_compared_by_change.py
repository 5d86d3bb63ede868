"""Payouts are compared with the providers' books as they move, and found by when they did.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "compared_books",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fully_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("compared_books_pkey")),
    )
    op.execute("insert into compared_books (merchant_id) select distinct merchant_id from payouts")
    op.create_index(op.f("payouts_merchant_id_updated_at_idx"), "payouts", ["merchant_id", "updated_at"])
    op.create_index(op.f("payouts_updated_at_idx"), "payouts", ["updated_at"])


def downgrade() -> None:
    op.drop_index(op.f("payouts_updated_at_idx"), table_name="payouts")
    op.drop_index(op.f("payouts_merchant_id_updated_at_idx"), table_name="payouts")
    op.drop_table("compared_books")
