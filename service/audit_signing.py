"""Who signs checkpoints of audit trails: Ed25519, with keys that are not in the database."""

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.audit.checkpoints import Checkpoint, SignedCheckpoint


class Signer:
    """Signs with the first of its keys."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take private keys of 32 bytes by their ids, the newest first; raises ValueError where there is none."""
        if not keys:
            raise ValueError("a signer has at least one key")
        self._keys = {key_id: Ed25519PrivateKey.from_private_bytes(key) for key_id, key in keys.items()}
        self.key_id = next(iter(keys))

    def public_key(self, key_id: str) -> str | None:
        """Return one of the public keys in base64; None for an id that is not ours."""
        key = self._keys.get(key_id)
        return None if key is None else base64.b64encode(key.public_key().public_bytes_raw()).decode()

    def sign(self, checkpoint: Checkpoint) -> SignedCheckpoint:
        """Sign a checkpoint that names our newest key."""
        key = self._keys[checkpoint.key_id]
        public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
        return SignedCheckpoint(checkpoint, base64.b64encode(key.sign(checkpoint.signed)).decode(), public)


def is_signed(signed: SignedCheckpoint, public_key: str) -> bool:
    """Whether a checkpoint was signed with the key that belongs to this public one."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signed.signature), signed.checkpoint.signed)
    except (InvalidSignature, ValueError):
        return False
    return True
