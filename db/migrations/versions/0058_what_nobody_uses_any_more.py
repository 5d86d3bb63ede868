"""Sessions end when nobody uses them; ended keys of customers and words of long ago are found by their age.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

_SESSIONS = {"identity_sessions": 1_800, "staff_sessions": 3_600}
"""Those that are open go on until their end."""

_FOUND_BY = (("api_keys", "expires_at"), ("api_keys", "revoked_at"), ("keyed_words", "at"))


def upgrade() -> None:
    for table, lasts_s in _SESSIONS.items():
        used = sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
        op.add_column(table, used)
        op.add_column(table, sa.Column("idle_s", sa.Integer(), nullable=False, server_default=str(lasts_s)))
        op.alter_column(table, "idle_s", server_default=None)
    for table, column in _FOUND_BY:
        op.create_index(f"{table}_{column}_idx", table, [column])


def downgrade() -> None:
    for table, column in _FOUND_BY:
        op.drop_index(f"{table}_{column}_idx", table)
    for table in _SESSIONS:
        op.drop_column(table, "idle_s")
        op.drop_column(table, "last_used_at")
