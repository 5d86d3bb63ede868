"""Secrets that webhooks to merchants are signed with: made here, shown once, sealed when they are stored."""

import base64
import os
import secrets as dice
from dataclasses import dataclass

from db.webhook_endpoints import SealedSecret
from domain import clock
from domain.payout.keys import joined
from service.vault import Sealed, Vault

_BYTES = 32


@dataclass(frozen=True, slots=True)
class MadeSecret:
    """A secret, in the clear for whom it is shown to, and sealed for the database."""

    plain: str
    sealed: SealedSecret


def make(vault: Vault, merchant_id: str, endpoint_id: str) -> MadeSecret:
    plain = "whsec_" + base64.b64encode(os.urandom(_BYTES)).decode()
    secret_id = f"sec_{dice.token_hex(8)}"
    made = vault.seal(plain.encode(), _bound_to(merchant_id, endpoint_id, secret_id))
    now = clock.of_this_machine()
    kept = SealedSecret(
        merchant_id, endpoint_id, secret_id, made.key_id, made.nonce, made.text, created_at=now, ends_at=None
    )
    return MadeSecret(plain, kept)


def opened(vault: Vault, secret: SealedSecret) -> str:
    """Read a secret; raises NotOpened."""
    bound_to = _bound_to(secret.merchant_id, secret.endpoint_id, secret.secret_id)
    return vault.open(Sealed(secret.key_id, secret.nonce, secret.sealed), bound_to).decode()


def _bound_to(merchant_id: str, endpoint_id: str, secret_id: str) -> str:
    return joined("webhook_secret", merchant_id, endpoint_id, secret_id)
