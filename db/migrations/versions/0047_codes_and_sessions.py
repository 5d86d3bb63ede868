"""One-time codes, sessions of customers, and counts of what is limited.

Revision ID: 0047
Revises: 0046
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_NEW_ID = "'ses_' || replace(gen_random_uuid()::text, '-', '')"


def upgrade() -> None:
    op.create_table(
        "identity_codes",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(_text(name) for name in ("code_id", "merchant_id", "order_id", "contact_mark")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        _time("created_at", server_default=sa.func.now()),
        _time("due_at", server_default=sa.func.now()),
        _time("ended_at", nullable=True),
        _time("expires_at"),
        *(_text(name, nullable=True) for name in ("code_mark", "customer_id", "only_order_id")),
        sa.Column("guesses", sa.Integer(), nullable=False, server_default="0"),
        _time("used_at", nullable=True),
        _text("outcome", nullable=True),
        sa.PrimaryKeyConstraint("number", name="identity_codes_pkey"),
        sa.UniqueConstraint("code_id", name="identity_codes_code_id_key"),
    )
    op.create_index("identity_codes_expires_at_idx", "identity_codes", ["expires_at"])
    op.create_index(
        "identity_codes_due_idx", "identity_codes", ["due_at"], postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "identity_sessions",
        _text("key_sha256"),
        sa.Column("session_id", sa.Text(), nullable=False, server_default=sa.text(_NEW_ID)),
        *(_text(name) for name in ("merchant_id", "role")),
        *(_text(name, nullable=True) for name in ("customer_id", "only_order_id")),
        _time("created_at", server_default=sa.func.now()),
        _time("expires_at"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("key_sha256", name="identity_sessions_pkey"),
        sa.UniqueConstraint("session_id", name="identity_sessions_session_id_key"),
    )
    op.create_index("identity_sessions_expires_at_idx", "identity_sessions", ["expires_at"])
    op.create_table(
        "rate_counts",
        *(_text(name) for name in ("quota", "subject")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        _time("ends_at"),
        sa.PrimaryKeyConstraint("quota", "subject", name="rate_counts_pkey"),
    )
    op.create_index("rate_counts_ends_at_idx", "rate_counts", ["ends_at"])
    op.execute(
        "create trigger identity_sessions_end after update of ended_at, expires_at on identity_sessions "
        "for each row execute function tell_of_ended_key()"
    )


def downgrade() -> None:
    for table in ("rate_counts", "identity_sessions", "identity_codes"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False, server_default: Any = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)
