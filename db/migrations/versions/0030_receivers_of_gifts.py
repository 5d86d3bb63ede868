"""A refund names who got the goods as a gift, where it was not who bought them.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INDEX = "refunds_of_receiver_idx"


def upgrade() -> None:
    op.add_column("refunds", sa.Column("beneficiary", sa.Text(), nullable=True))
    named = sa.text("beneficiary is not null")
    op.create_index(_INDEX, "refunds", ["merchant_id", "beneficiary", "created_at"], postgresql_where=named)


def downgrade() -> None:
    op.drop_index(_INDEX, "refunds")
    op.drop_column("refunds", "beneficiary")
