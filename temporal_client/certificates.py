"""`python -m temporal_client.certificates FOLDER`: who may speak to the Temporal of docker-compose.yml.

An authority signs three certificates, and its key is forgotten: nobody can make a fourth. FOLDER holds, each for
itself, what the server shows (`server`), what programs of makewhole show (`programs`) and what shows whoever looks or
prepares (`operators`); the last two with the settings by which Temporal's clients find it. What is whole there stays;
`--anew` makes all of it again, and shuts out whoever holds what was there.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from domain import clock

SERVER = "temporal"
"""By which name programs reach it, whatever its address."""

AUTHORITY, CERTIFICATE, KEY, SETTINGS = "authority.pem", "certificate.pem", "key.pem", "temporal.toml"

_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_MOUNTED = Path("/temporal")
_LIFETIME = timedelta(days=3650)
"""Long, as nobody signs another: whoever wants them to end sooner has them made anew."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who shows a certificate; folder: where it is kept. name: what stands in it."""

    folder: str
    name: str
    purposes: tuple[x509.ObjectIdentifier, ...]

    @property
    def is_server(self) -> bool:
        return Purpose.SERVER_AUTH in self.purposes


PARTIES = (
    # Temporal's own services speak to each other with it, so it is a client's as well.
    Party("server", SERVER, (Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH)),
    Party("programs", "programs.makewhole", (Purpose.CLIENT_AUTH,)),
    Party("operators", "operators.makewhole", (Purpose.CLIENT_AUTH,)),
)


def settings(place: Path) -> str:
    """Return a profile of Temporal's clients that shows what lies at a place."""
    return "\n".join(
        (
            "[profile.default]",
            f'address = "{SERVER}:7233"',
            "[profile.default.tls]",
            f'server_name = "{SERVER}"',
            f'server_ca_cert_path = "{place / AUTHORITY}"',
            f'client_cert_path = "{place / CERTIFICATE}"',
            f'client_key_path = "{place / KEY}"',
            "",
        )
    )


def make(folder: Path) -> None:
    """Write an authority's certificates and keys, over what is there."""
    above = generate_private_key(SECP256R1())
    authority = _authority(above)
    for party in PARTIES:
        own = generate_private_key(SECP256R1())
        files = {
            AUTHORITY: authority.public_bytes(Encoding.PEM),
            CERTIFICATE: _signed(party, own, authority, above).public_bytes(Encoding.PEM),
            KEY: own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        }
        if not party.is_server:
            files[SETTINGS] = settings(_MOUNTED).encode()
        place = folder / party.folder
        place.mkdir(exist_ok=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
            (place / name).chmod(0o644)  # each image has a user of its own: who has the volume may read it


def is_whole(folder: Path) -> bool:
    """Whether every party has a certificate of one authority with its key, and none has ended."""
    try:
        authorities = {_fitting_authority(folder / party.folder) for party in PARTIES}
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    return len(authorities) == 1


def _fitting_authority(place: Path) -> x509.Certificate:
    """Return by whom a place's certificate is signed; raises ValueError or InvalidSignature where something lacks."""
    authority = x509.load_pem_x509_certificate((place / AUTHORITY).read_bytes())
    certificate = x509.load_pem_x509_certificate((place / CERTIFICATE).read_bytes())
    certificate.verify_directly_issued_by(authority)
    key = load_pem_private_key((place / KEY).read_bytes(), password=None)
    if key.public_key() != certificate.public_key():
        raise ValueError(f"{place / KEY} is of another certificate")
    if certificate.not_valid_after_utc <= clock.of_this_machine():
        raise ValueError(f"{place / CERTIFICATE} has ended")
    return authority


def _authority(key: EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("makewhole, for its Temporal")
    builder = _begun(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True).sign(key, SHA256())


def _signed(
    party: Party, key: EllipticCurvePrivateKey, authority: x509.Certificate, above: EllipticCurvePrivateKey
) -> x509.Certificate:
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    names = x509.SubjectAlternativeName([x509.DNSName(party.name)])
    builder = _begun(_name(party.name), authority.subject, key)
    for extension in (x509.ExtendedKeyUsage(party.purposes), names, issuer):
        builder = builder.add_extension(extension, critical=False)
    return builder.add_extension(_usage("digital_signature"), critical=True).sign(above, SHA256())


def _begun(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = clock.of_this_machine()
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + _LIFETIME)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{each: each in allowed for each in _USES})


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def main(arguments: Sequence[str]) -> int:
    """Make what lacks, and say what was done."""
    places = [Path(each) for each in arguments if each != "--anew"]
    if len(places) != 1:
        print("usage: python -m temporal_client.certificates FOLDER [--anew]", file=sys.stderr)
        return 2
    if "--anew" not in arguments and is_whole(places[0]):
        print(f"{places[0]} has all that Temporal and its clients need")
        return 0
    make(places[0])
    print(f"{places[0]} has certificates of a new authority: start Temporal and its clients anew")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
