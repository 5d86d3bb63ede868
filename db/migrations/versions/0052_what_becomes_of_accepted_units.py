"""What becomes of accepted units, and where they are put, is kept with the claim.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund_claims", sa.Column("stock", JSONB(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("refund_claims", "stock")
