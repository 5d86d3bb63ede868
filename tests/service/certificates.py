"""An authority of our own for a test, and a certificate of it for this machine."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain import clock

_HERE = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: the authority that clients are to trust, a certificate that it signed, and its key."""

    authority: Path
    certificate: Path
    key: Path

    @property
    def served(self) -> tuple[str, str]:
        return str(self.certificate), str(self.key)

    @classmethod
    def made(cls, folder: Path) -> Self:
        folder.mkdir(parents=True, exist_ok=True)
        files = cls(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
        above, own = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
        issuer, subject = _name("tests"), _name("localhost")
        is_authority = x509.BasicConstraints(ca=True, path_length=0)
        authority = _started(issuer, issuer, above).add_extension(is_authority, critical=True).sign(above, SHA256())
        certificate = _started(subject, issuer, own).add_extension(_HERE, critical=False).sign(above, SHA256())
        files.authority.write_bytes(authority.public_bytes(Encoding.PEM))
        files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        files.key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _started(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = clock.now()
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
