"""Grants belong to lines; a coupon and a credit may have one name; a coupon that was deducted stays (rules 44 and 45).

Orders of gifts alone are made up of their gifts, so that they can be returned as a whole (rules 13 and 23).

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = ["merchant_id", "order_id", "name"]


def upgrade() -> None:
    op.add_column("order_grants", sa.Column("line_ids", postgresql.JSONB(), server_default="[]", nullable=False))
    op.drop_constraint("order_grants_pkey", "order_grants", type_="primary")
    op.create_primary_key("order_grants_pkey", "order_grants", [*_COLUMNS, "kind"])
    op.execute("""
        update order_grants set withdrawn_by = null
        from refunds, jsonb_array_elements(refunds.settlement -> 'grants') as effect
        where refunds.refund_id = order_grants.withdrawn_by and order_grants.kind = 'coupon'
          and effect #>> '{grant,name}' = order_grants.name and (effect #>> '{missing,minor_units}')::bigint > 0
    """)
    op.execute("""
        update refund_claims set is_gift = false
        from orders
        where orders.merchant_id = refund_claims.merchant_id and orders.order_id = refund_claims.order_id
          and orders.goods_units = 0 and refund_claims.is_gift
    """)
    op.execute("""
        update orders set goods_units =
          (select coalesce(sum((line ->> 'quantity')::integer), 0) from jsonb_array_elements(sale -> 'lines') as line)
        where goods_units = 0
    """)


def downgrade() -> None:
    op.drop_constraint("order_grants_pkey", "order_grants", type_="primary")
    op.create_primary_key("order_grants_pkey", "order_grants", _COLUMNS)
    op.drop_column("order_grants", "line_ids")
