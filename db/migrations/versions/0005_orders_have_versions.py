"""Orders have versions that refunds name, merchants' own metadata is kept, and operations have an inbox of their own.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FOR_OPERATIONS = "('review_due', 'review_overdue', 'inspection_overdue', 'needs_attention', 'appealed')"
_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("customers", sa.Column("metadata", _JSON, server_default="{}", nullable=False))
    op.add_column("orders", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("refunds", sa.Column("order_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("refunds", sa.Column("metadata", _JSON, server_default="{}", nullable=False))
    op.create_table(
        "order_versions",
        sa.Column("merchant_id", sa.Text(), primary_key=True),
        sa.Column("order_id", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("snapshot", _JSON, nullable=False),
        sa.Column("sale", _JSON, nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.alter_column("messages", "recipient", nullable=True)
    # What was for operations is told by its topic, for a customer may be called `operations`.
    op.execute(f"update messages set recipient = null where topic in {_FOR_OPERATIONS}")  # noqa: S608 - our own words


def downgrade() -> None:
    op.execute("update messages set recipient = 'operations' where recipient is null")
    op.alter_column("messages", "recipient", nullable=False)
    op.drop_table("order_versions")
    op.drop_column("refunds", "metadata")
    op.drop_column("refunds", "order_version")
    op.drop_column("orders", "version")
    op.drop_column("customers", "metadata")
