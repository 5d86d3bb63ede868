"""Lots of points know which order earned them, and how many of them ran out.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("points_lots", sa.Column("earned_by", sa.Text(), nullable=True))
    op.add_column("points_lots", sa.Column("place", sa.SmallInteger(), nullable=True))
    op.add_column("points_lots", sa.Column("ran_out", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "points_lots_earned_by_idx",
        "points_lots",
        ["merchant_id", "earned_by"],
        postgresql_where=sa.text("earned_by is not null"),
    )


def downgrade() -> None:
    op.drop_index("points_lots_earned_by_idx", "points_lots")
    for name in ("ran_out", "place", "earned_by"):
        op.drop_column("points_lots", name)
