"""How many RMAs a return has asked for: the carrier may call one void of which our books know nothing.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("rmas", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("refunds", "rmas")
