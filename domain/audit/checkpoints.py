"""What a checkpoint of an audit trail says, in the bytes that are signed."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

ENTRIES = 1_000
"""A checkpoint comes at the latest after so many entries of a merchant."""

CONTEXT = b"makewhole audit checkpoint 1\n"
"""Stands before what is signed, so that no other document of ours that is signed can be taken for a checkpoint."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A checkpoint that the trail does not come to any more: it was brought back from an older copy.

    after: so many entries were held by the last checkpoint that the copy had; what follows may differ.
    """

    entries: int
    root: str
    after: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first `entries` of a merchant's trail have this `root`, and the last of them has the hash `head`."""

    merchant_id: str
    entries: int
    root: str
    head: str
    at: datetime
    key_id: str
    replaces: Replaced | None = None

    @property
    def said(self) -> dict[str, object]:
        """What it says, as it is exported."""
        return {**asdict(self), "at": self.at.astimezone(UTC).isoformat()}

    @property
    def signed(self) -> bytes:
        """The bytes that are signed."""
        return CONTEXT + json.dumps(self.said, sort_keys=True, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint, with its signature and the public key that fits, both in base64."""

    checkpoint: Checkpoint
    signature: str
    public_key: str

    @property
    def line(self) -> str:
        """How it is exported: the public key is not taken from where the signature is."""
        said = {**self.checkpoint.said, "signature": self.signature}
        return json.dumps(said, sort_keys=True, ensure_ascii=False)
