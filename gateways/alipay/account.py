"""A merchant's application at Alipay: its keys, read and checked when they are told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from gateways import rsa

API = "https://openapi.alipay.com"
NEEDS = ("private_key", "alipay_public_key")


@dataclass(frozen=True, slots=True)
class AlipayAccount:
    """`alipay_public_key` verifies what they sign; it is theirs, not the application's own."""

    app_id: str
    private_key: RSAPrivateKey = field(repr=False)
    alipay_public_key: RSAPublicKey = field(repr=False)
    base_address: str = API


def read(account: str, secrets: Mapping[str, str], base_address: str = "") -> AlipayAccount:
    """Raises ValueError for what `faults` names."""
    return AlipayAccount(
        account,
        rsa.private_key(secrets["private_key"]),
        rsa.public_key(secrets["alipay_public_key"]),
        base_address or API,
    )


def faults(account: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with what was told of an account, by the field, in sentences that repeat no secret."""
    found = {}
    if not re.fullmatch(r"[0-9]{16}", account):
        found["/account"] = "the application's id (app_id) goes here, 16 digits"
    try:
        own = rsa.private_key(secrets["private_key"]).public_key()
    except ValueError as wrong:
        own = None
        found["/secrets/private_key"] = str(wrong)
    try:
        theirs = rsa.public_key(secrets["alipay_public_key"])
    except ValueError as wrong:
        found["/secrets/alipay_public_key"] = str(wrong)
    else:
        if theirs == own:
            found["/secrets/alipay_public_key"] = "this is the application's own public key, not Alipay's"
    return found
