"""Messages leave for people by e-mail and other channels; what was told before stays in the inboxes.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default the column is there at once, however many messages there are; those to come are not planned yet.
    op.add_column("messages", sa.Column("planned_at", sa.DateTime(timezone=True), server_default=sa.func.now()))
    op.alter_column("messages", "planned_at", server_default=None)
    op.add_column("messages", sa.Column("facts", JSONB(), nullable=False, server_default="{}"))
    op.create_index(
        "messages_unplanned_idx",
        "messages",
        ["message_id"],
        postgresql_where=sa.text("planned_at IS NULL AND recipient IS NOT NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("reference", sa.Text()),
        sa.PrimaryKeyConstraint("delivery_id", name="deliveries_pkey"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name="deliveries_message_id_fkey", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("message_id", "channel", name="deliveries_message_id_channel_key"),
    )
    op.create_index(
        "deliveries_due_idx", "deliveries", ["channel", "due_at"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_index("messages_unplanned_idx", "messages")
    op.drop_column("messages", "facts")
    op.drop_column("messages", "planned_at")
