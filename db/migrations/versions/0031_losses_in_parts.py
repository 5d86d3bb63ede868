"""What was lost after a dispute is counted in parts, where refunds under way had claimed some of it at first.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_WHAT: list[str | sa.TextClause] = [
    "merchant_id",
    "order_id",
    sa.text("(external ->> 'external_id')"),
    sa.text("(external ->> 'is_loss')"),
]


def upgrade() -> None:
    op.execute("update refunds set external = external || '{\"part\": 1}' where external is not null")
    _index([*_WHAT, sa.text("(external ->> 'part')")])
    op.create_index(
        "orders_uncounted_idx",
        "orders",
        ["merchant_id", "order_id"],
        postgresql_where=sa.text("jsonb_path_exists(disputes, '$.known[*].uncounted.minor_units')"),
    )


def downgrade() -> None:
    op.drop_index("orders_uncounted_idx", "orders")
    _index(_WHAT)


def _index(what: list[str | sa.TextClause]) -> None:
    op.drop_index("refunds_external_key", "refunds")
    op.create_index(
        "refunds_external_key", "refunds", what, unique=True, postgresql_where=sa.text("external is not null")
    )
