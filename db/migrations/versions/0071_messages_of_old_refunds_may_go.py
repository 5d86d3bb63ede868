"""Messages of refunds that ended long ago may go, by a function that sees to it that they did; their steps are folded
into their row, and come back before another one is taken.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

_FORGET = "forget_messages(text[], bigint)"

_FUNCTION = """
create function forget_messages(of_refunds text[], told bigint) returns void
security definer language plpgsql as $$
declare
    whose constant text := current_setting('makewhole.merchant', true);
    there bigint;
    gone bigint;
begin
    perform from refunds where refund_id = any(of_refunds) order by refund_id for update;
    select count(*) into there from refunds
        where refund_id = any(of_refunds) and (whose = '*' or merchant_id = whose)
            and completed_at < now() - interval '180 days' and needs_attention is null
            and not exists (
                select from messages where messages.refund_id = refunds.refund_id and (
                    (planned_at is null and recipient is not null)
                    or exists (
                        select from deliveries where deliveries.message_id = messages.message_id
                            and (ended_at is null or receipt_due_at is not null)
                    )
                )
            );
    if there is distinct from cardinality(of_refunds) then
        raise exception 'messages stay for 180 days after the end of their refund, and while they are on their way'
            using errcode = 'insufficient_privilege';
    end if;
    update refunds set messages_forgotten_at = now(), messages_forgotten =
            coalesce(messages_forgotten, '[]') || (
                select coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'round', round, 'topic', topic, 'subject', subject, 'to_customer', recipient is not null
                        )
                        order by message_id
                    ),
                    '[]'
                )
                from messages where messages.refund_id = refunds.refund_id
            )
        where refund_id = any(of_refunds);
    delete from messages where refund_id = any(of_refunds);
    get diagnostics gone = row_count;
    if gone is distinct from told then
        raise exception 'of % messages % were to go', gone, told using errcode = 'serialization_failure';
    end if;
end $$
"""
"""The programs' role may take no message away, and call this, with how many it has seen: what somebody says of those
refunds meanwhile stays. That a message was told is known of its refund afterwards, so that it is told once.
"""

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

_WHERE_THEY_LOOK = f"""
do $$ begin
    execute format('alter function {_FORGET} set search_path = %I, pg_temp', current_schema());
    execute format('alter function unfold_steps() set search_path = %I, pg_temp', current_schema());
end $$
"""

_ERASED = "            approvals = blanked(approvals, said), external"
_ERASED_TOO = f"            steps_folded = blanked(steps_folded, paid_by),\n{_ERASED}"


def upgrade() -> None:
    op.add_column("refunds", sa.Column("messages_forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("refunds", sa.Column("messages_forgotten", JSONB(none_as_null=True), nullable=True))
    op.add_column("refunds", sa.Column("steps_folded", JSONB(none_as_null=True), nullable=True))
    op.execute(_FUNCTION)
    op.execute(_UNFOLD)
    op.execute(_WHERE_THEY_LOOK)
    op.execute("create trigger unfold before insert on steps for each row execute function unfold_steps()")
    _erased(_ERASED, _ERASED_TOO)
    op.execute(f"revoke all on function {_FORGET} from public")


def downgrade() -> None:
    _erased(_ERASED_TOO, _ERASED)
    op.execute("drop trigger unfold on steps")
    op.execute(f"drop function unfold_steps(), {_FORGET}")
    op.drop_column("refunds", "steps_folded")
    op.drop_column("refunds", "messages_forgotten")
    op.drop_column("refunds", "messages_forgotten_at")


def _erased(part: str, instead: str) -> None:
    """Have the function erase more, or less: its rights and its owner stay."""
    kept = f"replace(pg_get_functiondef('erase_personal_data'::regproc), '{part}', '{instead}')"
    op.execute(f"do $$ begin execute {kept}; end $$")
