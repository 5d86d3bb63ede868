"""Disputes that providers tell of and that can't be heard yet: of a payment that no order has, or in words unknown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, column, delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import stray_disputes
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus


@dataclass(frozen=True, slots=True)
class StrayDispute:
    """What a gateway of a merchant's told, as it told it, and why it could not be heard.

    `stands` is the provider's word for `status`, which is None where that means nothing to us.
    """

    merchant_id: str
    gateway: str
    dispute_id: str
    stands: str
    status: DisputeStatus | None
    charge_refs: tuple[str, ...]
    amount: Money | None
    at: datetime
    why: str


async def keep(connection: AsyncConnection, stray: StrayDispute) -> None:
    """Keep it, once for each word of a dispute; why it could not be heard last is what is kept."""
    amount = stray.amount
    row = {
        "merchant_id": stray.merchant_id,
        "gateway": stray.gateway,
        "dispute_id": stray.dispute_id,
        "stands": stray.stands,
        "status": stray.status,
        "charge_refs": list(stray.charge_refs),
        "amount": amount.minor_units if amount else None,
        "currency": amount.currency if amount else None,
        "at": stray.at,
        "why": stray.why,
    }
    kept = insert(stray_disputes).values(row)
    await connection.execute(kept.on_conflict_do_update(index_elements=_KEY, set_={"why": stray.why}))


async def drop(connection: AsyncConnection, stray: StrayDispute) -> None:
    """Forget one that was heard after all."""
    key = (stray.merchant_id, stray.gateway, stray.dispute_id, stray.stands)
    await connection.execute(delete(stray_disputes).where(tuple_(*_columns()) == tuple_(*key)))


async def page(connection: AsyncConnection, after: list[str], *, limit: int) -> list[StrayDispute]:
    """List those that can be heard some day, of all merchants, after this one in the order of their keys."""
    query = select(stray_disputes).where(tuple_(*_columns()) > tuple_(*after), stray_disputes.c.status.is_not(None))
    found = await connection.execute(query.order_by(*_columns()).limit(limit))
    return [_read(row) for row in found]


async def of_merchant(connection: AsyncConnection, merchant_id: str) -> list[StrayDispute]:
    """List a merchant's that can be heard some day, in the order in which they were said."""
    query = select(stray_disputes).where(stray_disputes.c.merchant_id == merchant_id)
    query = query.where(stray_disputes.c.status.is_not(None)).order_by(stray_disputes.c.at).limit(_AT_MOST)
    return [_read(row) for row in await connection.execute(query)]


async def orders_of(connection: AsyncConnection, merchant_id: str, charge_refs: tuple[str, ...]) -> list[str]:
    """Name a merchant's orders that have a payment of any of these names, at whatever gateway."""
    names = literal(list(charge_refs), ARRAY(Text))
    charged = func.orders_charged_as(names).table_valued(column("merchant_id", Text), column("order_id", Text))
    query = select(charged.c.order_id).where(charged.c.merchant_id == merchant_id)
    return list((await connection.execute(query.order_by(charged.c.order_id))).scalars())


_KEY = ["merchant_id", "gateway", "dispute_id", "stands"]
_AT_MOST = 100


def key_of(stray: StrayDispute) -> list[str]:
    return [stray.merchant_id, stray.gateway, stray.dispute_id, stray.stands]


def _columns() -> list[Any]:
    return [stray_disputes.c[name] for name in _KEY]


def _read(row: Any) -> StrayDispute:
    return StrayDispute(
        row.merchant_id,
        row.gateway,
        row.dispute_id,
        row.stands,
        None if row.status is None else DisputeStatus(row.status),
        tuple(row.charge_refs),
        None if row.amount is None else Money(row.currency, row.amount),
        row.at,
        row.why,
    )
