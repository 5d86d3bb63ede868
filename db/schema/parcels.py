"""How goods come back: merchants' accounts at carriers, and the labels that these made, each with its parcel."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from db.schema.base import JSONB, metadata, now_column, text_column, time_column

carrier_accounts = Table(
    "carrier_accounts",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("carrier_id", primary_key=True),
    text_column("adapter"),
    text_column("base_address"),
    Column("settings", JSONB, nullable=False),
    text_column("key_id"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    text_column("token"),
    now_column("joined_at"),
    now_column("updated_at"),
    UniqueConstraint("token"),
)

# A row of the first parcel stands for its return: where that is void, no label of any of its parcels is made any more.
return_labels = Table(
    "return_labels",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("rma", primary_key=True),
    Column("parcel", Integer, primary_key=True),
    text_column("refund_id"),  # empty in a tombstone
    text_column("carrier_id"),
    text_column("state"),
    text_column("token"),
    text_column("carrier"),
    text_column("tracking_number"),
    text_column("reference"),
    text_column("address"),
    text_column("guide"),
    time_column("pickup_by", nullable=True),
    text_column("pickup_ref"),
    Column("pdf", LargeBinary, nullable=True),
    Column("zpl", LargeBinary, nullable=True),
    now_column("made_at"),
    time_column("called_off_at", nullable=True),  # at the carrier
    text_column("tracked", nullable=True),  # how far its carrier says it has come, and as of when
    time_column("tracked_at", nullable=True),
    time_column("told_at", nullable=True),  # when its refund was told of that
    time_column("look_at", nullable=True),  # when its carrier is to be asked next
    Column("looks", Integer, nullable=False, server_default="0"),
    UniqueConstraint("token"),
    Index(None, "refund_id"),
    Index(None, "tracking_number"),
)

Index("return_labels_look_at_idx", return_labels.c.look_at, postgresql_where=return_labels.c.look_at.is_not(None))
