"""Where a merchant's staff sign in: its identity providers, each with a client whose secret is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.codec import from_json, to_json
from db.schema import identity_providers
from domain.rights.staff import EntryRules

CALLBACK = "/callback"


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """`address` is where staff reach makewhole, `token` is in the address at which they sign in.

    `updated_at` is when it was told last; None where it is not stored yet.
    """

    merchant_id: str
    provider_id: str
    issuer: str
    client_id: str
    address: str
    rules: EntryRules
    key_id: str
    nonce: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    token: str
    updated_at: datetime | None = None

    @property
    def sign_in_path(self) -> str:
        return f"/v1/sign-in/{self.token}"

    @property
    def callback(self) -> str:
        """Where the provider sends people back to: each provider of each merchant to a place of its own."""
        return f"{self.address}{self.sign_in_path}{CALLBACK}"


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's identity providers."""
    await locks.hold(connection, "identity_providers", merchant_id)


async def find(connection: AsyncConnection, merchant_id: str, provider_id: str) -> IdentityProvider | None:
    table = identity_providers
    query = _every().where(table.c.merchant_id == merchant_id, table.c.provider_id == provider_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def by_token(connection: AsyncConnection, token: str) -> IdentityProvider | None:
    row = (await connection.execute(_every().where(identity_providers.c.token == token))).one_or_none()
    return None if row is None else _read(row)


async def of_merchant(connection: AsyncConnection, merchant_id: str) -> Sequence[IdentityProvider]:
    """List a merchant's identity providers by their names."""
    query = _every().where(identity_providers.c.merchant_id == merchant_id)
    return [_read(row) for row in await connection.execute(query.order_by(identity_providers.c.provider_id))]


async def put(connection: AsyncConnection, provider: IdentityProvider) -> IdentityProvider:
    """Store a provider, or what it has become; return it with the time."""
    names = ("merchant_id", "provider_id", "issuer", "client_id", "address", "key_id", "nonce", "sealed", "token")
    row = {name: getattr(provider, name) for name in names} | {"rules": to_json(provider.rules)}
    changed = {name: value for name, value in row.items() if name not in ("merchant_id", "provider_id", "token")}
    statement = insert(identity_providers).values({**row, "updated_at": func.now()})
    statement = statement.on_conflict_do_update(
        index_elements=["merchant_id", "provider_id"], set_={**changed, "updated_at": func.now()}
    )
    at = (await connection.execute(statement.returning(identity_providers.c.updated_at))).scalar_one()
    return replace(provider, updated_at=at)


async def remove(connection: AsyncConnection, merchant_id: str, provider_id: str) -> bool:
    """Forget a provider; tell whether it was there."""
    is_it = (identity_providers.c.merchant_id == merchant_id) & (identity_providers.c.provider_id == provider_id)
    return (await connection.execute(delete(identity_providers).where(is_it))).rowcount > 0


def _every() -> Any:
    return select(*(identity_providers.c[name] for name in IdentityProvider.__slots__))


def _read(row: Any) -> IdentityProvider:
    return IdentityProvider(**{**row._mapping, "rules": from_json(EntryRules, row.rules)})
