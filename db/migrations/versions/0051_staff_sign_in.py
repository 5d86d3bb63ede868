"""Staff sign in at identity providers.

Revision ID: 0051
Revises: 0050
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_NEW_ID = "'sst_' || replace(gen_random_uuid()::text, '-', '')"


def upgrade() -> None:
    op.create_table(
        "identity_providers",
        *(_text(name) for name in ("merchant_id", "provider_id", "issuer", "client_id", "address")),
        sa.Column("rules", JSONB(), nullable=False),
        _text("key_id"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _text("token"),
        _time("updated_at", server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "provider_id", name="identity_providers_pkey"),
        sa.UniqueConstraint("token", name="identity_providers_token_key"),
    )
    op.create_table(
        "sign_ins",
        *(_text(name) for name in ("state_sha256", "browser_sha256", "merchant_id", "provider_id")),
        _text("role", nullable=True),
        _text("return_to"),
        _time("expires_at"),
        _time("used_at", nullable=True),
        sa.PrimaryKeyConstraint("state_sha256", name="sign_ins_pkey"),
    )
    op.create_index("sign_ins_expires_at_idx", "sign_ins", ["expires_at"])
    op.create_table(
        "staff_people",
        *(_text(name) for name in ("merchant_id", "issuer", "subject", "person")),
        _time("since", server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "issuer", "subject", name="staff_people_pkey"),
    )
    op.create_index("staff_people_merchant_id_person_idx", "staff_people", ["merchant_id", "person"])
    _sessions()


def _sessions() -> None:
    op.create_table(
        "staff_sessions",
        _text("key_sha256"),
        sa.Column("session_id", sa.Text(), nullable=False, server_default=sa.text(_NEW_ID)),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(_text(name) for name in ("merchant_id", "provider_id", "role", "person")),
        sa.Column("hint", sa.LargeBinary(), nullable=True),
        _time("created_at", server_default=sa.func.now()),
        _time("expires_at"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("key_sha256", name="staff_sessions_pkey"),
        sa.UniqueConstraint("session_id", name="staff_sessions_session_id_key"),
    )
    op.create_index("staff_sessions_merchant_id_number_idx", "staff_sessions", ["merchant_id", "number"])
    op.create_index("staff_sessions_expires_at_idx", "staff_sessions", ["expires_at"])
    op.execute(
        "create trigger staff_sessions_end after update of ended_at, expires_at on staff_sessions "
        "for each row execute function tell_of_ended_key()"
    )


def downgrade() -> None:
    for table in ("staff_sessions", "staff_people", "sign_ins", "identity_providers"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False, server_default: Any = None) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=server_default)
