"""The steps that a refund has done stand in `steps`: an effect is what the customer sees.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("effects", "steps")
    op.execute("alter table steps rename constraint effects_pkey to steps_pkey")


def downgrade() -> None:
    op.execute("alter table steps rename constraint steps_pkey to effects_pkey")
    op.rename_table("steps", "effects")
