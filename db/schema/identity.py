"""Who customers are: codes and passkeys, sessions that a proof opens, and counts of what is limited."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, Table, Text, text

from db.schema.base import metadata, now_column, outbox_columns, text_column, time_column

_NEW_ID = text("'ses_' || replace(gen_random_uuid()::text, '-', '')")
_NEW_PASSKEY_ID = text("'pky_' || replace(gen_random_uuid()::text, '-', '')")

identity_codes = Table(
    "identity_codes",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("code_id", Text, nullable=False, unique=True),  # drawn by lot: who does not have it can't guess at the code
    text_column("merchant_id"),
    text_column("order_id"),  # as it was asked for: there may be no such order
    text_column("contact_mark"),
    *outbox_columns(),
    time_column("expires_at"),
    text_column("code_mark", nullable=True),  # of the code that was sent last; null while there is none
    text_column("customer_id", nullable=True),
    text_column("only_order_id", nullable=True),  # where it proves no more than this order
    text_column("made_by", nullable=True),  # which person of the staff had it made, where it is in a link
    Column("guesses", Integer, nullable=False, server_default="0"),
    time_column("used_at", nullable=True),
    text_column("outcome", nullable=True),
    Index(None, "expires_at"),
)

Index("identity_codes_due_idx", identity_codes.c.due_at, postgresql_where=identity_codes.c.ended_at.is_(None))

identity_sessions = Table(
    "identity_sessions",
    metadata,
    text_column("key_sha256", primary_key=True),
    Column("session_id", Text, nullable=False, unique=True, server_default=_NEW_ID),
    text_column("merchant_id"),
    text_column("role"),
    text_column("customer_id", nullable=True),
    text_column("only_order_id", nullable=True),  # where the session sees no other order of the customer
    text_column("made_by", nullable=True),  # which person of the staff had the link made that opened it
    now_column("created_at"),
    time_column("expires_at"),
    time_column("ended_at", nullable=True),
    now_column("last_used_at"),
    Column("idle_s", Integer, nullable=False),  # unused for so long, it is over
    Index(None, "expires_at"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),  # as the authenticator calls it
    Column("passkey_id", Text, nullable=False, unique=True, server_default=_NEW_PASSKEY_ID),
    text_column("merchant_id"),
    text_column("customer_id"),
    Column("user_handle", LargeBinary, nullable=False),  # what authenticators know the customer by: drawn by lot
    Column("public_key", LargeBinary, nullable=False),  # as COSE writes it
    Column("sign_count", BigInteger, nullable=False),
    Column("is_synced", Boolean, nullable=False),  # whether it may be on several devices
    now_column("created_at"),
    time_column("last_used_at", nullable=True),
    Index(None, "merchant_id", "customer_id"),
)

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    text_column("challenge_id", primary_key=True),  # drawn by lot, and used up once
    Column("challenge", LargeBinary, nullable=False),
    text_column("merchant_id"),
    text_column("customer_id", nullable=True),  # for whom a passkey is made; null where one is to be used
    text_column("session_id", nullable=True),  # by whose session it is made
    Column("user_handle", LargeBinary, nullable=True),
    time_column("expires_at"),
    Index(None, "expires_at"),
)

rate_counts = Table(
    "rate_counts",
    metadata,
    text_column("quota", primary_key=True),
    text_column("subject", primary_key=True),
    Column("count", BigInteger, nullable=False),
    time_column("ends_at"),
    Index(None, "ends_at"),
)
