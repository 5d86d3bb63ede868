"""The tables. Amounts are whole minor units, times are aware; every row belongs to one merchant."""

from db.schema.base import JSONB, metadata
from db.schema.callers import api_keys, idempotency_keys, keyed_words, webhooks, webhooks_over
from db.schema.campaigns import campaign_rewards, campaign_standings, campaigns
from db.schema.customers import (
    customers,
    guests,
    merchant_reasons,
    messages,
    payment_instruments,
    policies,
    suspensions,
)
from db.schema.deliveries import deliveries
from db.schema.entitlements import (
    coupon_counts,
    coupon_uses,
    coupons,
    entitlement_systems,
    exclusive_uses,
    holds,
    order_grants,
    points_lots,
    points_spends,
)
from db.schema.evidence import picture_looks, pictures
from db.schema.identity import identity_codes, identity_sessions, passkey_challenges, passkeys, rate_counts
from db.schema.many_refunds import bulk_lines, bulks
from db.schema.money import (
    compared_books,
    ended_payout_keys,
    foreign_refunds,
    gateway_accounts,
    ledger_entries,
    payouts,
    payouts_undecided,
    postings,
)
from db.schema.monitoring import refund_marks, risk_alerts
from db.schema.parcels import carrier_accounts, return_labels
from db.schema.personal_data import audit_texts, erasures
from db.schema.preferences import preferences
from db.schema.refunds import (
    bank_accounts,
    refund_claims,
    refund_events,
    refund_evidence,
    refunds,
    review_assignments,
    steps,
    words,
)
from db.schema.sale import order_versions, orders, orders_uncounted, stray_disputes
from db.schema.settlement_reports import (
    settlement_differences,
    settlement_lines,
    settlement_report_parts,
    settlement_reports,
)
from db.schema.staff import identity_providers, sign_ins, staff_people, staff_sessions
from db.schema.test_clock import test_clocks
from db.schema.upkeep import (
    archives,
    audit_blocks,
    audit_checkpoints,
    audit_counts,
    audit_entries,
    audit_heads,
    audit_time_stamps,
    keeper_rounds,
    watermarks,
)
from db.schema.webhooks_out import (
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
    webhook_secrets,
)

__all__ = [
    "JSONB",
    "api_keys",
    "archives",
    "audit_blocks",
    "audit_checkpoints",
    "audit_counts",
    "audit_entries",
    "audit_heads",
    "audit_texts",
    "audit_time_stamps",
    "bank_accounts",
    "bulk_lines",
    "bulks",
    "campaign_rewards",
    "campaign_standings",
    "campaigns",
    "carrier_accounts",
    "compared_books",
    "coupon_counts",
    "coupon_uses",
    "coupons",
    "customers",
    "deliveries",
    "ended_payout_keys",
    "entitlement_systems",
    "erasures",
    "exclusive_uses",
    "foreign_refunds",
    "gateway_accounts",
    "guests",
    "holds",
    "idempotency_keys",
    "identity_codes",
    "identity_providers",
    "identity_sessions",
    "keeper_rounds",
    "keyed_words",
    "ledger_entries",
    "merchant_reasons",
    "messages",
    "metadata",
    "order_grants",
    "order_versions",
    "orders",
    "orders_uncounted",
    "passkey_challenges",
    "passkeys",
    "payment_instruments",
    "payouts",
    "payouts_undecided",
    "picture_looks",
    "pictures",
    "points_lots",
    "points_spends",
    "policies",
    "postings",
    "preferences",
    "rate_counts",
    "refund_claims",
    "refund_events",
    "refund_evidence",
    "refund_marks",
    "refunds",
    "return_labels",
    "review_assignments",
    "risk_alerts",
    "settlement_differences",
    "settlement_lines",
    "settlement_report_parts",
    "settlement_reports",
    "sign_ins",
    "staff_people",
    "staff_sessions",
    "steps",
    "stray_disputes",
    "suspensions",
    "test_clocks",
    "watermarks",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_events",
    "webhook_secrets",
    "webhooks",
    "webhooks_over",
    "words",
]
