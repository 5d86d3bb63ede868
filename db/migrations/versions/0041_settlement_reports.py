"""Settlement reports of providers, their lines, and where they differ from our ledger; a payout's day of settlement.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_NEW_ID = sa.text("'sr_' || replace(gen_random_uuid()::text, '-', '')")


def upgrade() -> None:
    op.add_column("payouts", sa.Column("settled_on", sa.Date(), nullable=True))
    op.create_index("payouts_gateway_ref_merchant_id_idx", "payouts", ["gateway_ref", "merchant_id"])
    _create_reports()
    _create_lines()
    _create_differences()


def _create_reports() -> None:
    op.create_table(
        "settlement_reports",
        sa.Column("report_id", sa.Text(), nullable=False, server_default=_NEW_ID),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("differences", JSONB(none_as_null=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("report_id", name="settlement_reports_pkey"),
        sa.UniqueConstraint(
            "merchant_id", "gateway", "sha256", name="settlement_reports_merchant_id_gateway_sha256_key"
        ),
    )
    op.create_index(
        "settlement_reports_merchant_id_accepted_at_idx", "settlement_reports", ["merchant_id", "accepted_at"]
    )
    op.create_index(
        "settlement_reports_accepted_at_idx",
        "settlement_reports",
        ["accepted_at"],
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_table(
        "settlement_report_parts",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", "part", name="settlement_report_parts_pkey"),
    )


def _create_lines() -> None:
    op.create_table(
        "settlement_lines",
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("charge_ref", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False),
        sa.Column("trace_number", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("line_id", "merchant_id", "gateway", name="settlement_lines_pkey"),
    )
    for columns in (["reference", "merchant_id"], ["key", "merchant_id"], ["report_id", "reference"]):
        op.create_index(f"settlement_lines_{'_'.join(columns)}_idx", "settlement_lines", columns)


def _create_differences() -> None:
    op.create_table(
        "settlement_differences",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("ours", sa.BigInteger(), nullable=True),
        sa.Column("ours_currency", sa.Text(), nullable=True),
        sa.Column("theirs", sa.BigInteger(), nullable=True),
        sa.Column("theirs_currency", sa.Text(), nullable=True),
        sa.Column("charge_ref", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "gateway", "reference", name="settlement_differences_pkey"),
    )
    for columns in (["merchant_id", "noticed_at"], ["merchant_id", "report_id"]):
        op.create_index(f"settlement_differences_{'_'.join(columns)}_idx", "settlement_differences", columns)


def downgrade() -> None:
    for table in ("settlement_differences", "settlement_lines", "settlement_report_parts", "settlement_reports"):
        op.drop_table(table)
    op.drop_index("payouts_gateway_ref_merchant_id_idx", "payouts")
    op.drop_column("payouts", "settled_on")
