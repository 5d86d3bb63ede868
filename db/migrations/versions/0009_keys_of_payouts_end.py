"""A definite no ends the key of a payout, and the provider's own refunds that people know are remembered.

What is in flight keeps the key that it was asked for under, until somebody says no.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PLACE_IN_THE_ORDER = """
update payouts set place = sold.place - 1
from (
    select orders.merchant_id, orders.order_id, payment ->> 'payment_id' as payment_id, place
    from orders, jsonb_array_elements(orders.snapshot -> 'payments') with ordinality as payments (payment, place)
) as sold
where sold.merchant_id = payouts.merchant_id and sold.order_id = payouts.order_id
  and sold.payment_id = payouts.payment_id
"""


def upgrade() -> None:
    op.add_column("payouts", sa.Column("noes", sa.Integer(), server_default="0", nullable=False))
    op.execute(_PLACE_IN_THE_ORDER)
    op.create_table(
        "ended_payout_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("decline_code", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("ended_payout_keys_pkey")),
    )
    op.create_index(
        op.f("ended_payout_keys_refund_id_payment_id_idx"), "ended_payout_keys", ["refund_id", "payment_id"]
    )
    op.create_table(
        "foreign_refunds",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "gateway", "reference", name=op.f("foreign_refunds_pkey")),
    )


def downgrade() -> None:
    op.drop_table("foreign_refunds")
    op.drop_table("ended_payout_keys")
    op.drop_column("payouts", "noes")
