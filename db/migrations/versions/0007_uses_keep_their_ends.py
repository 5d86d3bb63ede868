"""Uses keep the end they had, what gave it back, and who holds a coupon (rules 42 and 43).

Time that was given back so far was written over the end itself. What it was when the coupon was used is worked out
from when it was given back: then the time it had left was added to that moment.

Revision ID: 0007
Revises: 0006
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COUPON_USES = """
update coupon_uses u set
    customer_id = o.customer_id,
    valid_until = case when u.reinstated_by is null then c.valid_until else c.valid_until - (e.at - u.used_at) end,
    freed_by = u.reinstated_by,
    freed_at = e.at,
    extended_until = case when u.reinstated_by is not null then c.valid_until end
from coupon_uses v
    join orders o on o.merchant_id = v.merchant_id and o.order_id = v.order_id
    left join coupons c on c.merchant_id = v.merchant_id and c.coupon_id = v.coupon_id
    left join lateral (
        select max(at) as at from effects
        where refund_id = v.reinstated_by and split_part(step, '@', 1) = 'reinstate_coupons'
    ) e on true
where v.merchant_id = u.merchant_id and v.coupon_id = u.coupon_id and v.order_id = u.order_id
"""

_EXCLUSIVE_USES = """
update exclusive_uses u set
    valid_until = u.valid_until - (e.at - u.used_at),
    freed_by = u.reinstated_by,
    extended_until = u.valid_until
from exclusive_uses v
    left join lateral (
        select max(at) as at from effects
        where refund_id = v.reinstated_by and split_part(step, '@', 1) = 'reinstate_exclusive_discounts'
    ) e on true
where v.merchant_id = u.merchant_id and v.discount_id = u.discount_id and v.order_id = u.order_id
    and u.reinstated_by is not null
"""

_HOLDS = """
update holds h set coupon_id = case h.kind
    when 'granted_coupon' then h.source_id
    else (select r.coupon_id from campaign_rewards r where r.reward_id::text = h.source_id) end
where h.kind in ('coupon', 'granted_coupon')
"""

_RESIDUALS = """
select refund_id, merchant_id, settlement from refunds
where settlement @? '$.coupons[*] ? (@.outcome == "residual")'
"""

_IS_KNOWN = "select exists (select from coupons where merchant_id = :merchant_id and coupon_id = :coupon_id)"


def upgrade() -> None:
    op.add_column("coupon_uses", sa.Column("customer_id", sa.Text(), nullable=True))
    op.add_column("coupon_uses", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("coupon_uses", sa.Column("freed_by", sa.Text(), nullable=True))
    op.add_column("coupon_uses", sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("coupon_uses", sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("exclusive_uses", sa.Column("freed_by", sa.Text(), nullable=True))
    op.add_column("exclusive_uses", sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index("exclusive_uses_merchant_id_order_id_idx", "exclusive_uses", ["merchant_id", "order_id"])
    op.add_column("holds", sa.Column("coupon_id", sa.Text(), nullable=True))
    op.create_index(
        "holds_held_coupons_idx",
        "holds",
        ["merchant_id", "coupon_id"],
        postgresql_where=sa.text("state = 'held' and coupon_id is not null"),
    )
    for statement in (_COUPON_USES, _EXCLUSIVE_USES, _HOLDS):
        op.execute(statement)
    op.alter_column("coupon_uses", "customer_id", nullable=False)
    op.create_index(
        "coupon_uses_merchant_id_customer_id_coupon_id_idx", "coupon_uses", ["merchant_id", "customer_id", "coupon_id"]
    )
    _name_residuals()


def _name_residuals() -> None:
    """Write down what the residuals that were given so far are called: their names came of their refunds' ids."""
    connection = op.get_bind()
    for refund in connection.execute(sa.text(_RESIDUALS)).all():
        for each in refund.settlement["coupons"]:
            coupon_id = f"{each['coupon_id']}-{refund.refund_id.removeprefix('rf_')[:8]}"
            known = {"merchant_id": refund.merchant_id, "coupon_id": coupon_id}
            if each["outcome"] == "residual" and connection.execute(sa.text(_IS_KNOWN), known).scalar_one():
                each["issued_id"] = coupon_id
        changed = {"settlement": json.dumps(refund.settlement), "refund_id": refund.refund_id}
        statement = "update refunds set settlement = cast(:settlement as jsonb) where refund_id = :refund_id"
        connection.execute(sa.text(statement), changed)


def downgrade() -> None:
    op.drop_index("holds_held_coupons_idx", table_name="holds")
    op.drop_column("holds", "coupon_id")
    op.drop_index("exclusive_uses_merchant_id_order_id_idx", table_name="exclusive_uses")
    for column in ("extended_until", "freed_by"):
        op.drop_column("exclusive_uses", column)
    op.drop_index("coupon_uses_merchant_id_customer_id_coupon_id_idx", table_name="coupon_uses")
    for column in ("extended_until", "freed_at", "freed_by", "valid_until", "customer_id"):
        op.drop_column("coupon_uses", column)
