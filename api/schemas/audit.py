"""The audit trail as it is proved to others (rule 39)."""

from typing import Any

from pydantic import Field

from api.schemas.common import Wire


class AuditVerification(Wire):
    """Whether the trail is whole, and how much of it is signed."""

    intact: bool = Field(description="Whether every entry fits the one before, is numbered, and is what was signed.")
    broken_at: int | None = Field(
        description="The number of the first entry that does not; null if all do, or if one is missing at an end."
    )
    why: str | None = Field(description="What does not fit, as a sentence; null if all does.")
    entries: int = Field(description="How many entries are chained.")
    anchored: int = Field(description="How many of them the last signed checkpoint holds.")
    not_anchored: int = Field(
        description="How many no checkpoint holds yet: whoever owns the database could change them."
    )


class AuditReplaced(Wire):
    """A checkpoint that the trail does not come to any more."""

    entries: int = Field(description="How many entries it held.")
    root: str = Field(description="Their root, in hexadecimal.")
    after: int = Field(description="Entries after this one may be others now; up to it they are those of before.")


class AuditCheckpoint(Wire):
    """The first so many entries of a merchant's trail; what is signed is all of this but `signature`."""

    merchant_id: str = Field(description="Whose trail.")
    entries: int = Field(description="How many entries it holds, from the first on.")
    root: str = Field(description="The root of the Merkle tree over them (RFC 6962), in hexadecimal.")
    head: str = Field(description="The hash of the last of them, in hexadecimal.")
    at: str = Field(description="When it was signed, in the letters that were signed.")
    key_id: str = Field(description="With which key.")
    replaces: AuditReplaced | None = Field(
        description="What was signed before and is gone since the database was restored; null if nothing is."
    )
    signature: str = Field(description="The Ed25519 signature, in base64.")


class AuditTimeStamp(Wire):
    """When a third party was shown a checkpoint."""

    entries: int = Field(description="Of the checkpoint of so many entries.")
    token: str = Field(
        description="The authority's answer (RFC 3161) for what `signature` decodes to, in base64. `openssl ts` "
        "verifies it."
    )


class AuditCheckpoints(Wire):
    """Signed checkpoints of the audit trail."""

    items: list[AuditCheckpoint] = Field(description="The checkpoints, the oldest first.")
    time_stamps: list[AuditTimeStamp] = Field(description="Of those of them that have one.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class AuditKey(Wire):
    """A public key that checkpoints were signed with."""

    key_id: str = Field(description="Its id.")
    public_key: str = Field(description="The Ed25519 public key of 32 bytes, in base64.")


class AuditKeys(Wire):
    """The public keys that this merchant's checkpoints were signed with."""

    items: list[AuditKey] = Field(
        description="The keys, old ones too. Keep them elsewhere: who changes a trail could change these."
    )


class AuditLine(Wire):
    """An entry as it is exported: with `hash` left out, and fields that are not there left out, what was hashed."""

    merchant_id: str = Field(description="Whose trail.")
    sequence: int = Field(description="Its number in the merchant's chain.")
    at: str = Field(description="When it happened, in the letters that were hashed.")
    customer_id: str = Field(
        description="Whom it is about; empty where that is nobody. A guest has an id of makewhole's."
    )
    order_id: str | None = Field(description="The order; null where it is about none.")
    refund_id: str | None = Field(description="The refund; null where it is about none.")
    action: str = Field(description="What happened, as a stable word.")
    actor: str = Field(description="Who did it.")
    detail: dict[str, Any] = Field(description="The figures of it.")
    refund_number: int | None = Field(default=None, description="Its number in its refund's story; or")
    customer_number: int | None = Field(default=None, description="its number among all others of its customer; or")
    entry_id: int | None = Field(default=None, description="its number among all, of before entries were so numbered.")
    previous_hash: str = Field(description="The hash of the entry before, in hexadecimal.")
    hash: str = Field(description="The hash of this entry, in hexadecimal.")


class AuditProof(Wire):
    """That an entry is in the trail that was signed."""

    entry: dict[str, Any] = Field(description="The entry as it is exported: without `hash`, what was hashed.")
    path: list[str] = Field(
        description="The nodes with which it comes to the root of the checkpoint, the lowest first, in hexadecimal."
    )
    checkpoint: AuditCheckpoint = Field(description="The first checkpoint that holds it.")
