"""Refunds whose first step is still to be done are counted by an index.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "refunds_not_begun_idx",
        "refunds",
        ["created_at"],
        postgresql_where=sa.text("risk IS NULL AND completed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("refunds_not_begun_idx", table_name="refunds")
