"""How often something failed of what workers do beside their tasks.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    troubles = sa.Column("troubles", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("keeper_rounds", troubles)


def downgrade() -> None:
    op.drop_column("keeper_rounds", "troubles")
