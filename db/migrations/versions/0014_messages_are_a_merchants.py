"""A message is unique within its merchant: operations of two may be told of payouts of one name without a refund.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE, NOW = "messages_refund_id_round_topic_subject_key", "messages_refund_id_round_topic_subject_merchant_id_key"


def upgrade() -> None:
    op.drop_constraint(BEFORE, "messages")
    op.create_unique_constraint(NOW, "messages", ["refund_id", "round", "topic", "subject", "merchant_id"])


def downgrade() -> None:
    op.execute(
        "delete from messages a using messages b where a.refund_id = b.refund_id and a.round = b.round "
        "and a.topic = b.topic and a.subject = b.subject and a.message_id > b.message_id"
    )
    op.drop_constraint(NOW, "messages")
    op.create_unique_constraint(BEFORE, "messages", ["refund_id", "round", "topic", "subject"])
