"""The contact of a guest is found by a mark and lies sealed beside it; what is there is sealed by `python -m db seal`.

Revision ID: 0062
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guests", sa.Column("sealed_contact", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("guests", "sealed_contact")
