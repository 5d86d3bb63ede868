"""Which person of the staff had a link made, and so stands behind the session that it opened.

Revision ID: 0069
Revises: 0068
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

_TABLES = ("identity_codes", "identity_sessions")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("made_by", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "made_by")
