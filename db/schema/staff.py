"""Staff who sign in: where they do, who is on their way, who has come, and as whom."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from db.schema.base import JSONB, metadata, now_column, text_column, time_column

_NEW_ID = text("'sst_' || replace(gen_random_uuid()::text, '-', '')")

identity_providers = Table(
    "identity_providers",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("provider_id", primary_key=True),
    text_column("issuer"),
    text_column("client_id"),
    text_column("address"),  # where staff reach makewhole: what the provider sends them back to begins with it
    Column("rules", JSONB, nullable=False),
    text_column("key_id"),
    Column("nonce", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    text_column("token"),
    now_column("updated_at"),
    UniqueConstraint("token"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    text_column("state_sha256", primary_key=True),
    text_column("browser_sha256"),  # of the secret that the browser keeps, of which verifier and nonce are made
    text_column("merchant_id"),
    text_column("provider_id"),
    text_column("role", nullable=True),
    text_column("return_to"),
    time_column("expires_at"),
    time_column("used_at", nullable=True),
    Index(None, "expires_at"),
)

staff_people = Table(
    "staff_people",
    metadata,
    text_column("merchant_id", primary_key=True),
    text_column("issuer", primary_key=True),
    text_column("subject", primary_key=True),
    text_column("person"),
    now_column("since"),
    Index(None, "merchant_id", "person"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    text_column("key_sha256", primary_key=True),
    Column("session_id", Text, nullable=False, unique=True, server_default=_NEW_ID),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    text_column("merchant_id"),
    text_column("provider_id"),
    text_column("role"),
    text_column("person"),
    Column("hint", LargeBinary, nullable=True),  # the provider's ID token, sealed with the session's own key
    now_column("created_at"),
    time_column("expires_at"),
    time_column("ended_at", nullable=True),
    now_column("last_used_at"),
    Column("idle_s", Integer, nullable=False),  # unused for so long, it is over
    Index(None, "merchant_id", "number"),
    Index(None, "expires_at"),
)
