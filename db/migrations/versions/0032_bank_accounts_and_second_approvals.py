"""A refund may go to a bank account that two reviewers approve, each with a key of their own.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_NEW_ID = sa.text("'key_' || replace(gen_random_uuid()::text, '-', '')")


def upgrade() -> None:
    op.add_column("refunds", sa.Column("approvals", JSONB(), nullable=False, server_default="[]"))
    op.add_column("api_keys", sa.Column("key_id", sa.Text(), nullable=False, server_default=_NEW_ID))
    op.create_unique_constraint("api_keys_key_id_key", "api_keys", ["key_id"])
    op.create_table(
        "bank_accounts",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("ends_in", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("refund_id", name="bank_accounts_pkey"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name="bank_accounts_refund_id_fkey"),
    )


def downgrade() -> None:
    op.drop_table("bank_accounts")
    op.drop_constraint("api_keys_key_id_key", "api_keys")
    op.drop_column("api_keys", "key_id")
    op.drop_column("refunds", "approvals")
