"""Pictures that customers and merchants sent as evidence; the pixels are in a store, not here."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, SmallInteger, Table

from db.schema.base import metadata, now_column, text_column, time_column

pictures = Table(
    "pictures",
    metadata,
    text_column("evidence_id", primary_key=True),  # drawn by lot
    text_column("merchant_id"),
    text_column("customer_id", nullable=True),
    text_column("order_id", nullable=True),
    text_column("refund_id", nullable=True),  # the first that refers to it
    text_column("added_by"),
    text_column("name"),  # of its file: a hash of the merchant and the content
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    now_column("created_at"),
    time_column("stored_at", nullable=True),  # null: its file may not be there yet
    time_column("used_at", nullable=True),
    time_column("gone_at", nullable=True),  # from here on nobody sees it, and its file is removed
    ForeignKeyConstraint(["refund_id"], ["refunds.refund_id"]),
    Index(None, "merchant_id", "customer_id"),
    Index(None, "merchant_id", "name"),
    Index(None, "refund_id"),
)

Index(
    "pictures_unused_idx",
    pictures.c.created_at,
    postgresql_where=pictures.c.used_at.is_(None) & pictures.c.gone_at.is_(None),
)

Index("pictures_gone_idx", pictures.c.gone_at, postgresql_where=pictures.c.gone_at.is_not(None))

picture_looks = Table(
    "picture_looks",
    metadata,
    text_column("evidence_id", primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),  # 0: as it is; the others: cut at its edges
    text_column("merchant_id"),
    Column("likeness", BigInteger, nullable=False),
    *(Column(f"quarter_{place}", Integer, nullable=False) for place in range(4)),
    *(Index(None, "merchant_id", f"quarter_{place}", "place") for place in range(4)),
)
