"""Merchants' accounts at carriers, each under a name of the merchant's; their secrets are sealed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.built import built_once
from db.schema import carrier_accounts


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """`sealed` is what `service/carrier_accounts.py` has sealed; `token` is in the address of its callbacks.

    `updated_at` is when it was told last; None where it is not stored yet.
    """

    merchant_id: str
    carrier_id: str
    adapter: str
    base_address: str
    settings: Mapping[str, Any]
    key_id: str
    nonce: bytes
    sealed: bytes
    token: str
    updated_at: datetime | None = None


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's carriers."""
    await locks.hold(connection, "carriers", merchant_id)


async def find(connection: AsyncConnection, merchant_id: str, carrier_id: str) -> CarrierAccount | None:
    is_it = (carrier_accounts.c.merchant_id == merchant_id) & (carrier_accounts.c.carrier_id == carrier_id)
    row = (await connection.execute(select(*_columns()).where(is_it))).one_or_none()
    return None if row is None else _read(row)


async def newest(connection: AsyncConnection, merchant_id: str) -> CarrierAccount | None:
    """Find the carrier that makes a merchant's labels: the one that joined last."""
    row = (await _newest(merchant_id=merchant_id).on(connection)).one_or_none()
    return None if row is None else _read(row)


@built_once
def _newest(*, merchant_id: Any) -> Select[Any]:
    of_merchant = select(*_columns()).where(carrier_accounts.c.merchant_id == merchant_id)
    return of_merchant.order_by(carrier_accounts.c.joined_at.desc(), carrier_accounts.c.carrier_id).limit(1)


async def by_token(connection: AsyncConnection, token: str) -> CarrierAccount | None:
    row = (await connection.execute(select(*_columns()).where(carrier_accounts.c.token == token))).one_or_none()
    return None if row is None else _read(row)


async def count(connection: AsyncConnection, merchant_id: str) -> int:
    counted = select(func.count()).select_from(carrier_accounts).where(carrier_accounts.c.merchant_id == merchant_id)
    return int((await connection.execute(counted)).scalar_one())


async def put(connection: AsyncConnection, account: CarrierAccount) -> CarrierAccount:
    """Store an account, or what it has become; return it with the time."""
    row = {**asdict(account), "settings": dict(account.settings)}
    changed = {name: row[name] for name in ("adapter", "base_address", "settings", "key_id", "nonce", "sealed")}
    statement = insert(carrier_accounts).values({**row, "updated_at": func.now()})
    statement = statement.on_conflict_do_update(
        index_elements=["merchant_id", "carrier_id"], set_={**changed, "updated_at": func.now()}
    )
    at = (await connection.execute(statement.returning(carrier_accounts.c.updated_at))).scalar_one()
    return replace(account, updated_at=at)


def _read(row: Any) -> CarrierAccount:
    return CarrierAccount(*row)


def _columns() -> list[Any]:
    return [carrier_accounts.c[name] for name in CarrierAccount.__slots__]
