"""Orders know the disputes of their payments; what a lost one took is a claim, and a refund of a kind of its own.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("disputes", JSONB(), nullable=True))
    op.create_index("orders_disputed_idx", "orders", ["merchant_id"], postgresql_where=sa.text("disputes is not null"))
    op.add_column("refund_claims", sa.Column("is_loss", sa.Boolean(), server_default="false", nullable=False))
    op.execute("update refunds set external = external || '{\"is_loss\": false}' where external is not null")
    op.drop_index("refunds_external_key", "refunds")
    op.create_index(
        "refunds_external_key",
        "refunds",
        ["merchant_id", "order_id", sa.text("(external ->> 'external_id')"), sa.text("(external ->> 'is_loss')")],
        unique=True,
        postgresql_where=sa.text("external is not null"),
    )


def downgrade() -> None:
    op.drop_index("refunds_external_key", "refunds")
    op.create_index(
        "refunds_external_key",
        "refunds",
        ["merchant_id", "order_id", sa.text("(external ->> 'external_id')")],
        unique=True,
        postgresql_where=sa.text("external is not null"),
    )
    op.drop_column("refund_claims", "is_loss")
    op.drop_index("orders_disputed_idx", "orders")
    op.drop_column("orders", "disputes")
