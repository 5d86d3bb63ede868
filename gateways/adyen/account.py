"""A merchant account at Adyen: its keys, read and checked when they are told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LIVE = "https://{prefix}-checkout-live.adyenpayments.com/checkout"
NEEDS = ("api_key", "hmac_keys", "live_url_prefix")

_BYTES_OF_KEY = 32


@dataclass(frozen=True, slots=True)
class AdyenAccount:
    """`hmac_keys` verify what they post, any of them while one replaces another."""

    merchant_account: str
    api_key: str = field(repr=False)
    hmac_keys: tuple[bytes, ...] = field(repr=False)
    base_address: str


def read(account: str, secrets: Mapping[str, str], base_address: str = "") -> AdyenAccount:
    """Raises ValueError for what `faults` names."""
    return AdyenAccount(
        merchant_account=account,
        api_key=secrets["api_key"].strip(),
        hmac_keys=_keys(secrets["hmac_keys"]),
        base_address=base_address or LIVE.format(prefix=secrets["live_url_prefix"].strip()),
    )


def faults(account: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with what was told of an account, by the field, in sentences that repeat no secret."""
    found = {}
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,80}", account):
        found["/account"] = "the name of the merchant account goes here, as YOUR_COMPANY_ECOM"
    if not re.fullmatch(r"[\x21-\x7e]{20,500}", secrets["api_key"].strip()):
        found["/secrets/api_key"] = "an API key of Adyen's has 20 characters or more, and no spaces"
    if not re.fullmatch(r"[0-9A-Za-z-]{3,100}", secrets["live_url_prefix"].strip()):
        found["/secrets/live_url_prefix"] = "the prefix of the live addresses: letters, digits and hyphens"
    try:
        _keys(secrets["hmac_keys"])
    except ValueError as wrong:
        found["/secrets/hmac_keys"] = str(wrong)
    return found


def _keys(text: str) -> tuple[bytes, ...]:
    """Read the keys, separated by spaces. Raises ValueError, which repeats nothing of them."""
    words = text.split()
    if not words or not all(re.fullmatch(rf"[0-9A-Fa-f]{{{2 * _BYTES_OF_KEY}}}", word) for word in words):
        raise ValueError(f"an HMAC key of a webhook has {2 * _BYTES_OF_KEY} hexadecimal digits")
    return tuple(bytes.fromhex(word) for word in words)
