"""How WeChat Pay signs and encrypts, written from its documents for the peer and for nobody else's use."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.gateways.peer_http import Request
from tests.gateways.peer_keys import own_key

_SCHEME = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="(\w+)",nonce_str="(\w+)",signature="([^"]+)",timestamp="(\d+)",serial_no="(\w+)"'
)
_GOOD_FOR_S = 300


@dataclass(frozen=True, slots=True)
class Keys:
    """The merchant's public key with its serial, our own with its name, and the two keys that both have."""

    merchant: rsa.RSAPublicKey
    merchant_serial: str
    own: rsa.RSAPrivateKey
    own_id: str
    api_v3_key: bytes
    api_v2_key: bytes

    @classmethod
    def read(cls, said: dict[str, str]) -> "Keys":
        merchant = serialization.load_pem_public_key(said["merchant"].encode())
        assert isinstance(merchant, rsa.RSAPublicKey)
        v3, v2 = said["api_v3_key"].encode(), said["api_v2_key"].encode()
        return cls(merchant, said["merchant_serial"], own_key(said["own"]), said["own_id"], v3, v2)


def is_signed(keys: Keys, now: float, request: Request) -> bool:
    said = _SCHEME.fullmatch(request.headers.get("authorization", ""))
    if said is None:
        return False
    _, nonce, signature, moment, serial = said.groups()
    if serial != keys.merchant_serial or abs(now - int(moment)) > _GOOD_FOR_S:
        return False
    message = f"{request.method}\n{request.target}\n{moment}\n{nonce}\n".encode() + request.body + b"\n"
    try:
        keys.merchant.verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def signed(keys: Keys, now: float, body: bytes, serial: str = "") -> dict[str, str]:
    """Return the headers of an answer; only what asks for no other key than ours is signed with it."""
    moment, nonce = str(int(now)), secrets.token_hex(16)
    message = f"{moment}\n{nonce}\n".encode() + body + b"\n"
    return {
        "wechatpay-nonce": nonce,
        "wechatpay-serial": serial or keys.own_id,
        "wechatpay-signature": base64.b64encode(keys.own.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode(),
        "wechatpay-timestamp": moment,
    }


def encrypted(keys: Keys, plain: bytes) -> dict[str, str]:
    nonce = secrets.token_hex(6)
    text = AESGCM(keys.api_v3_key).encrypt(nonce.encode(), plain, b"refund")
    said = {"algorithm": "AEAD_AES_256_GCM", "associated_data": "refund", "nonce": nonce}
    return {**said, "ciphertext": base64.b64encode(text).decode()}


def signature_v2(keys: Keys, said: dict[str, str]) -> str:
    text = "&".join(f"{name}={value}" for name, value in sorted(said.items()) if value and name != "sign")
    return (
        hmac.new(keys.api_v2_key, f"{text}&key={keys.api_v2_key.decode()}".encode(), hashlib.sha256).hexdigest().upper()
    )


def xml_of(keys: Keys, said: dict[str, str]) -> bytes:
    said = {**said, "sign": signature_v2(keys, said)}
    fields = (f"<{name}><![CDATA[{value}]]></{name}>" for name, value in said.items() if value)
    return f"<xml>{''.join(fields)}</xml>".encode()
