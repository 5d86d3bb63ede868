"""Reviewers take the refunds that they look at, and the warehouse finds a refund by its RMA.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

_SEEN = "case current_setting('makewhole.merchant', true) when '*' then true else {is_theirs} end"
_IS_THEIRS = "merchant_id = current_setting('makewhole.merchant', true)"


def upgrade() -> None:
    op.create_table(
        "review_assignments",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name=op.f("review_assignments_refund_id_fkey")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("review_assignments_pkey")),
    )
    op.create_index(
        op.f("review_assignments_merchant_id_expires_at_idx"), "review_assignments", ["merchant_id", "expires_at"]
    )
    op.execute("alter table review_assignments enable row level security")
    op.execute(f"create policy of_its_merchant on review_assignments using ({_SEEN.format(is_theirs=_IS_THEIRS)})")
    op.create_index("refunds_rma_idx", "refunds", ["merchant_id", sa.text("upper(right(refund_id, 12))")])


def downgrade() -> None:
    op.drop_index("refunds_rma_idx", table_name="refunds")
    op.drop_table("review_assignments")
