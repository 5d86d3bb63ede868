"""Other systems of merchants in which entitlements live: sealed when they are told, opened for whoever asks them."""

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from db import entitlement_systems
from db.engine import snapshots
from db.entitlement_systems import StoredSystem
from domain.payout.keys import joined
from gateways.entitlements.registry import SYSTEMS, System
from gateways.posting import Poster
from service.gateway_accounts import NotConfigured
from service.vault import Sealed, Vault


def sealed(vault: Vault, system: StoredSystem, secrets: Sequence[str]) -> StoredSystem:
    """Return the system with these secrets, which nobody can read who has the database alone."""
    made = vault.seal(json.dumps(list(secrets)).encode(), _bound_to(system))
    return replace(system, key_id=made.key_id, nonce=made.nonce, sealed=made.text)


def opened(vault: Vault, system: StoredSystem) -> tuple[str, ...]:
    """Read the secrets of a system, the newest first; raises NotOpened."""
    plain = vault.open(Sealed(system.key_id, system.nonce, system.sealed), _bound_to(system))
    return tuple(json.loads(plain))


def _bound_to(system: StoredSystem) -> str:
    return joined("entitlement_system", system.merchant_id, system.system_id)


class EntitlementSystems:
    """The systems of all merchants, each opened by its name."""

    def __init__(self, engine: AsyncEngine, vault: Vault | None, poster: Poster) -> None:
        self._engine = engine
        self._vault = vault
        self._poster = poster

    async def opened(self, merchant_id: str, system_id: str) -> System:
        """Open a merchant's system. Raises NotConfigured, or NotOpened."""
        async with snapshots(self._engine).connect() as connection:
            system = await entitlement_systems.find(connection, merchant_id, system_id)
        if system is None:
            raise NotConfigured(f"merchant {merchant_id} has no entitlement system {system_id!r}")
        if self._vault is None:
            raise NotConfigured("MAKEWHOLE_ENCRYPTION_KEYS is not set: the secrets of other systems can't be read")
        return SYSTEMS[system.adapter].open(self._poster, system.url, opened(self._vault, system))
