"""A refund knows where its customer wants the money; so does each of its payouts.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_COLUMNS = (("refunds", "refund_to"), ("payouts", "goes_to"))


def upgrade() -> None:
    for table, name in _COLUMNS:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default="original"))


def downgrade() -> None:
    for table, name in _COLUMNS:
        op.drop_column(table, name)
