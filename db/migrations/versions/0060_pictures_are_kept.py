"""Pictures are kept as evidence: here is whose they are, and their pixels are in a store.

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"


def upgrade() -> None:
    op.create_table(
        "pictures",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("evidence_id", "merchant_id")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("customer_id", "order_id", "refund_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("added_by", "name")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("stored_at", "used_at", "gone_at")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name="pictures_refund_id_fkey"),
        sa.PrimaryKeyConstraint("evidence_id", name="pictures_pkey"),
    )
    op.create_index("pictures_merchant_id_customer_id_idx", "pictures", ["merchant_id", "customer_id"])
    op.create_index("pictures_merchant_id_name_idx", "pictures", ["merchant_id", "name"])
    op.create_index("pictures_refund_id_idx", "pictures", ["refund_id"])
    unused = sa.text("used_at is null and gone_at is null")
    op.create_index("pictures_unused_idx", "pictures", ["created_at"], postgresql_where=unused)
    op.create_index("pictures_gone_idx", "pictures", ["gone_at"], postgresql_where=sa.text("gone_at is not null"))
    seen = f"case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end"
    op.execute("alter table pictures enable row level security")
    op.execute(f"create policy of_its_merchant on pictures using ({seen})")


def downgrade() -> None:
    op.drop_table("pictures")
