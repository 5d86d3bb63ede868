"""What a customer's orders come to for each campaign is kept; campaigns are numbered by when they began to cover them.

Nobody is counted yet: a customer is when something is next booked for them, or by the nightly check. Whoever changes an
order or a settlement without keeping the standings, as earlier versions do beside this one, makes a customer uncounted.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


_NUMBERED_AS_THEY_COVER = """
create function campaign_covers_others() returns trigger language plpgsql as $$
begin
    -- One of a merchant's at a time: nobody sees a higher number before a lower one.
    perform pg_advisory_xact_lock(hashtextextended('campaigns of ' || new.merchant_id, 0));
    new.number := nextval(pg_get_serial_sequence('campaigns', 'number'));
    return new;
end $$;
create trigger campaign_begins before insert on campaigns
    for each row execute function campaign_covers_others();
create trigger campaign_covers_others before update on campaigns
    for each row when (
        (old.terms->'kind', old.terms->'starts_at', old.terms->'ends_at', old.terms->'currency')
        is distinct from
        (new.terms->'kind', new.terms->'starts_at', new.terms->'ends_at', new.terms->'currency')
    ) execute function campaign_covers_others();
"""

_COUNTED_ANEW = """
create function orders_are_counted_anew() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        update customers set counted_until = null
        from (
            select distinct was.merchant_id, was.customer_id
            from was join becomes using (merchant_id, order_id)
            where (was.sale is null, was.paid_at, was.currency, was.goods_paid, was.goods_units, was.campaign_ids)
                is distinct from
                (becomes.sale is null, becomes.paid_at, becomes.currency, becomes.goods_paid, becomes.goods_units,
                 becomes.campaign_ids)
        ) as those
        where (customers.merchant_id, customers.customer_id) = (those.merchant_id, those.customer_id)
            and counted_until is not null;
    else
        update customers set counted_until = null
        from (select distinct merchant_id, customer_id from becomes where sale is not null) as those
        where (customers.merchant_id, customers.customer_id) = (those.merchant_id, those.customer_id)
            and counted_until is not null;
    end if;
    return null;
end $$;
create function refunds_are_counted_anew() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        update customers set counted_until = null
        from (
            select distinct refunds.merchant_id, refunds.customer_id
            from was join becomes using (refund_id, place) join refunds using (refund_id)
            where (was.state in ('settled', 'paid') or becomes.state in ('settled', 'paid'))
                and (was.state in ('settled', 'paid'), was.amount, was.unit_count)
                is distinct from (becomes.state in ('settled', 'paid'), becomes.amount, becomes.unit_count)
        ) as those
        where (customers.merchant_id, customers.customer_id) = (those.merchant_id, those.customer_id)
            and counted_until is not null;
    else
        update customers set counted_until = null
        from (
            select distinct refunds.merchant_id, refunds.customer_id
            from becomes join refunds using (refund_id) where becomes.state in ('settled', 'paid')
        ) as those
        where (customers.merchant_id, customers.customer_id) = (those.merchant_id, those.customer_id)
            and counted_until is not null;
    end if;
    return null;
end $$;
"""


def _for_those_who_do_not_count(table: str, function: str) -> None:
    """Have a function called after whatever a session changes that does not say it keeps the standings."""
    seen = {
        "insert": "new table as becomes",
        "update": "old table as was new table as becomes",
        "delete": "old table as becomes",
    }
    for change, tables in seen.items():
        op.execute(
            f"create trigger {table}_counted_anew_after_{change} after {change} on {table} referencing {tables} "
            f"for each statement when (current_setting('makewhole.counts', true) is distinct from 'on') "
            f"execute function {function}()"
        )


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False))
    op.add_column("customers", sa.Column("counted_until", sa.BigInteger(), nullable=True))
    op.add_column("keeper_rounds", sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    texts = [sa.Column(name, sa.Text(), nullable=False) for name in ("merchant_id", "customer_id", "campaign_id")]
    counts = ("paid", "refunded", "orders", "returned")
    op.create_table(
        "campaign_standings",
        *texts,
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.PrimaryKeyConstraint(
            "merchant_id", "customer_id", "campaign_id", "currency", name=op.f("campaign_standings_pkey")
        ),
    )
    op.execute(_NUMBERED_AS_THEY_COVER)
    op.execute(_COUNTED_ANEW)
    _for_those_who_do_not_count("orders", "orders_are_counted_anew")
    _for_those_who_do_not_count("refund_claims", "refunds_are_counted_anew")


def downgrade() -> None:
    for table, function in (("orders", "orders_are_counted_anew"), ("refund_claims", "refunds_are_counted_anew")):
        for change in ("insert", "update", "delete"):
            op.execute(f"drop trigger {table}_counted_anew_after_{change} on {table}")
        op.execute(f"drop function {function}")
    op.execute("drop trigger campaign_begins on campaigns; drop trigger campaign_covers_others on campaigns")
    op.execute("drop function campaign_covers_others")
    op.drop_table("campaign_standings")
    op.drop_column("keeper_rounds", "place")
    op.drop_column("customers", "counted_until")
    op.drop_column("campaigns", "number")
