"""A system in which entitlements live may be a product that has an adapter.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("adapter", sa.Text(), nullable=False, server_default="contract")
    op.add_column("entitlement_systems", column)


def downgrade() -> None:
    op.drop_column("entitlement_systems", "adapter")
