"""Other systems of merchants in which entitlements live, each under a name of its merchant's; secrets are sealed."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.schema import entitlement_systems


@dataclass(frozen=True, slots=True)
class StoredSystem:
    """`sealed` is what `service/entitlement_systems.py` has sealed; `updated_at` is None where it is not stored yet."""

    merchant_id: str
    system_id: str
    url: str
    adapter: str
    key_id: str
    nonce: bytes
    sealed: bytes
    updated_at: datetime | None = None


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's systems."""
    await locks.hold(connection, "entitlement_systems", merchant_id)


async def find(connection: AsyncConnection, merchant_id: str, system_id: str) -> StoredSystem | None:
    is_it = (entitlement_systems.c.merchant_id == merchant_id) & (entitlement_systems.c.system_id == system_id)
    columns: list[Any] = [entitlement_systems.c[name] for name in StoredSystem.__slots__]
    row = (await connection.execute(select(*columns).where(is_it))).one_or_none()
    return None if row is None else StoredSystem(*row)


async def adapters(connection: AsyncConnection, merchant_id: str) -> dict[str, str]:
    """Name the adapter of each of a merchant's systems, in the order of their names."""
    query = select(entitlement_systems.c.system_id, entitlement_systems.c.adapter)
    of_merchant = query.where(entitlement_systems.c.merchant_id == merchant_id)
    found = (await connection.execute(of_merchant.order_by(entitlement_systems.c.system_id))).all()
    return {row.system_id: row.adapter for row in found}


async def put(connection: AsyncConnection, system: StoredSystem) -> StoredSystem:
    """Store a system, or what it has become; return it with the time."""
    row = {**asdict(system), "updated_at": func.now()}
    changed = {name: row[name] for name in ("url", "adapter", "key_id", "nonce", "sealed", "updated_at")}
    statement = insert(entitlement_systems).values(row)
    statement = statement.on_conflict_do_update(index_elements=["merchant_id", "system_id"], set_=changed)
    at = (await connection.execute(statement.returning(entitlement_systems.c.updated_at))).scalar_one()
    return replace(system, updated_at=at)
