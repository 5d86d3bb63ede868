"""A device that makes and uses passkeys, written from WebAuthn, level 3: it shares no code with what checks it."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tools.client import Json

USER_PRESENT, USER_VERIFIED, CAN_BE_SYNCED, IS_SYNCED, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def told(octets: bytes) -> str:
    """As JSON has it: base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def meant(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Kept:
    """A passkey with its private half."""

    credential_id: bytes
    user_handle: bytes
    rp_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)


@dataclass(slots=True)
class Device:
    """`flags` is what it says of its user; `count` how often it has signed, None for one that does not count."""

    origin: str
    flags: int = USER_PRESENT | USER_VERIFIED
    count: int | None = None
    passkeys: list[Kept] = field(default_factory=list)

    def make(self, options: Json) -> Json:
        """Answer `navigator.credentials.create`."""
        kept = Kept(
            secrets.token_bytes(32),
            meant(options["user"]["id"]),
            options["rp"]["id"],
            ec.generate_private_key(ec.SECP256R1()),
        )
        self.passkeys.append(kept)
        point = kept.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        named = bytes(16) + len(kept.credential_id).to_bytes(2) + kept.credential_id + cbor2.dumps(cose)
        data = self._data(kept, HAS_KEY) + named
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": told(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": told(cbor2.dumps(made)),
        }
        return self._credential(kept, response)

    def use(self, options: Json, kept: Kept | None = None) -> Json:
        """Answer `navigator.credentials.get` with a passkey, the newest unless another is named."""
        kept = kept or self.passkeys[-1]
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data(kept)
        signature = kept.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": told(client_data),
            "authenticatorData": told(data),
            "signature": told(signature),
            "userHandle": told(kept.user_handle),
        }
        return self._credential(kept, response)

    def twin(self) -> "Device":
        """A copy of the device, as whoever has taken the keys out of it would have."""
        return replace(self, passkeys=list(self.passkeys))

    def _data(self, kept: Kept, flags: int = 0) -> bytes:
        if self.count is not None:
            self.count += 1
        return (
            hashlib.sha256(kept.rp_id.encode()).digest() + bytes([self.flags | flags]) + (self.count or 0).to_bytes(4)
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    @staticmethod
    def _credential(kept: Kept, response: Json) -> Json:
        name = told(kept.credential_id)
        return {
            **{"id": name, "rawId": name, "type": "public-key", "response": response},
            **{"authenticatorAttachment": "platform", "clientExtensionResults": {}},
        }
