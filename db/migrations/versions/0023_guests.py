"""Guests: who bought without an account, known by e-mail or phone; what they have may be given to a customer.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("given_to", sa.Text(), nullable=True))
    given = sa.text("given_to is not null")
    op.create_index("customers_given_idx", "customers", ["merchant_id", "given_to"], postgresql_where=given)
    op.create_table(
        "guests",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "contact", name="guests_pkey"),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.customer_id"],
            name="guests_merchant_id_customer_id_fkey",
        ),
    )
    op.create_index("guests_merchant_id_customer_id_idx", "guests", ["merchant_id", "customer_id"])
    op.add_column("refunds", sa.Column("guest", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("refunds", "guest")
    op.drop_table("guests")
    op.drop_index("customers_given_idx", "customers")
    op.drop_column("customers", "given_to")
