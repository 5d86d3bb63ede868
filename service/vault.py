"""What is kept so that nobody who has the database alone can read it: AES-256-GCM, under keys that are not in it."""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class NotOpened(Exception):
    """What was sealed can't be read: its key is not here any more, or it was moved or changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """`key_id` names the key that it was sealed with, so that keys can be changed while old ones are still there."""

    key_id: str
    nonce: bytes
    text: bytes


class Vault:
    """Seals with the first of its keys, and opens with whichever it was sealed with."""

    def __init__(self, keys: Mapping[str, bytes], setting: str = "MAKEWHOLE_ENCRYPTION_KEYS") -> None:
        """Take keys by their ids, the newest first; raises ValueError where there is none, or one of another length.

        setting: where they come from, for whoever looks for one that is not here.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError(f"a vault has at least one key, each of {KEY_BYTES} bytes")
        self._newest = next(iter(keys))
        self._setting = setting
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._marking = {key_id: _marking(key) for key_id, key in keys.items()}

    def seal(self, plain: bytes, bound_to: str) -> Sealed:
        """Seal it for one place: what is `bound_to` another can't be opened there."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(self._newest, nonce, self._keys[self._newest].encrypt(nonce, plain, bound_to.encode()))

    def open(self, sealed: Sealed, bound_to: str) -> bytes:
        """Raises NotOpened."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise NotOpened(f"the key {sealed.key_id!r} is not among those of {self._setting}")
        try:
            return key.decrypt(sealed.nonce, sealed.text, bound_to.encode())
        except InvalidTag as unfit:
            raise NotOpened("it is not what was sealed for this place") from unfit

    def mark(self, kind: str, *said: str) -> str:
        """Stand for something that must not be kept, but known again; nobody without the keys can try what it was."""
        return f"{self._newest}:{self._digest(self._newest, kind, said)}"

    def is_marked(self, mark: str, kind: str, *said: str) -> bool:
        """Whether a mark, made with any of the keys, stands for this; takes the same time for whatever mark."""
        key_id, _, digest = mark.partition(":")
        expected = self._digest(key_id if key_id in self._marking else self._newest, kind, said)
        return hmac.compare_digest(digest, expected)

    def _digest(self, key_id: str, kind: str, said: tuple[str, ...]) -> str:
        message = json.dumps((kind, *said)).encode()
        return hmac.new(self._marking[key_id], message, hashlib.sha256).hexdigest()


def _marking(key: bytes) -> bytes:
    """A key of its own, so that no mark tells anything of what is sealed."""
    return HKDF(hashes.SHA256(), 32, None, b"makewhole marks").derive(key)
