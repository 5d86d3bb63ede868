"""What is looked for in tables that grow is found by an index; payouts are compared from a watermark on.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_OVER = sa.text("completed_at is not null")
_OPEN = sa.text("completed_at is null")
_WITHDRAWN = sa.text("withdrawn_by is not null")
_COUPON = sa.text("coupon_id is not null")


def upgrade() -> None:
    listed = ["created_at", "refund_id"]
    op.drop_index("refunds_open_of_merchant_idx", table_name="refunds")
    op.create_index("refunds_open_of_merchant_idx", "refunds", ["merchant_id", *listed], postgresql_where=_OPEN)
    op.create_index("refunds_ended_as_idx", "refunds", ["merchant_id", "status", *listed], postgresql_where=_OVER)
    op.create_index("refunds_ended_lately_idx", "refunds", ["completed_at"], postgresql_where=_OVER)
    rewards = "campaign_rewards"
    op.create_index("campaign_rewards_coupon_idx", rewards, ["merchant_id", "coupon_id"], postgresql_where=_COUPON)
    op.create_index("campaign_rewards_withdrawn_idx", rewards, ["withdrawn_by"], postgresql_where=_WITHDRAWN)
    op.create_index("order_grants_withdrawn_idx", "order_grants", ["withdrawn_by"], postgresql_where=_WITHDRAWN)
    op.create_table(
        "watermarks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("watermarks_pkey")),
    )
    # No round has looked back farther, and without a worker no payout moves.
    last = "coalesce((select max(updated_at) from payouts), now())"
    op.execute(f"insert into watermarks values ('payouts', {last} - interval '1 hour')")  # noqa: S608
    due = sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    op.add_column("compared_books", due)
    op.create_index(op.f("compared_books_due_at_idx"), "compared_books", ["due_at"])


def downgrade() -> None:
    op.drop_index(op.f("compared_books_due_at_idx"), table_name="compared_books")
    op.drop_column("compared_books", "due_at")
    op.drop_table("watermarks")
    op.drop_index("order_grants_withdrawn_idx", table_name="order_grants")
    op.drop_index("campaign_rewards_withdrawn_idx", table_name="campaign_rewards")
    op.drop_index("campaign_rewards_coupon_idx", table_name="campaign_rewards")
    op.drop_index("refunds_ended_lately_idx", table_name="refunds")
    op.drop_index("refunds_ended_as_idx", table_name="refunds")
    op.drop_index("refunds_open_of_merchant_idx", table_name="refunds")
    op.create_index("refunds_open_of_merchant_idx", "refunds", ["merchant_id"], postgresql_where=_OPEN)
