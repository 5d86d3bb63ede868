"""RSA keys and SHA-256 signatures, as WeChat Pay, Alipay and PayPal use them."""

import base64
import binascii
import re

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

_FEWEST_BITS = 2048
_BEGINS = "-----BEGIN "


def private_key(text: str) -> RSAPrivateKey:
    """Read a private key in PEM form, or in the base64 within it. Raises ValueError, which repeats nothing of it."""
    try:
        if text.strip().startswith(_BEGINS):
            key = load_pem_private_key(text.strip().encode(), None)
        else:
            key = load_der_private_key(_der(text), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise ValueError(
            "this is no private key: it begins with -----BEGIN PRIVATE KEY-----, without a password"
        ) from wrong
    if not isinstance(key, RSAPrivateKey) or key.key_size < _FEWEST_BITS:
        raise ValueError(f"the private key is no RSA key of {_FEWEST_BITS} bits or more")
    return key


def public_key(text: str) -> RSAPublicKey:
    """Read a public key in PEM form, or in the base64 within it. Raises ValueError."""
    try:
        if text.strip().startswith(_BEGINS):
            key = load_pem_public_key(text.strip().encode())
        else:
            key = load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise ValueError("this is no public key: it begins with -----BEGIN PUBLIC KEY-----") from wrong
    if not isinstance(key, RSAPublicKey) or key.key_size < _FEWEST_BITS:
        raise ValueError(f"the public key is no RSA key of {_FEWEST_BITS} bits or more")
    return key


def of_certificate(pem: str) -> tuple[str, RSAPublicKey]:
    """Return the serial number of a certificate, in hexadecimal digits, and its key. Raises ValueError."""
    try:
        certificate = load_pem_x509_certificate(pem.encode())
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise ValueError("a certificate is none in PEM form") from wrong
    if not isinstance(key, RSAPublicKey):
        raise ValueError("a certificate has no RSA key")
    return f"{certificate.serial_number:X}", key


def sign(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed_by(key: RSAPublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _der(text: str) -> bytes:
    return base64.b64decode(re.sub(r"\s", "", text), validate=True)
