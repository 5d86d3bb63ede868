"""What providers told by webhook is found by our reference, and by the payment.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_CHARGE = "(body ->> 'originalReference')"


def upgrade() -> None:
    op.create_index("webhooks_source_reference_idx", "webhooks", ["source", "reference"])
    op.create_index(
        "webhooks_charge_idx",
        "webhooks",
        ["source", sa.text(_CHARGE)],
        postgresql_where=sa.text("body ? 'originalReference'"),
    )


def downgrade() -> None:
    op.drop_index("webhooks_charge_idx", "webhooks")
    op.drop_index("webhooks_source_reference_idx", "webhooks")
