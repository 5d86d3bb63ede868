"""What people say to a refund is a row a word, whichever run of its workflow hears it.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "words",
        sa.Column("refund_id", sa.Text(), sa.ForeignKey("refunds.refund_id"), primary_key=True),
        sa.Column("word_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("overruled_as", sa.Text(), nullable=True),
        sa.Column("overruled", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("words_not_taken_up_idx", "words", ["noted_at"], postgresql_where=sa.text("taken_up_at is null"))


def downgrade() -> None:
    op.drop_table("words")
