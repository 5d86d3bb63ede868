"""Merchants' systems are told what happens: endpoints, an outbox, and what was answered.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "endpoint_id", name="webhook_endpoints_pkey"),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("secret_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "endpoint_id", "secret_id", name="webhook_secrets_pkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "endpoint_id"],
            ["webhook_endpoints.merchant_id", "webhook_endpoints.endpoint_id"],
            name="webhook_secrets_merchant_id_endpoint_id_fkey",
            ondelete="CASCADE",
        ),
    )
    _outbox()
    _answers()


def _outbox() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "event_id",
            sa.Text(),
            nullable=False,
            server_default=sa.text("'evt_' || replace(gen_random_uuid()::text, '-', '')"),
        ),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="webhook_events_pkey"),
        sa.UniqueConstraint("event_id", name="webhook_events_event_id_key"),
    )
    op.create_index("webhook_events_merchant_id_number_idx", "webhook_events", ["merchant_id", "number"])
    op.create_index("webhook_events_refund_id_idx", "webhook_events", ["refund_id"])
    op.create_index("webhook_events_at_idx", "webhook_events", ["at"])


def _answers() -> None:
    is_pending = sa.text("status = 'pending'")
    op.create_table(
        "webhook_deliveries",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("event_id", "endpoint_id", name="webhook_deliveries_pkey"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_events.event_id"], name="webhook_deliveries_event_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "webhook_deliveries_due_idx",
        "webhook_deliveries",
        ["merchant_id", "endpoint_id", "next_at"],
        postgresql_where=is_pending,
    )
    op.create_index(
        "webhook_deliveries_of_refund_idx",
        "webhook_deliveries",
        ["merchant_id", "endpoint_id", "refund_id", "sequence"],
        postgresql_where=is_pending,
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="webhook_attempts_pkey"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_events.event_id"], name="webhook_attempts_event_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("webhook_attempts_event_id_idx", "webhook_attempts", ["event_id"])


def downgrade() -> None:
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_events", "webhook_secrets", "webhook_endpoints"):
        op.drop_table(table)
