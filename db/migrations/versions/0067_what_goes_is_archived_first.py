"""What goes from tables that only grow is archived first: the parts that are written, and whose they are.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "kind", "month", "part", name="archives_pkey"),
    )
    seen = f"case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end"
    op.execute("alter table archives enable row level security")
    op.execute(f"create policy of_its_merchant on archives using ({seen})")


def downgrade() -> None:
    op.drop_table("archives")
