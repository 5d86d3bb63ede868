"""A merchant's account at WeChat Pay: its keys, read and checked when they are told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from gateways import rsa

API = "https://api.mch.weixin.qq.com"
NEEDS = ("app_id", "private_key", "certificate_serial", "api_v3_key", "api_v2_key", "platform_keys")

_BYTES_OF_KEY = 32
_PUBLIC_KEY_ID = "PUB_KEY_ID_"
_PLATFORM_KEY = re.compile(
    r"(?:(?P<id>PUB_KEY_ID_\w+)\s*)?"
    r"(?P<pem>-----BEGIN (?P<kind>PUBLIC KEY|CERTIFICATE)-----.+?-----END (?P=kind)-----)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class WeChatPayAccount:
    """`platform_keys` verify what they sign, each by the serial that they give with it."""

    merchant_number: str
    app_id: str
    private_key: RSAPrivateKey = field(repr=False)
    certificate_serial: str
    api_v3_key: bytes = field(repr=False)
    api_v2_key: bytes = field(repr=False)
    platform_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    base_address: str = API

    @property
    def signs_with(self) -> dict[str, str]:
        """Ask for answers that are signed with the newest public key; with none, they use a platform certificate."""
        ids = [serial for serial in self.platform_keys if serial.startswith(_PUBLIC_KEY_ID)]
        return {"wechatpay-serial": ids[0]} if ids else {}


def read(account: str, secrets: Mapping[str, str], base_address: str = "") -> WeChatPayAccount:
    """Raises ValueError for what `faults` names."""
    return WeChatPayAccount(
        merchant_number=account,
        app_id=secrets["app_id"].strip(),
        private_key=rsa.private_key(secrets["private_key"]),
        certificate_serial=secrets["certificate_serial"].strip().upper(),
        api_v3_key=_symmetric(secrets["api_v3_key"]),
        api_v2_key=_symmetric(secrets["api_v2_key"]),
        platform_keys=platform_keys(secrets["platform_keys"]),
        base_address=base_address or API,
    )


def faults(account: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with what was told of an account, by the field, in sentences that repeat no secret."""
    found = {}
    if not re.fullmatch(r"[0-9]{8,10}", account):
        found["/account"] = "the merchant's number (mchid) goes here, 8 to 10 digits"
    if not re.fullmatch(r"wx[0-9a-zA-Z]{16}", secrets["app_id"].strip()):
        found["/secrets/app_id"] = "an app id begins with wx and has 18 characters"
    if not re.fullmatch(r"[0-9A-Fa-f]{16,40}", secrets["certificate_serial"].strip()):
        found["/secrets/certificate_serial"] = "the serial of the merchant's API certificate, in hexadecimal digits"
    for name, reads in (
        ("private_key", rsa.private_key),
        ("api_v3_key", _symmetric),
        ("api_v2_key", _symmetric),
        ("platform_keys", platform_keys),
    ):
        try:
            reads(secrets[name])
        except ValueError as wrong:
            found[f"/secrets/{name}"] = str(wrong)
    return found


def platform_keys(text: str) -> dict[str, RSAPublicKey]:
    """Read public keys, each after its id, and platform certificates, in any order: all are good. Raises ValueError."""
    found: dict[str, RSAPublicKey] = {}
    for each in _PLATFORM_KEY.finditer(text):
        if each["kind"] == "CERTIFICATE":
            serial, key = rsa.of_certificate(each["pem"])
        elif each["id"]:
            serial, key = each["id"], rsa.public_key(each["pem"])
        else:
            raise ValueError("a public key of WeChat Pay needs its id before it: PUB_KEY_ID_…, then the PEM")
        found[serial] = key
    if not found:
        raise ValueError("no PUBLIC KEY with its PUB_KEY_ID_… before it, and no CERTIFICATE, in PEM form")
    return found


def _symmetric(text: str) -> bytes:
    key = text.strip().encode()
    if len(key) != _BYTES_OF_KEY:
        raise ValueError(f"an API key of WeChat Pay has {_BYTES_OF_KEY} characters, this one has {len(key)}")
    return key
