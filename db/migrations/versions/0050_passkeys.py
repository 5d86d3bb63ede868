"""Passkeys of customers, and the challenges that make and use them.

Revision ID: 0050
Revises: 0049
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_NEW_ID = "'pky_' || replace(gen_random_uuid()::text, '-', '')"


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("passkey_id", sa.Text(), nullable=False, server_default=sa.text(_NEW_ID)),
        *(_text(name) for name in ("merchant_id", "customer_id")),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        _time("created_at", server_default=sa.func.now()),
        _time("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("credential_id", name="passkeys_pkey"),
        sa.UniqueConstraint("passkey_id", name="passkeys_passkey_id_key"),
    )
    op.create_index("passkeys_merchant_id_customer_id_idx", "passkeys", ["merchant_id", "customer_id"])
    op.create_table(
        "passkey_challenges",
        _text("challenge_id"),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        _text("merchant_id"),
        *(_text(name, nullable=True) for name in ("customer_id", "session_id")),
        sa.Column("user_handle", sa.LargeBinary(), nullable=True),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("challenge_id", name="passkey_challenges_pkey"),
    )
    op.create_index("passkey_challenges_expires_at_idx", "passkey_challenges", ["expires_at"])


def downgrade() -> None:
    op.drop_table("passkey_challenges")
    op.drop_table("passkeys")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False, server_default: Any = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)
