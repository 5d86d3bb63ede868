"""Checkpoints of audit trails may have a time stamp by a third party.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"


def upgrade() -> None:
    op.create_table(
        "audit_time_stamps",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("entries", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "entries", name="audit_time_stamps_pkey"),
    )
    op.execute("alter table audit_time_stamps enable row level security")
    op.execute(
        "create policy of_its_merchant on audit_time_stamps using "
        f"(case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end)"
    )


def downgrade() -> None:
    op.drop_table("audit_time_stamps")
