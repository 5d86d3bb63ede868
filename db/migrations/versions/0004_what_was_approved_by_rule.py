"""What was approved by rule is known of each refund, and why a reviewer is asked (rule 40).

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("approved_by_rule", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("refunds", sa.Column("waits_because", postgresql.JSONB(), server_default="[]", nullable=False))
    op.execute(
        "UPDATE refunds SET approved_by_rule = true WHERE review ->> 'decision' = 'approve' AND review ->> 'rule' <> ''"
    )


def downgrade() -> None:
    op.drop_column("refunds", "waits_because")
    op.drop_column("refunds", "approved_by_rule")
