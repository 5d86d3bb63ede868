"""Refunds, what they claim, what was said to them, and what their steps have done."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
)

from db.schema.base import JSONB, amount_column, metadata, now_column, text_column, their_now_column, time_column
from db.schema.sealed import WRITTEN, SealedDocument, SealedMapping, sealed_text_column
from domain.claims.rmas import LETTERS

refunds = Table(
    "refunds",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("merchant_id"),
    text_column("order_id"),
    text_column("customer_id"),
    text_column("status"),
    text_column("currency"),
    text_column("reason"),  # what it stands for, one of the four
    text_column("kind"),
    Column("include_shipping", Boolean, nullable=True),
    sealed_text_column("refunds", "note"),
    time_column("asked_at"),
    Column("goods_come_back", Boolean, nullable=False),
    Column("quoted_policy_version", Integer, nullable=False),
    Column("quote", JSONB, nullable=False),
    Column("quote_basis", JSONB, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("settlement", JSONB, nullable=True),
    Column("basis", JSONB, nullable=True),
    Column("differs", JSONB, nullable=True),
    time_column("settled_at", nullable=True),
    Column("risk", JSONB, nullable=True),
    Column("review", SealedDocument("refunds.review", WRITTEN), nullable=True),
    text_column("ended_because", nullable=True),
    Column("goods_return", SealedDocument("refunds.goods_return", WRITTEN), nullable=True),
    Column("rmas", Integer, nullable=False, server_default="1"),  # asked for so far; all but the last are void
    Column("needs_attention", SealedDocument("refunds.needs_attention", ("reason",)), nullable=True),
    Column("event_count", Integer, nullable=False, server_default="0"),
    Column("audit_count", Integer, nullable=False, server_default="0"),
    time_column("workflow_started_at", nullable=True),
    their_now_column("created_at"),
    time_column("completed_at", nullable=True),
    Column("pickup", Boolean, nullable=False, server_default="false"),
    Column("feedback", SealedDocument("refunds.feedback", WRITTEN), nullable=True),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("approved_by_rule", Boolean, nullable=False, server_default="false"),
    Column("waits_because", JSONB, nullable=False, server_default="[]"),
    Column("order_version", Integer, nullable=False, server_default="1"),
    Column("metadata", SealedMapping("refunds.metadata"), nullable=False, server_default="{}"),
    Column("guest", SealedDocument("refunds.guest"), nullable=True),  # whom the order named in place of a customer
    Column("given_reasons", JSONB, nullable=True),  # null where nothing but one of the four was said
    Column("refund_to", Text, nullable=False, server_default="original"),  # where the customer wants the money
    Column(
        "approvals", SealedDocument("refunds.approvals", WRITTEN), nullable=False, server_default="[]"
    ),  # so far, where several are needed
    Column("approvals_needed", Integer, nullable=False, server_default="1"),
    text_column("asked_by", nullable=True),  # the person or the API key that asked for it
    text_column("beneficiary", nullable=True),  # who got it as a gift, and gets the credit
    Column(
        "external", SealedDocument("refunds.external", WRITTEN), nullable=True
    ),  # what went back elsewhere; null where makewhole pays
    time_column("messages_forgotten_at", nullable=True),
    Column("messages_forgotten", JSONB, nullable=True),  # which were told of those that are gone
    Column("steps_folded", JSONB, nullable=True),  # its steps, where they are no rows any more
    ForeignKeyConstraint(["merchant_id", "order_id"], ["orders.merchant_id", "orders.order_id"]),
    Index(None, "merchant_id", "order_id"),
    Index(None, "merchant_id", "created_at", "refund_id"),
    Index(None, "merchant_id", "customer_id", "created_at"),
)

Index(
    "refunds_of_receiver_idx",
    *(refunds.c.merchant_id, refunds.c.beneficiary, refunds.c.created_at),
    postgresql_where=refunds.c.beneficiary.is_not(None),
)

Index(
    "refunds_external_key",
    *(refunds.c.merchant_id, refunds.c.order_id),
    *(refunds.c.external["external_id"].astext, refunds.c.external["is_loss"].astext),
    refunds.c.external["part"].astext,
    unique=True,
    postgresql_where=refunds.c.external.is_not(None),
)

Index("refunds_unstarted_idx", refunds.c.created_at, postgresql_where=refunds.c.workflow_started_at.is_(None))

Index(
    "refunds_not_begun_idx",
    refunds.c.created_at,
    postgresql_where=refunds.c.risk.is_(None) & refunds.c.completed_at.is_(None),
)

Index("refunds_open_idx", refunds.c.created_at, refunds.c.refund_id, postgresql_where=refunds.c.completed_at.is_(None))

# Lists by status go by one of these two, and write nothing more while a refund moves on.
Index(
    "refunds_open_of_merchant_idx",
    *(refunds.c.merchant_id, refunds.c.created_at, refunds.c.refund_id),
    postgresql_where=refunds.c.completed_at.is_(None),
)
Index(
    "refunds_ended_as_idx",
    *(refunds.c.merchant_id, refunds.c.status, refunds.c.created_at, refunds.c.refund_id),
    postgresql_where=refunds.c.completed_at.is_not(None),
)

Index("refunds_ended_idx", refunds.c.merchant_id, refunds.c.completed_at)

Index("refunds_ended_lately_idx", refunds.c.completed_at, postgresql_where=refunds.c.completed_at.is_not(None))

Index(
    "refunds_with_messages_idx",
    *(refunds.c.merchant_id, refunds.c.completed_at),
    postgresql_where=refunds.c.completed_at.is_not(None)
    & (refunds.c.messages_forgotten_at.is_(None) | (refunds.c.messages_forgotten_at < refunds.c.completed_at)),
)

Index("refunds_rma_idx", refunds.c.merchant_id, func.upper(func.right(refunds.c.refund_id, LETTERS)))

review_assignments = Table(
    "review_assignments",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("merchant_id"),
    text_column("assigned_to"),  # whose it is, as `Caller.identity` says it
    text_column("name"),  # as timelines call them
    now_column("assigned_at"),
    time_column("expires_at"),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "merchant_id", "expires_at"),
)

refund_evidence = Table(
    "refund_evidence",
    metadata,
    Column("evidence_id", BigInteger, Identity(), primary_key=True),
    text_column("refund_id"),
    sealed_text_column("refund_evidence", "piece"),
    text_column("added_by"),
    text_column("resembles", nullable=True),  # the earlier refund that showed the same picture
    their_now_column("at"),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "refund_id", "evidence_id"),
)

Index(
    "refund_evidence_alike_idx",
    refund_evidence.c.evidence_id,
    postgresql_where=refund_evidence.c.resembles.is_not(None),
)
Index(
    "refund_evidence_resembles_idx",
    refund_evidence.c.resembles,
    postgresql_where=refund_evidence.c.resembles.is_not(None),
)

bank_accounts = Table(
    "bank_accounts",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("merchant_id"),
    text_column("ends_in"),
    text_column("key_id", nullable=True),  # of the key that it is sealed with
    Column("nonce", LargeBinary, nullable=True),
    Column("sealed", LargeBinary, nullable=True),
    now_column("named_at"),
    time_column("erased_at", nullable=True),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
)

words = Table(
    "words",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("word_id", primary_key=True),  # the id of an update; of a signal its run and number
    Column("number", BigInteger, Identity(), nullable=False),
    text_column("kind"),
    Column("round", Integer, nullable=False),
    text_column("sha256"),
    Column("body", SealedDocument("words.body", WRITTEN), nullable=False),
    text_column("overruled_as", nullable=True),
    sealed_text_column("words", "overruled", nullable=True),  # why it came to nothing, where it did
    text_column("run"),
    Column("events", BigInteger, nullable=False),
    now_column("noted_at"),
    time_column("taken_up_at", nullable=True),
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
)

Index("words_not_taken_up_idx", words.c.noted_at, postgresql_where=words.c.taken_up_at.is_(None))

refund_claims = Table(
    "refund_claims",
    metadata,
    text_column("refund_id", primary_key=True),
    Column("place", Integer, primary_key=True),
    text_column("merchant_id"),
    text_column("order_id"),
    text_column("line_id"),
    Column("requested", Integer, nullable=False),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("accepted", Integer, nullable=True),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("lesser", Integer, nullable=False, server_default="0"),
    text_column("disposition", nullable=True),
    Column("stock", JSONB, nullable=True),  # what becomes of each accepted unit, where the warehouse said it
    Column("units", JSONB, nullable=False),
    amount_column("unit_count"),
    Column("is_gift", Boolean, nullable=False),  # a gift beside goods: it does not make up the order
    amount_column("amount"),
    amount_column("tax"),
    amount_column("absorbed"),
    amount_column("absorbed_tax"),
    amount_column("points"),
    text_column("state"),
    Column("is_loss", Boolean, nullable=False, server_default="false"),  # the bank took it, after a dispute
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "merchant_id", "order_id"),
)

refund_events = Table(
    "refund_events",
    metadata,
    text_column("refund_id", primary_key=True),
    Column("sequence", Integer, primary_key=True),
    now_column("at"),
    text_column("event"),
    sealed_text_column("refund_events", "message"),
)

steps = Table(
    "steps",
    metadata,
    text_column("refund_id", primary_key=True),
    text_column("step", primary_key=True),
    Column("is_undone", Boolean, nullable=False, server_default="false"),
    Column("result", JSONB, nullable=True),
    now_column("at"),
)
