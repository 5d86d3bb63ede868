"""Where a merchant's systems are told what happens, and the secrets that are signed with; these are sealed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, delete, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import INTERVAL, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.schema import webhook_deliveries, webhook_endpoints, webhook_secrets
from db.webhook_events import PENDING, DeliveryStatus


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`event_types` are all where there is none. `disabled_because` is None where its owner did it, or nobody has."""

    merchant_id: str
    endpoint_id: str
    url: str
    event_types: tuple[str, ...]
    is_enabled: bool
    disabled_because: str | None
    failures: int
    failing_since: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """Signs until it ends; `ends_at` is None of the newest."""

    merchant_id: str
    endpoint_id: str
    secret_id: str
    key_id: str
    nonce: bytes
    sealed: bytes
    created_at: datetime
    ends_at: datetime | None


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's endpoints."""
    await locks.hold(connection, "webhook_endpoints", merchant_id)


async def of_merchant(connection: AsyncConnection, merchant_id: str) -> list[Endpoint]:
    query = select(*_ENDPOINT).where(webhook_endpoints.c.merchant_id == merchant_id)
    return [_endpoint(row) for row in await connection.execute(query.order_by(webhook_endpoints.c.endpoint_id))]


async def find(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> Endpoint | None:
    row = (await connection.execute(select(*_ENDPOINT).where(_is(merchant_id, endpoint_id)))).one_or_none()
    return None if row is None else _endpoint(row)


_ENDPOINT = [webhook_endpoints.c[name] for name in Endpoint.__slots__]


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(**{**row._mapping, "event_types": tuple(row.event_types)})


def _is(merchant_id: str, endpoint_id: str) -> ColumnElement[bool]:
    return (webhook_endpoints.c.merchant_id == merchant_id) & (webhook_endpoints.c.endpoint_id == endpoint_id)


async def put(
    connection: AsyncConnection,
    merchant_id: str,
    endpoint_id: str,
    *,
    url: str,
    event_types: list[str],
    is_enabled: bool,
) -> None:
    """Store an endpoint, or what it has become: it is tried at once, whatever was wrong with it before."""
    told = {"url": url, "event_types": event_types, "is_enabled": is_enabled, "updated_at": func.now()}
    afresh = {"disabled_because": null(), "failures": 0, "failing_since": null(), "rests_until": null()}
    row = {"merchant_id": merchant_id, "endpoint_id": endpoint_id, **told}
    made = insert(webhook_endpoints).values(row)
    await connection.execute(
        made.on_conflict_do_update(index_elements=["merchant_id", "endpoint_id"], set_={**told, **afresh})
    )
    if is_enabled:
        await connection.execute(_waiting(merchant_id, endpoint_id).values(next_at=func.now()))
    else:
        await give_up_all(connection, merchant_id, endpoint_id)


async def remove(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> None:
    """Forget an endpoint and its secrets; what it was told stays in the log."""
    await connection.execute(delete(webhook_endpoints).where(_is(merchant_id, endpoint_id)))
    await give_up_all(connection, merchant_id, endpoint_id)


async def disable(connection: AsyncConnection, merchant_id: str, endpoint_id: str, because: str) -> bool:
    """Disable an endpoint that its owner has not; tell whether it was enabled."""
    was_enabled = _is(merchant_id, endpoint_id) & webhook_endpoints.c.is_enabled
    changed = update(webhook_endpoints).where(was_enabled)
    changed = changed.values(is_enabled=False, disabled_because=because, updated_at=func.now())
    if not (await connection.execute(changed)).rowcount:
        return False
    await give_up_all(connection, merchant_id, endpoint_id)
    return True


async def give_up_stranded(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> None:
    """Give up what waits for an endpoint that is not there, or not enabled; the merchant's endpoints are held."""
    known = await find(connection, merchant_id, endpoint_id)
    if known is None or not known.is_enabled:
        await give_up_all(connection, merchant_id, endpoint_id)


async def give_up_all(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> None:
    await connection.execute(_waiting(merchant_id, endpoint_id).values(status=DeliveryStatus.FAILED))


def _waiting(merchant_id: str, endpoint_id: str) -> Update:
    of_endpoint = webhook_deliveries.c.merchant_id == merchant_id, webhook_deliveries.c.endpoint_id == endpoint_id
    return update(webhook_deliveries).where(*of_endpoint, webhook_deliveries.c.status == PENDING)


async def add_secret(connection: AsyncConnection, secret: SealedSecret, overlap: timedelta) -> None:
    """Add a secret; those of before sign for so long beside it, unless they end sooner."""
    at_last = func.now() + literal(overlap, INTERVAL)
    of_endpoint = _of_endpoint(secret.merchant_id, secret.endpoint_id)
    ends_at = func.least(func.coalesce(webhook_secrets.c.ends_at, at_last), at_last)
    await connection.execute(update(webhook_secrets).where(of_endpoint).values(ends_at=ends_at))
    columns = {name: getattr(secret, name) for name in _SECRET_TOLD}
    await connection.execute(insert(webhook_secrets).values(columns))
    await connection.execute(delete(webhook_secrets).where(of_endpoint, webhook_secrets.c.ends_at <= func.now()))


_SECRET_TOLD = ("merchant_id", "endpoint_id", "secret_id", "key_id", "nonce", "sealed")


async def secrets_of(connection: AsyncConnection, merchant_id: str, endpoint_id: str) -> list[SealedSecret]:
    """List the secrets that sign now, the newest first."""
    signs = or_(webhook_secrets.c.ends_at.is_(None), webhook_secrets.c.ends_at > func.now())
    query = select(*(webhook_secrets.c[name] for name in SealedSecret.__slots__))
    query = query.where(_of_endpoint(merchant_id, endpoint_id), signs)
    newest_first = query.order_by(webhook_secrets.c.ends_at.desc().nulls_first(), webhook_secrets.c.created_at.desc())
    return [SealedSecret(*row) for row in await connection.execute(newest_first)]


def _of_endpoint(merchant_id: str, endpoint_id: str) -> ColumnElement[bool]:
    return (webhook_secrets.c.merchant_id == merchant_id) & (webhook_secrets.c.endpoint_id == endpoint_id)
