"""What is personal lies in the tables sealed: AES-256-GCM, under a key of whom or what it is about.

The keys are not in the database: each is derived from a ring that API and workers are given. What is sealed says in
clear by which key of the ring, and what it is about; it opens for that and for its own column alone.

    refund/rf_1 → its note, what people said of it, what was told of it
    customer/kettles/c-7 → their name, their addresses
    order/kettles/o-1 → its guest, its metadata

Where a process has no ring, it writes in clear what it writes, and can't read what is sealed (`NoRing`).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "\x01"
"""What is sealed begins so: no text that the API takes has a control character."""

ERASED = "[erased]"
"""What stands in the place of what was erased: it is nobody's, and never sealed."""

SETTING = "MAKEWHOLE_ENCRYPTION_KEYS"

_NONCE_BYTES = 12
_KEYS_KEPT = 4096


class StaysSealed(Exception):
    """What was sealed can't be read here."""


class NoRing(StaysSealed):
    """The key that it was sealed under is not among those that this process was given."""


class Misplaced(StaysSealed):
    """It is not what was sealed for this place: it was changed, or moved here from elsewhere."""


class Unsealed(Exception):
    """A program means to write in clear what is personal."""


class Opened(str):
    """A text that was sealed, and what it is about: who reads its row can tell whether it belongs there."""

    about: str


class Ring:
    """The keys that all others are derived from, the newest first: it seals under that, and opens under any."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("a ring has at least one key")
        self._newest = next(iter(keys))
        self._roots = {
            key_id: hmac.digest(key, b"makewhole personal data", hashlib.sha256) for key_id, key in keys.items()
        }
        self._marking = {
            key_id: hmac.digest(key, b"makewhole blind index", hashlib.sha256) for key_id, key in keys.items()
        }
        self._key = lru_cache(_KEYS_KEPT)(self._derived)

    @property
    def newest(self) -> str:
        """What everything sealed under the newest key begins with."""
        return f"{PREFIX}{self._newest}|"

    def seal(self, plain: str, about: str, place: str) -> str:
        raw = self._encrypted(plain.encode(), about, place)
        return f"{self.newest}{about}|{base64.b64encode(raw).decode()}"

    def open(self, sealed: str, place: str) -> Opened:
        """Raises NoRing and Misplaced."""
        key_id, _, rest = sealed.removeprefix(PREFIX).partition("|")
        about, _, written = rest.rpartition("|")
        self._refuse_unknown(key_id)
        try:
            plain = self._decrypted(key_id, base64.b64decode(written, validate=True), about, place)
        except (InvalidTag, ValueError) as unfit:
            raise Misplaced(f"{place} holds what was not sealed for it, but as of {about}") from unfit
        text = Opened(plain.decode())
        text.about = about
        return text

    def seal_bytes(self, plain: bytes, about: str, place: str) -> bytes:
        return self.newest.encode() + self._encrypted(plain, about, place)

    def open_bytes(self, sealed: bytes, about: str, place: str) -> bytes:
        """Raises NoRing and Misplaced."""
        key, _, raw = sealed.removeprefix(PREFIX.encode()).partition(b"|")
        key_id = key.decode(errors="replace")
        self._refuse_unknown(key_id)
        try:
            return self._decrypted(key_id, raw, about, place)
        except (InvalidTag, ValueError) as unfit:
            raise Misplaced(f"{place} holds what was not sealed for it") from unfit

    def marks(self, kind: str, said: str) -> Sequence[str]:
        """Stand for a value that is looked up, by each key of the ring, the newest first: so it is found unread."""
        message = f"{kind}|{said}".encode()
        return [
            f"{PREFIX}{key_id}|{hmac.new(key, message, hashlib.sha256).hexdigest()}"
            for key_id, key in self._marking.items()
        ]

    def _encrypted(self, plain: bytes, about: str, place: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._key(self._newest, about).encrypt(nonce, plain, _bound_to(about, place))

    def _decrypted(self, key_id: str, raw: bytes, about: str, place: str) -> bytes:
        return self._key(key_id, about).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(about, place))

    def _refuse_unknown(self, key_id: str) -> None:
        if key_id not in self._roots:
            raise NoRing(f"the key {key_id!r} is not among those of {SETTING}: what is sealed under it can't be read")

    def _derived(self, key_id: str, about: str) -> AESGCM:
        return AESGCM(hmac.digest(self._roots[key_id], about.encode(), hashlib.sha256))


def _bound_to(about: str, place: str) -> bytes:
    return f"{place}|{about}".encode()


_ring: Ring | None = None


def use(ring: Ring | None) -> None:
    """Have this process seal with a ring from now on, or with none."""
    global _ring
    _ring = ring


@contextmanager
def using(ring: Ring | None) -> Iterator[None]:
    """Have it do so for a while."""
    before = _ring
    use(ring)
    try:
        yield
    finally:
        use(before)


def ring() -> Ring | None:
    return _ring


def seal(plain: str, about: str, place: str) -> str:
    """Seal a text about somebody for a column; nothing, and what says that it was erased, stay as they are."""
    if _ring is None or not plain or plain == ERASED:
        return plain
    return _ring.seal(plain, about, place)


def opened(stored: str, place: str) -> str:
    """Read what a column holds; what lies there in clear is of before. Raises StaysSealed."""
    if not stored.startswith(PREFIX):
        return stored
    if _ring is None:
        raise NoRing(f"{SETTING} is not set: what is sealed in the database can't be read")
    return _ring.open(stored, place)


def seal_bytes(plain: bytes, about: str, place: str) -> bytes:
    """Seal bytes that are kept for a while; what was written under an older key is read as long as that is there."""
    return plain if _ring is None else _ring.seal_bytes(plain, about, place)


def opened_bytes(stored: bytes, about: str, place: str) -> bytes:
    """Read bytes; what lies there in clear is of before. Raises StaysSealed."""
    if not stored.startswith(PREFIX.encode()):
        return stored
    if _ring is None:
        raise NoRing(f"{SETTING} is not set: what is sealed in the database can't be read")
    return _ring.open_bytes(stored, about, place)


def refuse_clear(text: str, place: str) -> None:
    """Raises Unsealed for what a column must not hold as long as there are keys to seal it with."""
    if _ring is not None and text and text != ERASED and not text.startswith(PREFIX):
        raise Unsealed(f"{place} is written in clear: seal it (db/sealing.py)")


def marks(kind: str, said: str) -> Sequence[str]:
    """What a value that is looked up can be found by: marks, the newest first, then itself, as it lay there before."""
    return [*(_ring.marks(kind, said) if _ring is not None else ()), said]


def refuse_moved(value: object, *abouts: str) -> None:
    """Raises Misplaced for what was sealed, and about something else than these."""
    about = getattr(value, "about", None)
    if about is not None and about not in abouts:
        raise Misplaced(f"what is about {about} lies where only {' or '.join(abouts)} has a place")


def about_refund(refund_id: str) -> str:
    return f"refund/{refund_id}"


def about_order(merchant_id: str, order_id: str) -> str:
    return f"order/{merchant_id}/{order_id}"


def about_customer(merchant_id: str, customer_id: str) -> str:
    return f"customer/{merchant_id}/{customer_id}"


def about_merchant(merchant_id: str) -> str:
    """What concerns no single customer."""
    return f"merchant/{merchant_id}"


def about_row(*key: str) -> str:
    """What is about nobody who is known yet: a row of its own."""
    return "row/" + "/".join(key)
