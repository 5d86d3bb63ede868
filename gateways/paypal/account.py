"""A merchant's REST app at PayPal: its secrets, read and checked when they are told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateways import rsa

API = "https://api-m.paypal.com"
NEEDS = ("client_secret", "webhook_id", "webhook_certificates")

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PayPalAccount:
    """`webhook_keys` verify what they post; they are those of the certificates that the merchant has told."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str
    webhook_keys: tuple[RSAPublicKey, ...] = field(repr=False)
    base_address: str = API


def read(account: str, secrets: Mapping[str, str], base_address: str = "") -> PayPalAccount:
    """Raises ValueError for what `faults` names."""
    return PayPalAccount(
        client_id=account,
        client_secret=secrets["client_secret"].strip(),
        webhook_id=secrets["webhook_id"].strip(),
        webhook_keys=_keys(secrets["webhook_certificates"]),
        base_address=base_address or API,
    )


def faults(account: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with what was told of an account, by the field, in sentences that repeat no secret."""
    found = {}
    if not re.fullmatch(r"[0-9A-Za-z_-]{20,128}", account):
        found["/account"] = "the client id of the merchant's REST app goes here, 20 characters or more"
    if not re.fullmatch(r"[0-9A-Za-z_-]{20,128}", secrets["client_secret"].strip()):
        found |= {"/secrets/client_secret": "the secret of the merchant's REST app, 20 characters or more"}
    if not re.fullmatch(r"[0-9A-Za-z]{1,50}", secrets["webhook_id"].strip()):
        found["/secrets/webhook_id"] = "PayPal's id of the webhook that posts to the callback path: letters and digits"
    try:
        _keys(secrets["webhook_certificates"])
    except ValueError as wrong:
        found["/secrets/webhook_certificates"] = str(wrong)
    return found


def _keys(text: str) -> tuple[RSAPublicKey, ...]:
    """Read the certificates that sign their webhooks, several while one replaces another. Raises ValueError."""
    keys = tuple(rsa.of_certificate(each[0])[1] for each in _CERTIFICATE.finditer(text))
    if not keys:
        raise ValueError("no CERTIFICATE in PEM form: the one at the address in a webhook's PAYPAL-CERT-URL goes here")
    return keys
