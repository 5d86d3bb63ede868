"""Refunds that are asked for many at once: each such bulk, and its lines.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_NEW_ID = sa.text("'blk_' || replace(gen_random_uuid()::text, '-', '')")
_OPEN = sa.text("status in ('previewing', 'grace', 'running')")


def upgrade() -> None:
    op.create_table(
        "bulks",
        sa.Column("bulk_id", sa.Text(), nullable=False, server_default=_NEW_ID),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("totals", JSONB(none_as_null=True), nullable=True),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_id", name="bulks_pkey"),
    )
    op.create_index("bulks_merchant_id_created_at_idx", "bulks", ["merchant_id", "created_at"])
    op.create_index("bulks_merchant_id_sha256_idx", "bulks", ["merchant_id", "sha256"])
    op.create_index("bulks_touched_at_idx", "bulks", ["touched_at"], postgresql_where=_OPEN)
    op.create_table(
        "bulk_lines",
        sa.Column("bulk_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("request", JSONB(none_as_null=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("preview", JSONB(none_as_null=True), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("errors", JSONB(none_as_null=True), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bulk_id", "line", name="bulk_lines_pkey"),
    )
    op.create_index("bulk_lines_bulk_id_status_line_idx", "bulk_lines", ["bulk_id", "status", "line"])
    op.create_index("bulk_lines_bulk_id_order_id_status_idx", "bulk_lines", ["bulk_id", "order_id", "status"])


def downgrade() -> None:
    for table in ("bulk_lines", "bulks"):
        op.drop_table(table)
