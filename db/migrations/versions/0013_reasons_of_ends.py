"""Why a refund came to nothing, as a code; what ended before is said in general.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("ended_because", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("refunds", "ended_because")
