"""Each transaction sees the rows of one merchant alone, unless it says by name that it is everyone's.

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"

_SEEN = "case {whose} when '*' then true else {is_theirs} end"
"""A `case` and no `or`: the planner thinks that it halves the rows, whichever is said, so each plan stays as it was."""

_OF_A_MERCHANT = (
    *("api_keys", "audit_blocks", "audit_checkpoints", "audit_counts", "audit_entries", "audit_heads", "audit_texts"),
    *("bank_accounts", "bulk_lines", "bulks", "campaign_rewards", "campaign_standings", "campaigns"),
    *("carrier_accounts", "compared_books", "coupon_counts", "coupon_uses", "coupons", "customers", "deliveries"),
    *("entitlement_systems", "erasures", "exclusive_uses", "foreign_refunds", "gateway_accounts", "guests", "holds"),
    *(
        "idempotency_keys",
        "identity_codes",
        "identity_providers",
        "identity_sessions",
        "ledger_entries",
        "merchant_reasons",
        "messages",
    ),
    *(
        "order_grants",
        "order_versions",
        "orders",
        "passkey_challenges",
        "passkeys",
        "payment_instruments",
        "payouts",
        "points_lots",
        "points_spends",
    ),
    *("policies", "postings", "preferences", "refund_claims", "refunds", "return_labels", "settlement_differences"),
    *(
        "settlement_lines",
        "settlement_report_parts",
        "settlement_reports",
        "sign_ins",
        "staff_people",
        "staff_sessions",
        "stray_disputes",
        "suspensions",
    ),
    *("webhook_deliveries", "webhook_endpoints", "webhook_events", "webhook_secrets"),
)

_OF_A_REFUND = ("ended_payout_keys", "keyed_words", "refund_events", "refund_evidence", "steps", "words")
_OF_AN_EVENT = ("webhook_attempts",)

_CHARGED_AS = """
create function orders_charged_as(names text[]) returns table (merchant_id text, order_id text)
stable security definer rows 10 language sql as $$
    select orders.merchant_id, orders.order_id from orders
    where jsonb_path_query_array(orders.snapshot, '$.payments[*].gateway_ref') ?| names
        and case current_setting('makewhole.merchant', true)
            when '*' then true else orders.merchant_id = current_setting('makewhole.merchant', true) end
$$
"""
"""Behind a policy no index is used by an operator that is not leakproof. It sees what the policy would show."""


def upgrade() -> None:
    op.execute(_CHARGED_AS)
    here = op.get_bind().execute(sa.text("select quote_ident(current_schema())")).scalar_one()
    op.execute(f"alter function orders_charged_as set search_path = {here}, pg_temp")
    op.execute("revoke all on function orders_charged_as from public")
    for table in _OF_A_MERCHANT:
        _protect(table, f"merchant_id = {_WHOSE}")
    for table in _OF_A_REFUND:
        _protect(table, f"exists (select from refunds where refunds.refund_id = {table}.refund_id)")
    for table in _OF_AN_EVENT:
        _protect(table, f"exists (select from webhook_events where webhook_events.event_id = {table}.event_id)")


def _protect(table: str, is_theirs: str) -> None:
    """Whoever sees the row that another belongs to sees that one too: the policy of a table holds in another's."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"create policy of_its_merchant on {table} using ({_SEEN.format(whose=_WHOSE, is_theirs=is_theirs)})")


def downgrade() -> None:
    for table in (*_OF_A_MERCHANT, *_OF_A_REFUND, *_OF_AN_EVENT):
        op.execute(f"drop policy of_its_merchant on {table}")
        op.execute(f"alter table {table} disable row level security")
    op.execute("drop function orders_charged_as")
