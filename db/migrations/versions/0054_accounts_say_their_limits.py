"""A merchant's account at a provider may say what its contract allows of refunds.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gateway_accounts", sa.Column("limits", JSONB(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("gateway_accounts", "limits")
