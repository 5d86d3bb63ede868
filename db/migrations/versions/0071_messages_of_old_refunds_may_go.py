"""Messages of refunds that ended long ago may go, by a function that sees to it that they did.

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

_WHERE_IT_LOOKS = f"""
do $$ begin
    execute format('alter function {_FORGET} set search_path = %I, pg_temp', current_schema());
end $$
"""


def upgrade() -> None:
    op.add_column("refunds", sa.Column("messages_forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("refunds", sa.Column("messages_forgotten", JSONB(none_as_null=True), nullable=True))
    op.execute(_FUNCTION)
    op.execute(_WHERE_IT_LOOKS)
    op.execute(f"revoke all on function {_FORGET} from public")


def downgrade() -> None:
    op.execute(f"drop function {_FORGET}")
    op.drop_column("refunds", "messages_forgotten")
    op.drop_column("refunds", "messages_forgotten_at")
