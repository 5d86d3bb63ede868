"""Messages know their round, keepers note when they came round, and what is open is found without reading all.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("completed_at is null")


def upgrade() -> None:
    op.add_column("messages", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.drop_constraint("messages_refund_id_topic_subject_key", "messages", type_="unique")
    op.create_unique_constraint(
        "messages_refund_id_round_topic_subject_key", "messages", ["refund_id", "round", "topic", "subject"]
    )
    op.create_table(
        "keeper_rounds",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("refunds_open_idx", "refunds", ["created_at", "refund_id"], postgresql_where=_OPEN)
    op.create_index("refunds_open_of_merchant_idx", "refunds", ["merchant_id"], postgresql_where=_OPEN)
    op.create_index("refunds_ended_idx", "refunds", ["merchant_id", "completed_at"])


def downgrade() -> None:
    op.drop_index("refunds_ended_idx", "refunds")
    op.drop_index("refunds_open_of_merchant_idx", "refunds")
    op.drop_index("refunds_open_idx", "refunds")
    op.drop_table("keeper_rounds")
    op.drop_constraint("messages_refund_id_round_topic_subject_key", "messages", type_="unique")
    op.create_unique_constraint("messages_refund_id_topic_subject_key", "messages", ["refund_id", "topic", "subject"])
    op.drop_column("messages", "round")
