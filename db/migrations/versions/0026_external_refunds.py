"""A refund may be of money that went back elsewhere; each is known by the merchant's own id for it.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("external", JSONB(), nullable=True))
    op.create_index(
        "refunds_external_key",
        "refunds",
        ["merchant_id", "order_id", sa.text("(external ->> 'external_id')")],
        unique=True,
        postgresql_where=sa.text("external is not null"),
    )


def downgrade() -> None:
    op.drop_index("refunds_external_key", "refunds")
    op.drop_column("refunds", "external")
