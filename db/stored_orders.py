"""Orders as Postgres keeps them: as they are now, and as they were in each version before (rule 57)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import disputes, sealing, weights
from db.built import built_once
from db.codec import from_json, to_json
from db.sales import sale_from_json, sale_to_json
from db.schema import order_versions, orders
from db.schema.sealed import sealed_row
from domain.sale.disputes import Dispute
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import Sale


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """`sale` is None until the order arrives as paid; `version` counts its changes since."""

    order: Order
    sale: Sale | None
    version: int = 1
    disputes: tuple[Dispute, ...] = ()


async def find(
    connection: AsyncConnection, merchant_id: str, order_id: str, *, lock: bool = False
) -> StoredOrder | None:
    large = orders.c.snapshot, orders.c.sale
    row = await weights.one_or_none(connection, *large, lock=lock, merchant_id=merchant_id, order_id=order_id)
    if row is None:
        return None
    sealing.refuse_moved(row.snapshot, sealing.about_order(merchant_id, order_id))
    sale = sale_from_json(row.sale) if row.sale else None
    return StoredOrder(from_json(Order, row.snapshot), sale, row.version, disputes.read(row.disputes))


async def store(connection: AsyncConnection, merchant_id: str, stored: StoredOrder) -> None:
    order, sale = stored.order, stored.sale
    row = {
        "customer_id": order.customer_id,
        "currency": order.currency,
        "status": order.status,
        "paid_at": order.sold_at if sale else order.paid_at,
        "snapshot": to_json(order),
        "sale": sale_to_json(sale) if sale else None,
        "goods_paid": sale.goods_paid.minor_units if sale else None,
        "goods_units": sum(line.quantity for line in sale.counted_lines) if sale else None,
        "campaign_ids": list(order.names(DiscountSource.CAMPAIGN)),
        "version": stored.version,
    }
    sealed = sealed_row(orders, sealing.about_order(merchant_id, order.order_id), row)
    await _stored(merchant_id=merchant_id, order_id=order.order_id, **sealed).on(connection)


@built_once
def _stored(*, merchant_id: Any, order_id: Any, **row: Any) -> Insert:
    statement = insert(orders).values(merchant_id=merchant_id, order_id=order_id, **row)
    return statement.on_conflict_do_update(index_elements=["merchant_id", "order_id"], set_=row)


async def keep_version(connection: AsyncConnection, merchant_id: str, replaced: StoredOrder) -> None:
    """Keep what an order was before it changed."""
    row = {"merchant_id": merchant_id, "order_id": replaced.order.order_id, "version": replaced.version}
    row |= {"snapshot": to_json(replaced.order), "sale": sale_to_json(replaced.sale) if replaced.sale else None}
    about = sealing.about_order(merchant_id, replaced.order.order_id)
    await connection.execute(insert(order_versions).values(sealed_row(order_versions, about, row)))


async def at_version(
    connection: AsyncConnection, merchant_id: str, now: StoredOrder, version: int
) -> StoredOrder | None:
    """Read an order as it was in a version, of whoever has it now; None where there is no such version."""
    if version == now.version:
        return now
    large = order_versions.c.snapshot, order_versions.c.sale
    whose: dict[str, Any] = {"merchant_id": merchant_id, "order_id": now.order.order_id, "version": version}
    row = await weights.one_or_none(connection, *large, **whose)
    if row is None:
        return None
    sealing.refuse_moved(row.snapshot, sealing.about_order(merchant_id, now.order.order_id))
    order = replace(from_json(Order, row.snapshot), customer_id=now.order.customer_id, guest=now.order.guest)
    return StoredOrder(order, sale_from_json(row.sale), version, now.disputes)


@dataclass(frozen=True, slots=True)
class ReplacedVersion:
    """A version of an order that another has replaced; `updated_at` is what the merchant said of it."""

    version: int
    updated_at: datetime | None
    replaced_at: datetime


_MOST_VERSIONS = 100


async def earlier_versions(connection: AsyncConnection, merchant_id: str, now: StoredOrder) -> list[ReplacedVersion]:
    """List an order's versions before this one, the newest first."""
    if now.version == 1:
        return []
    of_order = (order_versions.c.merchant_id == merchant_id) & (order_versions.c.order_id == now.order.order_id)
    updated_at = order_versions.c.snapshot["updated_at"].astext.label("updated_at")
    query = select(order_versions.c.version, updated_at, order_versions.c.replaced_at).where(of_order)
    found = await connection.execute(query.order_by(order_versions.c.version.desc()).limit(_MOST_VERSIONS))
    return [
        ReplacedVersion(
            row.version, datetime.fromisoformat(row.updated_at) if row.updated_at else None, row.replaced_at
        )
        for row in found
    ]
