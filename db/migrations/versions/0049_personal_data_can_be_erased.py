"""What people wrote lies apart from the audit trail, and a function overwrites what is personal of one customer.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_BLANKED = """
create function blanked(document jsonb, names text[]) returns jsonb immutable language plpgsql as $$
begin
    if jsonb_typeof(document) = 'array' then
        return (
            select coalesce(
                jsonb_agg(
                    case when jsonb_typeof(value) in ('array', 'object') then blanked(value, names) else value end
                    order by place
                ),
                '[]'
            )
            from jsonb_array_elements(document) with ordinality as each (value, place)
        );
    elsif jsonb_typeof(document) = 'object' then
        return (
            select coalesce(
                jsonb_object_agg(
                    key,
                    case
                        when not key = any(names) then
                            case when jsonb_typeof(value) in ('array', 'object') then blanked(value, names)
                                else value end
                        when key in ('guest', 'email', 'phone') then 'null'
                        when jsonb_typeof(value) = 'array' then '[]'
                        when jsonb_typeof(value) = 'object' then '{}'
                        when jsonb_typeof(value) = 'string' then '""'
                        else value
                    end
                ),
                '{}'
            )
            from jsonb_each(document)
        );
    end if;
    return document;
end $$
"""
"""Whatever lies in a document under one of these names is emptied, and keeps its shape."""

_WITHOUT_BUYER = """
create function without_buyer(snapshot jsonb) returns jsonb immutable language sql as $$
    select snapshot || '{"metadata": [], "guest": null}' || case
        when jsonb_typeof(snapshot -> 'payments') = 'array' then jsonb_build_object(
            'payments',
            (
                select coalesce(
                    jsonb_agg(
                        case when payment ? 'instrument' then payment || '{"instrument": ""}' else payment end
                        order by place
                    ),
                    '[]'
                )
                from jsonb_array_elements(snapshot -> 'payments') with ordinality as each (payment, place)
            )
        )
        else '{}'
    end
$$
"""
"""An order has thousands of lines, none of which is personal: what is, lies at known places."""

_ERASE = """
create function erase_personal_data(merchant text, customer_ids text[]) returns void
security definer language plpgsql as $$
declare
    said constant text[] := array['note', 'comment', 'metadata', 'evidence', 'guest', 'instrument'];
    paid_by constant text[] := array['instrument'];
    told constant text[] := said || array['message', 'ends_in'];
    erased constant text := '[erased]';
    refund_ids text[] := array(
        select refund_id from refunds
        where merchant_id = merchant and (customer_id = any(customer_ids) or beneficiary = any(customer_ids))
    );
    order_ids text[] := array(
        select order_id from orders where merchant_id = merchant and customer_id = any(customer_ids)
    );
    payout_keys text[] := array(
        select key from payouts where refund_id = any(refund_ids)
        union select key from ended_payout_keys where refund_id = any(refund_ids)
        union select jsonb_path_query(disputes, '$.known[*].dispute_id') #>> '{}' from orders
        where merchant_id = merchant and order_id = any(order_ids)
    );
    message_ids bigint[] := array(
        select message_id from messages
        where merchant_id = merchant and (recipient = any(customer_ids) or (recipient is null
            and (refund_id = any(refund_ids) or facts ->> 'customer' = any(customer_ids))))
    );
begin
    update customers set name = null, email = null, phone = null, metadata = '{}'
        where merchant_id = merchant and customer_id = any(customer_ids);
    delete from guests
        where merchant_id = merchant and customer_id = any(customer_ids);
    update preferences set channels = '{}', time_zone = null, quiet_from = null, quiet_until = null
        where merchant_id = merchant and customer_id = any(customer_ids);
    update orders set snapshot = without_buyer(snapshot)
        where merchant_id = merchant and order_id = any(order_ids);
    update order_versions set snapshot = without_buyer(snapshot)
        where merchant_id = merchant and order_id = any(order_ids);
    delete from payment_instruments where merchant_id = merchant and customer_id = any(customer_ids);
    update refunds set note = '', metadata = '{}', guest = null, review = blanked(review, said),
            goods_return = blanked(goods_return, said), feedback = blanked(feedback, said),
            approvals = blanked(approvals, said), external = blanked(external, said),
            quote = blanked(quote, paid_by), quote_basis = blanked(quote_basis, paid_by),
            settlement = blanked(settlement, paid_by), basis = blanked(basis, paid_by)
        where refund_id = any(refund_ids);
    update steps set result = blanked(result, paid_by) where refund_id = any(refund_ids) and result is not null;
    update refund_evidence set piece = erased where refund_id = any(refund_ids);
    update bank_accounts set ends_in = '', key_id = null, nonce = null, sealed = null,
            erased_at = coalesce(erased_at, now())
        where refund_id = any(refund_ids);
    update words set body = blanked(body, said), overruled = case when overruled is not null then erased end
        where refund_id = any(refund_ids);
    update refund_events set message = erased where refund_id = any(refund_ids);
    update messages set body = erased, facts = '{}' where message_id = any(message_ids);
    update deliveries set reason = null where message_id = any(message_ids);
    update suspensions set reason = erased, appeal = blanked(appeal, said)
        where merchant_id = merchant and customer_id = any(customer_ids);
    update webhook_attempts set answer = '', trouble = case when trouble is not null then erased end
        where event_id in (select event_id from webhook_events where refund_id = any(refund_ids));
    update webhook_events set message = erased, body = null where refund_id = any(refund_ids);
    update webhooks set body = blanked(body, said || array['destination_details'])
        where reference = any(payout_keys);
    update idempotency_keys
        set answer = case when answer ? 'refund_rights' then blanked(answer, told || array['reason'])
            else blanked(answer, told) end
        where merchant_id = merchant and (answer ->> 'customer_id' = any(customer_ids)
            or answer ->> 'refund_id' = any(refund_ids) or answer ->> 'order_id' = any(order_ids));
    update bulk_lines set request = blanked(request, said), detail = null, errors = null
        where merchant_id = merchant and order_id = any(order_ids);
    delete from audit_texts
        where merchant_id = merchant and (customer_id = any(customer_ids) or refund_id = any(refund_ids));
end $$
"""
"""What is said of each column in `db/personal_data.py` is done here, with the owner's rights: the programs' role may
change none of what was said. It may call this, and so destroy what is personal of one customer, and nothing else.
"""


def upgrade() -> None:
    op.create_table(
        "audit_texts",
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("said", JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("text_id", name="audit_texts_pkey"),
    )
    op.create_index("audit_texts_merchant_id_customer_id_idx", "audit_texts", ["merchant_id", "customer_id"])
    op.create_index("audit_texts_refund_id_idx", "audit_texts", ["refund_id"])
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("erasure_id", name="erasures_pkey"),
    )
    op.create_index("erasures_merchant_id_customer_id_idx", "erasures", ["merchant_id", "customer_id"])
    op.create_index("erasures_open_idx", "erasures", ["erased_at"], postgresql_where=sa.text("finished_at is null"))
    op.execute(_BLANKED)
    op.execute(_WITHOUT_BUYER)
    op.execute(_ERASE)
    here = op.get_bind().execute(sa.text("select quote_ident(current_schema())")).scalar_one()
    for function in ("blanked(jsonb, text[])", "without_buyer(jsonb)", "erase_personal_data(text, text[])"):
        op.execute(f"alter function {function} set search_path = {here}, pg_temp")
        op.execute(f"revoke all on function {function} from public")


def downgrade() -> None:
    op.execute("drop function erase_personal_data, without_buyer, blanked")
    op.drop_table("erasures")
    op.drop_table("audit_texts")
