"""Audit entries are counted as they are written, and signed checkpoints hold what the chain came to.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_NUMBERS = ("refund_number", "customer_number")

_SEALING_CHANGES_NOTHING = """
create or replace function sealing_changes_nothing() returns trigger language plpgsql as $$
begin
    if (old.entry_id, old.merchant_id, old.at, old.order_id, old.refund_id, old.action, old.actor, old.detail,
        old.customer_id{counted_old})
        is distinct from
       (new.entry_id, new.merchant_id, new.at, new.order_id, new.refund_id, new.action, new.actor, new.detail,
        new.customer_id{counted_new})
    then
        raise exception 'audit_entries is append-only';
    end if;
    return new;
end $$
"""

_STAY = """
create trigger audit_checkpoints_stay before update or delete on audit_checkpoints
    for each statement execute function books_are_append_only();
create trigger audit_blocks_stay before update or delete on audit_blocks
    for each statement execute function books_are_append_only();
"""


def upgrade() -> None:
    op.add_column("refunds", sa.Column("audit_count", sa.Integer(), nullable=False, server_default="0"))
    for name in _NUMBERS:
        op.add_column("audit_entries", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "audit_counts",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "customer_id", name="audit_counts_pkey"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("replaces", JSONB(none_as_null=True), nullable=True),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "entries", name="audit_checkpoints_pkey"),
    )
    op.create_table(
        "audit_blocks",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "place", name="audit_blocks_pkey"),
    )
    op.execute(_STAY)
    old, new = ("".join(f", {row}.{name}" for name in _NUMBERS) for row in ("old", "new"))
    op.execute(_SEALING_CHANGES_NOTHING.format(counted_old=old, counted_new=new))
    _fix_search_path()


def downgrade() -> None:
    op.execute(_SEALING_CHANGES_NOTHING.format(counted_old="", counted_new=""))
    _fix_search_path()
    for table in ("audit_blocks", "audit_checkpoints", "audit_counts"):
        op.drop_table(table)
    for name in _NUMBERS:
        op.drop_column("audit_entries", name)
    op.drop_column("refunds", "audit_count")


def _fix_search_path() -> None:
    """Whoever may set `search_path` can't have the trigger look elsewhere (0034); a new body forgets that."""
    here = op.get_bind().execute(sa.text("select quote_ident(current_schema())")).scalar_one()
    op.execute(f"alter function sealing_changes_nothing() set search_path = {here}, pg_temp")
