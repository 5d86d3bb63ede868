"""Evidence is a row a piece; an Idempotency-Key belongs to its caller.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refund_evidence",
        sa.Column("evidence_id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("refund_id", sa.Text(), sa.ForeignKey("refunds.refund_id"), nullable=False),
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("refund_evidence_refund_id_evidence_id_idx", "refund_evidence", ["refund_id", "evidence_id"])
    op.execute("""
        insert into refund_evidence (refund_id, piece, added_by, at)
        select refund_id, piece, customer_id, created_at
        from refunds, jsonb_array_elements_text(evidence) with ordinality as pieces (piece, place)
        order by created_at, refund_id, place
    """)
    op.drop_column("refunds", "evidence")
    # Whose the keys of before are is in their fingerprints only: the empty caller stands for that.
    op.add_column("idempotency_keys", sa.Column("caller", sa.Text(), server_default="", nullable=False))
    op.alter_column("idempotency_keys", "caller", server_default=None)
    op.drop_constraint("idempotency_keys_pkey", "idempotency_keys")
    op.create_primary_key("idempotency_keys_pkey", "idempotency_keys", ["merchant_id", "caller", "key"])
    op.create_index("idempotency_keys_created_at_idx", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    op.drop_index("idempotency_keys_created_at_idx", "idempotency_keys")
    op.execute(
        "delete from idempotency_keys a using idempotency_keys b where a.merchant_id = b.merchant_id "
        "and a.key = b.key and a.caller > b.caller"
    )
    op.drop_constraint("idempotency_keys_pkey", "idempotency_keys")
    op.create_primary_key("idempotency_keys_pkey", "idempotency_keys", ["merchant_id", "key"])
    op.drop_column("idempotency_keys", "caller")
    op.add_column("refunds", sa.Column("evidence", sa.dialects.postgresql.JSONB(), server_default="[]", nullable=False))
    op.alter_column("refunds", "evidence", server_default=None)
    op.execute("""
        update refunds set evidence = pieces.all_of_them from (
            select refund_id, jsonb_agg(piece order by evidence_id) as all_of_them
            from refund_evidence group by refund_id
        ) pieces where pieces.refund_id = refunds.refund_id
    """)
    op.drop_table("refund_evidence")
