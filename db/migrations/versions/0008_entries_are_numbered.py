"""Entries of one intent are numbered, and no payment is ever paid back more than was captured.

A reversal had the key of what it reversed with `:reversed` behind it, and an entry that was booked anew had `:anew`:
a payment called `p1:reversed` met the reversal of `p1`. Now they share the key and take turns by number.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER_WHAT_WAS_BOOKED = r"""
with named as (
    select entry_id, merchant_id, regexp_replace(key, '(:anew)*(:reversed)?$', '') as base,
           (length(suffix) - length(replace(suffix, ':anew', ''))) / length(':anew') as anew,
           right(suffix, 9) = ':reversed' as is_reversal
    from (select *, substring(key from '((?::anew)*(?::reversed)?)$') as suffix from ledger_entries) as entries
    where suffix <> ''
      and not exists (select from payouts where payouts.key = entries.key)
)
update ledger_entries set key = named.base, number = 1 + 2 * named.anew + named.is_reversal::int
from named
where ledger_entries.entry_id = named.entry_id
  and exists (
      select from ledger_entries as first
      where first.merchant_id = named.merchant_id and first.key = named.base
        and first.refund_id is not distinct from ledger_entries.refund_id
  )
"""

_ESCAPE_WHAT_GRANTS_ARE_CALLED = r"""
update ledger_entries
set key = regexp_replace(key, '^(rf_[0-9a-f]+:grant[^:]*:).*$', '\1')
       || replace(regexp_replace(key, '^rf_[0-9a-f]+:grant[^:]*:', ''), ':', '\:')
where key ~ '^rf_[0-9a-f]+:grant[^:]*:.*:'
"""

_ESCAPE_WHAT_WAS_TAKEN_BACK = r"""
update effects
set step = 'taken_back:'
        || replace(replace(regexp_replace(substr(step, 12), '@[0-9]+$', ''), ':', '\:'), '@', '\@')
        || coalesce(substring(step from '@[0-9]+$'), '')
where step ~ '^taken_back:.*[:@].*(@[0-9]+)?$'
"""

_NEVER_MORE_THAN_CAPTURED = """
create function payment_must_not_be_overpaid() returns trigger language plpgsql as $$
declare
    pocket bigint;
begin
    -- One at a time for each pocket: what another transaction is about to commit counts as well.
    perform pg_advisory_xact_lock(hashtextextended(new.merchant_id || chr(10) || new.owner, 7));
    select sum(amount) into pocket from postings
    where merchant_id = new.merchant_id and account = 'payment' and owner = new.owner and unit = new.unit;
    if pocket > 0 then
        raise exception 'payment % is paid back % more than was captured', new.owner, pocket;
    end if;
    return null;
end $$;
create constraint trigger payments_are_never_overpaid after insert on postings
    deferrable initially deferred for each row when (new.account = 'payment' and new.amount > 0)
    execute function payment_must_not_be_overpaid();
"""


def _run(statement: str) -> None:
    """Run it as it is: its colons are no parameters."""
    op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    op.add_column("ledger_entries", sa.Column("number", sa.Integer(), server_default="1", nullable=False))
    op.drop_constraint("ledger_entries_merchant_id_key_key", "ledger_entries")
    _run("alter table ledger_entries disable trigger ledger_append_only")
    _run(_NUMBER_WHAT_WAS_BOOKED)
    _run(_ESCAPE_WHAT_GRANTS_ARE_CALLED)
    _run("alter table ledger_entries enable trigger ledger_append_only")
    _run(_ESCAPE_WHAT_WAS_TAKEN_BACK)
    op.create_unique_constraint(
        op.f("ledger_entries_merchant_id_key_number_key"), "ledger_entries", ["merchant_id", "key", "number"]
    )
    op.execute(_NEVER_MORE_THAN_CAPTURED)


def downgrade() -> None:
    _run("drop trigger payments_are_never_overpaid on postings")
    _run("drop function payment_must_not_be_overpaid")
    op.drop_constraint("ledger_entries_merchant_id_key_number_key", "ledger_entries")
    _run("alter table ledger_entries disable trigger ledger_append_only")
    _run(
        "update ledger_entries set key = key || repeat(':anew', (number - 1) / 2)"
        " || case when number % 2 = 0 then ':reversed' else '' end where number > 1"
    )
    _run("alter table ledger_entries enable trigger ledger_append_only")
    op.drop_column("ledger_entries", "number")
    op.create_unique_constraint(op.f("ledger_entries_merchant_id_key_key"), "ledger_entries", ["merchant_id", "key"])
