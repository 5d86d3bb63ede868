"""Who asked for a refund, how many people have to approve it, and what was said over HTTP with which key.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("asked_by", sa.Text(), nullable=True))
    op.add_column("refunds", sa.Column("approvals_needed", sa.Integer(), nullable=False, server_default="1"))
    op.execute("update refunds set approvals_needed = 2 where refund_to = 'bank_transfer'")
    op.create_table(
        "keyed_words",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("word_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("refund_id", "word_id", name="keyed_words_pkey"),
    )


def downgrade() -> None:
    op.drop_table("keyed_words")
    op.drop_column("refunds", "approvals_needed")
    op.drop_column("refunds", "asked_by")
