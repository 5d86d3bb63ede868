"""A merchant of the sandbox may have a clock that is ahead; what is theirs is written by it.

Nothing changes where nobody has one: `merchant_ahead()` is no time at all then, and reads no table.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"

_AHEAD = """
create function merchant_ahead() returns interval stable parallel safe language sql
    return coalesce(nullif(current_setting('makewhole.ahead_us', true), '')::bigint, 0) * interval '1 microsecond'
"""
"""Of the merchant whose transaction it is: the message that begins it says so (`db/whose.py`)."""

_AHEAD_OF = """
create function merchant_ahead(of_merchant text) returns interval stable language sql
    return coalesce((select ahead_us from test_clocks where merchant_id = of_merchant), 0) * interval '1 microsecond'
"""
"""Of any merchant, for what looks through everyone's rows."""

_THEIRS = {
    "campaign_rewards": "granted_at",
    "campaigns": "created_at",
    "coupons": "created_at",
    "customers": "created_at",
    "guests": "created_at",
    "ledger_entries": "at",
    "merchant_reasons": "created_at",
    "messages": "at",
    "orders": "created_at",
    "points_lots": "created_at",
    "policies": "created_at",
    "refund_evidence": "at",
    "refunds": "created_at",
    "suspensions": "imposed_at",
}


def upgrade() -> None:
    op.create_table(
        "test_clocks",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("ahead_us", sa.BigInteger(), nullable=False),
        sa.Column("goes_to_us", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name="test_clocks_pkey"),
    )
    seen = f"case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end"
    op.execute("alter table test_clocks enable row level security")
    op.execute(f"create policy of_its_merchant on test_clocks using ({seen})")
    op.execute(_AHEAD)
    op.execute(_AHEAD_OF)
    for table, column in _THEIRS.items():
        op.execute(f"alter table {table} alter column {column} set default now() + merchant_ahead()")


def downgrade() -> None:
    for table, column in _THEIRS.items():
        op.execute(f"alter table {table} alter column {column} set default now()")
    op.execute("drop function merchant_ahead(text)")
    op.execute("drop function merchant_ahead()")
    op.drop_table("test_clocks")
