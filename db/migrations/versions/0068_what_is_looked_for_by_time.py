"""What is archived, and what a provider has told lately, is found by whose it is and its time.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

_BY_TIME = {
    "webhook_events": ("merchant_id", "at"),
    "idempotency_keys": ("merchant_id", "created_at"),
    "webhooks": ("source", "received_at"),
}
_OVER = "webhooks_over_idx"
"""Of webhooks that may be forgotten; those of Adyen are looked up later."""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # it waits for what began before it, and nobody waits behind it
        for table, columns in _BY_TIME.items():
            index = _index(table, columns)
            op.execute(f"drop index concurrently if exists {index}")  # of an attempt that was ended in the middle
            op.create_index(index, table, list(columns), postgresql_concurrently=True)
        op.execute(f"drop index concurrently if exists {_OVER}")
        is_over = sa.text("(handled_at is not null and not (body ? 'originalReference'))")
        op.create_index(_OVER, "webhooks", ["received_at"], postgresql_where=is_over, postgresql_concurrently=True)
        op.execute("set lock_timeout = '5s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(_OVER, table_name="webhooks", postgresql_concurrently=True)
        for table, columns in _BY_TIME.items():
            op.drop_index(_index(table, columns), table_name=table, postgresql_concurrently=True)


def _index(table: str, columns: tuple[str, ...]) -> str:
    return "_".join((table, *columns, "idx"))
