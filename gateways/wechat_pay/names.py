"""What WeChat Pay calls a payment and a refund: what orders and keys may be called there, and how it is written."""

import base64
import hashlib
import re

from gateways.wechat_pay.limits import (
    DIGITS_OF_TRANSACTION_ID,
    FEWEST_CHARACTERS_OF_ORDER_NO,
    MOST_CHARACTERS_OF_ORDER_NO,
    MOST_CHARACTERS_OF_REFUND_NO,
)

_AS_IT_IS = re.compile(r"[0-9A-Za-z_-]{1,64}")
_ORDER_NO = re.compile(rf"[0-9A-Za-z_\-|*@]{{{FEWEST_CHARACTERS_OF_ORDER_NO},{MOST_CHARACTERS_OF_ORDER_NO}}}")
_TRANSACTION_ID = re.compile(rf"[0-9]{{{DIGITS_OF_TRANSACTION_ID}}}")
_SPELLED, _HASHED = "*", "@"
"""What begins a key that had to be written otherwise; no key of ours begins so."""


def refund_no(key: str) -> str:
    """Name a refund by its key: as it is, else spelled in their letters, else, if that is too long, by its hash.

    Different keys never have the same name, and a key always has the same. Only keys of earlier versions are no names.
    """
    if _AS_IT_IS.fullmatch(key):
        return key
    spelled = _SPELLED + _letters(key.encode())
    return (
        spelled
        if len(spelled) <= MOST_CHARACTERS_OF_REFUND_NO
        else _HASHED + _letters(hashlib.sha256(key.encode()).digest())
    )


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


def names_of_charge(charge_ref: str) -> list[tuple[str, str]]:
    """Return as what an order's `gateway_ref` may be known there, best first: nothing where none of theirs looks so."""
    names = []
    if _TRANSACTION_ID.fullmatch(charge_ref):
        names.append(("transaction_id", charge_ref))
    if _ORDER_NO.fullmatch(charge_ref):
        names.append(("out_trade_no", charge_ref))
    return names


def _letters(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")
