"""Steps of refunds that ended long ago lie folded with their refund, and come back before another one is taken.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

_UNFOLD = """
create function unfold_steps() returns trigger language plpgsql as $$
declare
    folded jsonb;
begin
    select steps_folded into folded from refunds where refund_id = new.refund_id and steps_folded is not null;
    if found then
        update refunds set steps_folded = null where refund_id = new.refund_id;
        insert into steps (refund_id, step, is_undone, result, at)
            select new.refund_id, key, (value ->> 'is_undone')::boolean, nullif(value -> 'result', 'null'),
                (value ->> 'at')::timestamptz
            from jsonb_each(folded)
            on conflict do nothing;
    end if;
    return new;
end $$
"""
"""Whoever takes or undoes a step inserts its row first: it finds all of them, however long ago they were folded."""

_WHERE_IT_LOOKS = """
do $$ begin
    execute format('alter function unfold_steps() set search_path = %I, pg_temp', current_schema());
end $$
"""

_ERASED = "            approvals = blanked(approvals, said), external"
_ERASED_TOO = f"            steps_folded = blanked(steps_folded, paid_by),\n{_ERASED}"


def upgrade() -> None:
    op.add_column("refunds", sa.Column("steps_folded", JSONB(none_as_null=True), nullable=True))
    op.execute(_UNFOLD)
    op.execute(_WHERE_IT_LOOKS)
    op.execute("create trigger unfold before insert on steps for each row execute function unfold_steps()")
    _erased(_ERASED, _ERASED_TOO)


def downgrade() -> None:
    _erased(_ERASED_TOO, _ERASED)
    op.execute("drop trigger unfold on steps")
    op.execute("drop function unfold_steps()")
    op.drop_column("refunds", "steps_folded")


def _erased(part: str, instead: str) -> None:
    """Have the function erase more, or less: its rights and its owner stay."""
    kept = f"replace(pg_get_functiondef('erase_personal_data'::regproc), '{part}', '{instead}')"
    op.execute(f"do $$ begin execute {kept}; end $$")
