"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_LEDGER_BALANCES = """
create function ledger_entry_must_balance() returns trigger language plpgsql as $$
begin
    if exists (select from postings where entry_id = new.entry_id group by unit having sum(amount) <> 0) then
        raise exception 'ledger entry % does not sum to zero', new.entry_id;
    end if;
    return null;
end $$;
create constraint trigger postings_balance after insert on postings
    deferrable initially deferred for each row execute function ledger_entry_must_balance();
"""

_BOOKS_ARE_APPEND_ONLY = """
create function books_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end $$;
create trigger audit_append_only before update on audit_entries
    for each row when (old.hash is not null) execute function books_are_append_only();
create trigger audit_stays before delete on audit_entries
    for each row execute function books_are_append_only();
create function sealing_changes_nothing() returns trigger language plpgsql as $$
begin
    if (old.entry_id, old.merchant_id, old.at, old.order_id, old.refund_id, old.action, old.actor, old.detail,
        old.customer_id)
        is distinct from
       (new.entry_id, new.merchant_id, new.at, new.order_id, new.refund_id, new.action, new.actor, new.detail,
        new.customer_id)
    then
        raise exception 'audit_entries is append-only';
    end if;
    return new;
end $$;
create trigger audit_sealing before update on audit_entries
    for each row execute function sealing_changes_nothing();
create trigger postings_append_only before update or delete on postings
    for each statement execute function books_are_append_only();
create trigger ledger_append_only before update or delete on ledger_entries
    for each statement execute function books_are_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name=op.f("api_keys_pkey")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("audit_entries_pkey")),
        sa.UniqueConstraint("merchant_id", "sequence", name=op.f("audit_entries_merchant_id_sequence_key")),
    )
    op.create_index(
        op.f("audit_entries_merchant_id_order_id_idx"), "audit_entries", ["merchant_id", "order_id"], unique=False
    )
    op.create_index(
        op.f("audit_entries_merchant_id_customer_id_idx"), "audit_entries", ["merchant_id", "customer_id"], unique=False
    )
    op.create_index(
        "audit_entries_unsealed_idx",
        "audit_entries",
        ["merchant_id", "entry_id"],
        unique=False,
        postgresql_where=sa.text("hash is null"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("audit_heads_pkey")),
    )
    op.create_table(
        "campaign_rewards",
        sa.Column("reward_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("reward_id", name=op.f("campaign_rewards_pkey")),
    )
    op.create_index(
        op.f("campaign_rewards_merchant_id_customer_id_campaign_id_idx"),
        "campaign_rewards",
        ["merchant_id", "customer_id", "campaign_id"],
        unique=False,
    )
    op.create_table(
        "campaigns",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "campaign_id", name=op.f("campaigns_pkey")),
    )
    op.create_table(
        "coupon_uses",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reinstated_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "coupon_id", "order_id", name=op.f("coupon_uses_pkey")),
    )
    op.create_index(
        op.f("coupon_uses_merchant_id_order_id_idx"), "coupon_uses", ["merchant_id", "order_id"], unique=False
    )
    op.create_table(
        "order_grants",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "order_id", "name", name=op.f("order_grants_pkey")),
    )
    op.create_index(op.f("order_grants_merchant_id_name_idx"), "order_grants", ["merchant_id", "name"], unique=False)
    op.create_table(
        "exclusive_uses",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("discount_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reinstated_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "discount_id", "order_id", name=op.f("exclusive_uses_pkey")),
    )
    op.create_index(
        op.f("exclusive_uses_merchant_id_customer_id_idx"),
        "exclusive_uses",
        ["merchant_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "coupons",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("minimum_spend", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reusable_after_refund", sa.Boolean(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "coupon_id", name=op.f("coupons_pkey")),
    )
    op.create_index(
        op.f("coupons_merchant_id_customer_id_idx"), "coupons", ["merchant_id", "customer_id"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "customer_id", name=op.f("customers_pkey")),
    )
    op.create_table(
        "effects",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("is_undone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("refund_id", "step", name=op.f("effects_pkey")),
    )
    op.create_table(
        "holds",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("refund_id", "kind", "source_id", name=op.f("holds_pkey")),
    )
    op.create_index(
        op.f("holds_merchant_id_customer_id_state_idx"), "holds", ["merchant_id", "customer_id", "state"], unique=False
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "key", name=op.f("idempotency_keys_pkey")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("ledger_entries_pkey")),
        sa.UniqueConstraint("merchant_id", "key", name=op.f("ledger_entries_merchant_id_key_key")),
    )
    op.create_index(
        op.f("ledger_entries_merchant_id_order_id_idx"), "ledger_entries", ["merchant_id", "order_id"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("messages_pkey")),
        sa.UniqueConstraint("refund_id", "topic", "subject", name=op.f("messages_refund_id_topic_subject_key")),
    )
    op.create_index(op.f("messages_merchant_id_recipient_idx"), "messages", ["merchant_id", "recipient"], unique=False)
    op.create_table(
        "payouts",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("charge_ref", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("paid_by", sa.Text(), nullable=True),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("decline_code", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("payouts_amount_check")),
        sa.PrimaryKeyConstraint("refund_id", "payment_id", name=op.f("payouts_pkey")),
        sa.UniqueConstraint("key", name=op.f("payouts_key_key")),
    )
    op.create_index(op.f("payouts_merchant_id_order_id_idx"), "payouts", ["merchant_id", "order_id"], unique=False)
    op.create_table(
        "points_lots",
        sa.Column("lot_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("remaining between 0 and points", name=op.f("points_lots_remaining_check")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("points_lots_pkey")),
    )
    op.create_index(
        op.f("points_lots_merchant_id_customer_id_idx"), "points_lots", ["merchant_id", "customer_id"], unique=False
    )
    op.create_table(
        "points_spends",
        sa.Column("spend_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("restored", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("restored between 0 and points", name=op.f("points_spends_restored_check")),
        sa.PrimaryKeyConstraint("spend_id", name=op.f("points_spends_pkey")),
    )
    op.create_index(
        op.f("points_spends_merchant_id_order_id_idx"), "points_spends", ["merchant_id", "order_id"], unique=False
    )
    op.create_table(
        "policies",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "version", name=op.f("policies_pkey")),
    )
    op.create_table(
        "refund_events",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("refund_id", "sequence", name=op.f("refund_events_pkey")),
    )
    op.create_table(
        "orders",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sale", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("goods_paid", sa.BigInteger(), nullable=True),
        sa.Column("goods_units", sa.BigInteger(), nullable=True),
        sa.Column("campaign_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.customer_id"],
            name=op.f("orders_merchant_id_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "order_id", name=op.f("orders_pkey")),
    )
    op.create_index(
        op.f("orders_merchant_id_customer_id_paid_at_idx"),
        "orders",
        ["merchant_id", "customer_id", "paid_at"],
        unique=False,
    )
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.entry_id"], name=op.f("postings_entry_id_fkey")),
        sa.PrimaryKeyConstraint("entry_id", "account", "owner", "unit", name=op.f("postings_pkey")),
    )
    op.create_index(
        op.f("postings_merchant_id_account_owner_unit_idx"),
        "postings",
        ["merchant_id", "account", "owner", "unit"],
        unique=False,
    )
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("include_shipping", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("goods_come_back", sa.Boolean(), nullable=False),
        sa.Column("quoted_policy_version", sa.Integer(), nullable=False),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quote_basis", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("settlement", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("basis", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("differs", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("risk", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("review", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("goods_return", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("needs_attention", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("event_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("workflow_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("pickup", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("feedback", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.order_id"],
            name=op.f("refunds_merchant_id_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("refunds_pkey")),
    )
    op.create_index(
        op.f("refunds_merchant_id_created_at_refund_id_idx"),
        "refunds",
        ["merchant_id", "created_at", "refund_id"],
        unique=False,
    )
    op.create_index(
        op.f("refunds_merchant_id_customer_id_created_at_idx"),
        "refunds",
        ["merchant_id", "customer_id", "created_at"],
        unique=False,
    )
    op.create_index(op.f("refunds_merchant_id_order_id_idx"), "refunds", ["merchant_id", "order_id"], unique=False)
    op.create_index(
        "refunds_unstarted_idx",
        "refunds",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("workflow_started_at IS NULL"),
    )
    op.create_table(
        "refund_claims",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("requested", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("units", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unit_count", sa.BigInteger(), nullable=False),
        sa.Column("is_gift", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("absorbed", sa.BigInteger(), nullable=False),
        sa.Column("absorbed_tax", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name=op.f("refund_claims_refund_id_fkey")),
        sa.PrimaryKeyConstraint("refund_id", "place", name=op.f("refund_claims_pkey")),
    )
    op.create_index(
        op.f("refund_claims_merchant_id_order_id_idx"), "refund_claims", ["merchant_id", "order_id"], unique=False
    )
    op.create_table(
        "suspensions",
        sa.Column("suspension_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("imposed_by", sa.Text(), nullable=False),
        sa.Column("imposed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("appeal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.customer_id"],
            name=op.f("suspensions_merchant_id_customer_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("suspension_id", name=op.f("suspensions_pkey")),
    )
    op.create_index(
        op.f("suspensions_merchant_id_customer_id_suspension_id_idx"),
        "suspensions",
        ["merchant_id", "customer_id", "suspension_id"],
        unique=False,
    )
    op.create_table(
        "payment_instruments",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "order_id", "payment_id", name=op.f("payment_instruments_pkey")),
    )
    op.create_index(
        op.f("payment_instruments_merchant_id_instrument_idx"),
        "payment_instruments",
        ["merchant_id", "instrument"],
        unique=False,
    )
    op.create_table(
        "webhooks",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "webhook_id", name=op.f("webhooks_pkey")),
    )
    op.execute(_LEDGER_BALANCES)
    op.execute(_BOOKS_ARE_APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("webhooks")
    op.drop_index(op.f("payment_instruments_merchant_id_instrument_idx"), table_name="payment_instruments")
    op.drop_table("payment_instruments")
    op.drop_index(op.f("suspensions_merchant_id_customer_id_suspension_id_idx"), table_name="suspensions")
    op.drop_table("suspensions")
    op.drop_index(op.f("refund_claims_merchant_id_order_id_idx"), table_name="refund_claims")
    op.drop_table("refund_claims")
    op.drop_index(
        "refunds_unstarted_idx", table_name="refunds", postgresql_where=sa.text("workflow_started_at IS NULL")
    )
    op.drop_index(op.f("refunds_merchant_id_order_id_idx"), table_name="refunds")
    op.drop_index(op.f("refunds_merchant_id_customer_id_created_at_idx"), table_name="refunds")
    op.drop_index(op.f("refunds_merchant_id_created_at_refund_id_idx"), table_name="refunds")
    op.drop_table("refunds")
    op.drop_index(op.f("postings_merchant_id_account_owner_unit_idx"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(op.f("orders_merchant_id_customer_id_paid_at_idx"), table_name="orders")
    op.drop_table("orders")
    op.drop_table("refund_events")
    op.drop_table("policies")
    op.drop_index(op.f("points_spends_merchant_id_order_id_idx"), table_name="points_spends")
    op.drop_table("points_spends")
    op.drop_index(op.f("points_lots_merchant_id_customer_id_idx"), table_name="points_lots")
    op.drop_table("points_lots")
    op.drop_index(op.f("payouts_merchant_id_order_id_idx"), table_name="payouts")
    op.drop_table("payouts")
    op.drop_index(op.f("messages_merchant_id_recipient_idx"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ledger_entries_merchant_id_order_id_idx"), table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("holds_merchant_id_customer_id_state_idx"), table_name="holds")
    op.drop_table("holds")
    op.drop_index(op.f("exclusive_uses_merchant_id_customer_id_idx"), table_name="exclusive_uses")
    op.drop_table("exclusive_uses")
    op.drop_index(op.f("order_grants_merchant_id_name_idx"), table_name="order_grants")
    op.drop_table("order_grants")
    op.drop_table("effects")
    op.drop_table("customers")
    op.drop_index(op.f("coupons_merchant_id_customer_id_idx"), table_name="coupons")
    op.drop_table("coupons")
    op.drop_index(op.f("coupon_uses_merchant_id_order_id_idx"), table_name="coupon_uses")
    op.drop_table("coupon_uses")
    op.drop_table("campaigns")
    op.drop_index(op.f("campaign_rewards_merchant_id_customer_id_campaign_id_idx"), table_name="campaign_rewards")
    op.drop_table("campaign_rewards")
    op.drop_table("audit_heads")
    op.drop_index(op.f("audit_entries_merchant_id_customer_id_idx"), table_name="audit_entries")
    op.drop_index(op.f("audit_entries_merchant_id_order_id_idx"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("api_keys")
    op.execute("drop function ledger_entry_must_balance, books_are_append_only, sealing_changes_nothing")
