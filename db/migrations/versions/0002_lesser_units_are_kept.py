"""Lesser units are kept: how many of the accepted ones the inspection found in a lesser condition (rule 9).

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund_claims", sa.Column("lesser", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("refund_claims", "lesser")
