"""The sandbox's books are made here, as the programs may make no tables any more; functions trust no search path.

Whoever may set `search_path`, or make temporary tables, could have a trigger look at another table than it guards.

Revision ID: 0034
Revises: 0033
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_BOOKS = """
create schema if not exists sandbox;
create table if not exists sandbox.charges (
    merchant_id text not null,
    charge_ref text not null,
    currency text not null,
    captured bigint not null,
    behaviour text not null,
    calls integer not null default '0',
    primary key (merchant_id, charge_ref)
);
create table if not exists sandbox.captures (
    merchant_id text not null,
    charge_ref text not null,
    capture_key text not null,
    amount bigint not null,
    primary key (merchant_id, charge_ref, capture_key)
);
create table if not exists sandbox.refunds (
    refund_ref text primary key,
    merchant_id text not null,
    key text not null,
    key_until timestamptz not null,
    charge_ref text not null,
    amount bigint not null,
    currency text not null,
    status text not null,
    turns_at timestamptz,
    turns_to text,
    at timestamptz not null default now()
);
alter table sandbox.refunds add column if not exists answered text;
alter table sandbox.refunds add column if not exists changed_at timestamptz;
create index if not exists refunds_merchant_id_key_idx on sandbox.refunds (merchant_id, key);
create index if not exists refunds_merchant_id_charge_ref_idx on sandbox.refunds (merchant_id, charge_ref);
create index if not exists refunds_turning_idx on sandbox.refunds (turns_at) where turns_at is not null;
create index if not exists refunds_changed_idx on sandbox.refunds (merchant_id, coalesce(changed_at, at));
create table if not exists sandbox.refusals (
    merchant_id text not null,
    key text not null,
    code text not null,
    message text not null,
    key_until timestamptz not null,
    primary key (merchant_id, key)
);
create table if not exists sandbox.webhooks (
    webhook_id text primary key,
    body jsonb not null,
    copies integer not null,
    attempts integer not null default '0',
    due_at timestamptz not null
);
create index if not exists webhooks_due_idx on sandbox.webhooks (due_at) where copies > 0;
create table if not exists sandbox.labels (
    merchant_id text not null,
    rma text not null,
    state text not null,
    pickup_by timestamptz,
    primary key (merchant_id, rma)
);
create table if not exists sandbox.carriers (
    merchant_id text primary key,
    pickup boolean not null
);
"""

_FUNCTIONS = (
    "ledger_entry_must_balance",
    "books_are_append_only",
    "sealing_changes_nothing",
    "payment_must_not_be_overpaid",
    "campaign_covers_others",
    "orders_are_counted_anew",
    "refunds_are_counted_anew",
)


def upgrade() -> None:
    op.execute(_BOOKS)
    here = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    for name in _FUNCTIONS:
        op.execute(f"alter function {name}() set search_path = {here}, pg_temp")


def downgrade() -> None:
    for name in _FUNCTIONS:
        op.execute(f"alter function {name}() reset search_path")
