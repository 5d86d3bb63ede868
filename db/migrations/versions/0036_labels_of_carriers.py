"""Merchants have accounts of their own at carriers, and labels are kept with how far their parcels have come.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carrier_accounts",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("carrier_id", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("base_address", sa.Text(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("merchant_id", "carrier_id", name="carrier_accounts_pkey"),
        sa.UniqueConstraint("token", name="carrier_accounts_token_key"),
    )
    op.create_table(
        "return_labels",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("rma", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("zpl", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _TIMES),
        sa.Column("tracked", sa.Text(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("merchant_id", "rma", "parcel", name="return_labels_pkey"),
        sa.UniqueConstraint("token", name="return_labels_token_key"),
    )
    op.create_index("return_labels_refund_id_idx", "return_labels", ["refund_id"])
    op.create_index("return_labels_tracking_number_idx", "return_labels", ["tracking_number"])
    op.create_index(
        "return_labels_look_at_idx",
        "return_labels",
        ["look_at"],
        postgresql_where=sa.text("look_at is not null"),
    )
    op.execute(_OF_THE_SANDBOX)


_OF_THE_SANDBOX = """
alter table sandbox.carriers add column refuses text not null default '';
alter table sandbox.labels add column tracking_number text, add column tracked text, add column tracked_at timestamptz;
create index labels_tracking_number_idx on sandbox.labels (tracking_number);
"""

_TEXTS = (
    *("refund_id", "carrier_id", "state", "token", "carrier", "tracking_number", "reference", "address", "guide"),
    "pickup_ref",
)
_TIMES = ("pickup_by", "called_off_at", "tracked_at", "told_at", "look_at")


def downgrade() -> None:
    op.execute("drop index sandbox.labels_tracking_number_idx")
    op.execute("alter table sandbox.labels drop column tracking_number, drop column tracked, drop column tracked_at")
    op.execute("alter table sandbox.carriers drop column refuses")
    op.drop_table("return_labels")
    op.drop_table("carrier_accounts")
