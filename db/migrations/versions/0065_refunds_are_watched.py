"""Refunds are known by marks of what they share, and what they show together is an alert.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

_WHOSE = "current_setting('makewhole.merchant', true)"
_ALIKE = sa.text("resembles is not null")
_OPEN = sa.text("acknowledged_at is null")


_ERASED_LAST = "    delete from audit_texts"
_ERASED_TOO = """
    delete from refund_marks where refund_id = any(refund_ids);
    delete from risk_alerts where merchant_id = merchant and subject = any(customer_ids);
    update risk_alerts set note = erased where merchant_id = merchant and note is not null and shown_by ?| refund_ids;
"""


def upgrade() -> None:
    _marks()
    _alerts()
    _erased(_ERASED_LAST, f"{_ERASED_TOO.lstrip(chr(10))}{_ERASED_LAST}")
    seen = f"case {_WHOSE} when '*' then true else merchant_id = {_WHOSE} end"
    for table in ("refund_marks", "risk_alerts"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"create policy of_its_merchant on {table} using ({seen})")
    op.create_index("refund_evidence_alike_idx", "refund_evidence", ["evidence_id"], postgresql_where=_ALIKE)
    op.create_index("refund_evidence_resembles_idx", "refund_evidence", ["resembles"], postgresql_where=_ALIKE)


def _erased(part: str, instead: str) -> None:
    """Have the function erase more, or less: its rights and its owner stay."""
    kept = sa.text("select pg_get_functiondef('erase_personal_data'::regproc)")
    op.get_bind().exec_driver_sql(op.get_bind().execute(kept).scalar_one().replace(part, instead))


def _marks() -> None:
    op.create_table(
        "refund_marks",
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"], name="refund_marks_refund_id_fkey"),
        sa.PrimaryKeyConstraint("refund_id", "trait", "mark", name="refund_marks_pkey"),
    )
    by_mark = ["merchant_id", "trait", "mark", "at"]
    op.create_index("refund_marks_merchant_id_trait_mark_at_idx", "refund_marks", by_mark)
    op.create_index("refund_marks_at_idx", "refund_marks", ["at"])


def _alerts() -> None:
    op.create_table(
        "risk_alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("shown_by", postgresql.JSONB(), nullable=False),
        sa.Column("refund_count", sa.Integer(), nullable=False),
        sa.Column("customer_count", sa.Integer(), nullable=False),
        sa.Column("limit_count", sa.Integer(), nullable=False),
        sa.Column("limit_window", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name="risk_alerts_pkey"),
    )
    op.create_index("risk_alerts_merchant_id_number_idx", "risk_alerts", ["merchant_id", "number"])
    by_subject = ["merchant_id", "signal", "subject"]
    op.create_index("risk_alerts_merchant_id_signal_subject_number_idx", "risk_alerts", [*by_subject, "number"])
    op.create_index("risk_alerts_open_key", "risk_alerts", by_subject, unique=True, postgresql_where=_OPEN)
    op.create_index("risk_alerts_open_idx", "risk_alerts", ["merchant_id", "number"], postgresql_where=_OPEN)


def downgrade() -> None:
    _erased(_ERASED_TOO.lstrip("\n"), "")
    op.drop_index("refund_evidence_resembles_idx", "refund_evidence")
    op.drop_index("refund_evidence_alike_idx", "refund_evidence")
    op.drop_table("risk_alerts")
    op.drop_table("refund_marks")
