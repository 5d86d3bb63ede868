"""Whoever watches a refund is told when something happened to it.

Revision ID: 0056
Revises: 0055
"""

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_TELL = """
create function tell_of_refund() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    perform pg_notify('makewhole_refunds', new.refund_id);
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(_TELL)
    op.execute(
        "create trigger refund_events_told after insert on refund_events for each row execute function tell_of_refund()"
    )


def downgrade() -> None:
    op.execute("drop trigger refund_events_told on refund_events")
    op.execute("drop function tell_of_refund()")
