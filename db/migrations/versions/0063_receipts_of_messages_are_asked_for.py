"""When the carrier of a message that it took is asked whether it has reached anybody.

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("receipt_due_at", sa.DateTime(timezone=True), nullable=True))
    due = sa.text("receipt_due_at is not null")
    op.create_index("deliveries_receipt_due_idx", "deliveries", ["receipt_due_at"], postgresql_where=due)


def downgrade() -> None:
    op.drop_index("deliveries_receipt_due_idx", "deliveries")
    op.drop_column("deliveries", "receipt_due_at")
