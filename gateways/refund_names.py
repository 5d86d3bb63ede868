"""How an intent's key becomes the number of a refund at providers who take 64 characters of few letters."""

import base64
import hashlib
import re

MOST_CHARACTERS = 64

_AS_IT_IS = re.compile(rf"[0-9A-Za-z_-]{{1,{MOST_CHARACTERS}}}")
_SPELLED, _HASHED = "*", "@"
"""What begins a key that had to be written otherwise; no key of ours begins so."""


def refund_no(key: str) -> str:
    """Name a refund by its key: as it is, else spelled in their letters, else, if that is too long, by its hash.

    Different keys never have the same name, and a key always has the same. Only keys of earlier versions are no names.
    """
    if _AS_IT_IS.fullmatch(key):
        return key
    spelled = _SPELLED + _letters(key.encode())
    return spelled if len(spelled) <= MOST_CHARACTERS else _HASHED + _letters(hashlib.sha256(key.encode()).digest())


def key_of(name: str) -> str:
    """Return the key of a refund that they name; one that is not ours, or was hashed, is called as they do."""
    if not name.startswith(_SPELLED):
        return name
    letters = name.removeprefix(_SPELLED)
    try:
        key = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode()
    except ValueError:
        return name
    return key if refund_no(key) == name else name


def _letters(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")
