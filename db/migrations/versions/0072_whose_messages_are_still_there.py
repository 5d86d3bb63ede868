"""Refunds that have ended and whose messages are still there are found by whose they are and when they ended.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

_INDEX = "refunds_with_messages_idx"
_HAS_MESSAGES = "completed_at is not null and (messages_forgotten_at is null or messages_forgotten_at < completed_at)"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for what began before it, and nobody waits behind it
        op.execute(f"drop index concurrently if exists {_INDEX}")  # of an attempt that was ended in the middle
        op.create_index(
            *(_INDEX, "refunds", ["merchant_id", "completed_at"]),
            postgresql_where=sa.text(_HAS_MESSAGES),
            postgresql_concurrently=True,
        )
        op.execute("set lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(_INDEX, table_name="refunds", postgresql_concurrently=True)
