"""A picture that an earlier refund showed is known again.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"
_QUARTERS = tuple(f"quarter_{place}" for place in range(4))


def upgrade() -> None:
    op.create_table(
        "picture_looks",
        sa.Column("evidence_id", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("likeness", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _QUARTERS),
        sa.PrimaryKeyConstraint("evidence_id", "place", name="picture_looks_pkey"),
    )
    for name in _QUARTERS:
        index = f"picture_looks_merchant_id_{name}_place_idx"
        op.create_index(index, "picture_looks", ["merchant_id", name, "place"])
    seen = f"case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end"
    op.execute("alter table picture_looks enable row level security")
    op.execute(f"create policy of_its_merchant on picture_looks using ({seen})")
    op.add_column("refund_evidence", sa.Column("resembles", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("refund_evidence", "resembles")
    op.drop_table("picture_looks")
