"""Coupons that are everybody's, that have several uses, or that take off a percentage.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ADDED = ("max_uses", "max_uses_per_customer", "rate_bp", "max_amount")


def upgrade() -> None:
    op.alter_column("coupons", "customer_id", nullable=True)
    op.alter_column("coupons", "amount", nullable=True)
    for name in _ADDED:
        op.add_column("coupons", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_check_constraint("coupons_amount_check", "coupons", "(amount is null) <> (rate_bp is null)")
    op.create_table(
        "coupon_counts",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "coupon_id", "part", name="coupon_counts_pkey"),
    )
    op.add_column("coupon_uses", sa.Column("used_again_by", sa.Text(), nullable=True))
    op.create_index(
        "coupon_uses_given_back_idx",
        "coupon_uses",
        ["merchant_id", "coupon_id"],
        postgresql_where=sa.text("reinstated_by is not null and used_again_by is null"),
    )


def downgrade() -> None:
    op.drop_index("coupon_uses_given_back_idx", "coupon_uses")
    op.drop_column("coupon_uses", "used_again_by")
    op.drop_table("coupon_counts")
    op.execute("delete from coupons where customer_id is null or amount is null")
    op.drop_constraint("coupons_amount_check", "coupons")
    for name in _ADDED:
        op.drop_column("coupons", name)
    op.alter_column("coupons", "amount", nullable=False)
    op.alter_column("coupons", "customer_id", nullable=False)
