"""Merchants' accounts at gateways, each under the name that payments give; their secrets are sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.built import built_once, one_of
from db.codec import from_json, to_json
from db.schema import gateway_accounts
from domain.payout.limits import NO_LIMITS, RefundLimits


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """`sealed` is what `service/gateway_accounts.py` has sealed; `token` is in the address of its callbacks.

    `limits` are those of the merchant's contract, whose numbers stand in place of what the provider says of everybody.
    `updated_at` is when it was told last; None where it is not stored yet.
    """

    merchant_id: str
    gateway_id: str
    adapter: str
    account: str
    base_address: str
    key_id: str
    nonce: bytes
    sealed: bytes
    token: str
    limits: RefundLimits = NO_LIMITS
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is known of an account without its secrets."""

    adapter: str
    limits: RefundLimits


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's gateways."""
    await locks.hold(connection, "gateways", merchant_id)


async def find(connection: AsyncConnection, merchant_id: str, gateway_id: str) -> GatewayAccount | None:
    row = (await _found(merchant_id=merchant_id, gateway_id=gateway_id).on(connection)).one_or_none()
    return None if row is None else _read(row)


@built_once
def _found(*, merchant_id: Any, gateway_id: Any) -> Select[Any]:
    is_it = (gateway_accounts.c.merchant_id == merchant_id) & (gateway_accounts.c.gateway_id == gateway_id)
    return select(*_columns()).where(is_it)


async def by_token(connection: AsyncConnection, token: str) -> GatewayAccount | None:
    row = (await connection.execute(select(*_columns()).where(gateway_accounts.c.token == token))).one_or_none()
    return None if row is None else _read(row)


async def names(connection: AsyncConnection, merchant_id: str) -> list[str]:
    """Name a merchant's gateways, in order."""
    return [row.gateway_id for row in await _names(merchant_id=merchant_id).on(connection)]


@built_once
def _names(*, merchant_id: Any) -> Select[Any]:
    of_merchant = select(gateway_accounts.c.gateway_id).where(gateway_accounts.c.merchant_id == merchant_id)
    return of_merchant.order_by(gateway_accounts.c.gateway_id)


async def known_of(
    connection: AsyncConnection, merchant_id: str, gateway_ids: Sequence[str]
) -> dict[str, KnownAccount]:
    """Say by which adapter each of these accounts of a merchant goes, and what their contract allows."""
    found = await _known_of(merchant_id=merchant_id, gateway_ids=gateway_ids).on(connection)
    return {row.gateway_id: KnownAccount(row.adapter, _limits(row.limits)) for row in found}


@built_once
def _known_of(*, merchant_id: Any, gateway_ids: Any) -> Select[Any]:
    table = gateway_accounts
    is_one = (table.c.merchant_id == merchant_id) & one_of(table.c.gateway_id, gateway_ids)
    return select(table.c.gateway_id, table.c.adapter, table.c.limits).where(is_one)


async def of_adapters(
    connection: AsyncConnection, adapters: Sequence[str], after: tuple[str, str], limit: int
) -> list[tuple[str, str]]:
    """List accounts of all merchants that go by one of these adapters: the merchant, and its name of the account."""
    table = gateway_accounts
    place = table.c.merchant_id, table.c.gateway_id
    query = select(*place).where(one_of(table.c.adapter, adapters), tuple_(*place) > tuple_(*after))
    rows = await connection.execute(query.order_by(*place).limit(limit))
    return [(row.merchant_id, row.gateway_id) for row in rows]


async def put(connection: AsyncConnection, account: GatewayAccount) -> GatewayAccount:
    """Store an account, or what it has become; return it with the time."""
    row = {**asdict(account), "limits": to_json(account.limits) if account.limits else None}
    names = ("adapter", "account", "base_address", "key_id", "nonce", "sealed", "limits")
    changed = {name: row[name] for name in names}
    statement = insert(gateway_accounts).values({**row, "updated_at": func.now()})
    statement = statement.on_conflict_do_update(
        index_elements=["merchant_id", "gateway_id"], set_={**changed, "updated_at": func.now()}
    )
    at = (await connection.execute(statement.returning(gateway_accounts.c.updated_at))).scalar_one()
    return replace(account, updated_at=at)


def _read(row: Any) -> GatewayAccount:
    account = GatewayAccount(*row)
    return replace(account, limits=_limits(row.limits))


def _limits(stored: Any) -> RefundLimits:
    return NO_LIMITS if stored is None else from_json(RefundLimits, stored)


def _columns() -> list[Any]:
    return [gateway_accounts.c[name] for name in GatewayAccount.__slots__]
