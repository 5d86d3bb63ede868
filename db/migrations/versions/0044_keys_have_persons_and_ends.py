"""API keys name a person, end, and are revoked at once; those of a merchant are listed, the newest first.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_TELL = """
create function tell_of_ended_key() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    perform pg_notify('makewhole_ended_keys', old.key_sha256);
    return null;
end $$
"""


def upgrade() -> None:
    for name in ("person", "prefix", "made_by"):
        op.add_column("api_keys", sa.Column(name, sa.Text(), nullable=True))
    for name in ("expires_at", "revoked_at", "last_used_at"):
        op.add_column("api_keys", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_keys", sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_index("api_keys_merchant_id_number_idx", "api_keys", ["merchant_id", "number"])
    op.execute(_TELL)
    op.execute(
        "create trigger api_keys_end after delete or update of expires_at, revoked_at on api_keys "
        "for each row execute function tell_of_ended_key()"
    )


def downgrade() -> None:
    op.execute("drop trigger api_keys_end on api_keys")
    op.execute("drop function tell_of_ended_key()")
    op.drop_index("api_keys_merchant_id_number_idx", "api_keys")
    for name in ("number", "last_used_at", "revoked_at", "expires_at", "made_by", "prefix", "person"):
        op.drop_column("api_keys", name)
