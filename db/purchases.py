"""Paid orders as campaigns and tiers see them: what was paid for goods, and what settled refunds took off that."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Result, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import weights
from db.at_once import at_once
from db.built import built_once
from db.schema import campaigns, orders, refund_claims, refunds
from domain.campaigns.campaigns import GoodsRefund, Purchase
from domain.claims.claims import ClaimState
from domain.money.amounts import Money

_FINAL = (ClaimState.SETTLED, ClaimState.PAID)
_AS_A_PURCHASE = ("order_id", "paid_at", "currency", "goods_paid", "goods_units", "campaign_ids")


async def of_customer(
    connection: AsyncConnection, merchant_id: str, customer_id: str, *, since: datetime | None = None
) -> tuple[Purchase, ...]:
    """List a customer's paid orders, those paid since then, the oldest first. They may be many."""
    whose = {"merchant_id": merchant_id, "customer_id": customer_id}
    await weights.refuse_many(connection, orders, each_of=_held_against, since=(orders.c.paid_at, since), **whose)
    return await _read(connection, whose, **({} if since is None else {"since": since}))


def _held_against(whose: Mapping[str, Any]) -> Select[Any]:
    return select(func.count()).select_from(campaigns).where(campaigns.c.merchant_id == whose["merchant_id"])


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[Purchase, ...]:
    """Read one order; nothing where it is not paid."""
    return await _read(connection, {"merchant_id": merchant_id, "order_id": order_id})


async def newest_currency(connection: AsyncConnection, merchant_id: str, customer_id: str) -> str | None:
    """Name the currency of the order that a customer paid last; None where they have paid none."""
    query = (
        select(orders.c.currency)
        .where(orders.c.merchant_id == merchant_id, orders.c.customer_id == customer_id, orders.c.sale.is_not(None))
        .order_by(orders.c.paid_at.desc(), orders.c.order_id.desc())
    )
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def _read(connection: AsyncConnection, whose: dict[str, str], **paid: datetime) -> tuple[Purchase, ...]:
    """`whose` names the merchant, and the order or the customer."""
    async with at_once(connection) as reads:
        refunding = reads.begin(_refunded(**whose).on)
        buying = reads.begin(_bought(**whose, **paid).on)
    refunded = _by_order(refunding.result())
    return tuple(_purchase(row, refunded[row.order_id]) for row in buying.result())


@built_once
def _bought(*, since: Any = None, **whose: Any) -> Select[Any]:
    are_theirs = [orders.c[name] == value for name, value in whose.items()]
    bought = select(*orders.c[_AS_A_PURCHASE]).where(*are_theirs, orders.c.sale.is_not(None))
    if since is not None:
        bought = bought.where(orders.c.paid_at >= since)
    return bought.order_by(orders.c.paid_at, orders.c.order_id)


def _purchase(row: Any, refunded: Sequence[tuple[datetime, int, int]]) -> Purchase:
    return Purchase(
        order_id=row.order_id,
        paid_at=row.paid_at,
        goods_paid=Money(row.currency, row.goods_paid),
        refunds=tuple(GoodsRefund(at, Money(row.currency, amount)) for at, amount, _ in refunded),
        is_returned=0 < row.goods_units <= sum(units for _, _, units in refunded),
        campaign_ids=tuple(row.campaign_ids or ()),
    )


@built_once
def _refunded(**whose: Any) -> Select[Any]:
    """What each settled refund took off the goods of its order: when, how much, and how many units, gifts aside."""
    known = refund_claims if "order_id" in whose else refunds
    amount = func.sum(refund_claims.c.amount)
    units = func.coalesce(func.sum(refund_claims.c.unit_count).filter(~refund_claims.c.is_gift), 0)
    return (
        select(refund_claims.c.order_id, refunds.c.settled_at, amount.label("amount"), units.label("units"))
        .select_from(refund_claims.join(refunds, refunds.c.refund_id == refund_claims.c.refund_id))
        .where(*(known.c[name] == value for name, value in whose.items()), refund_claims.c.state.in_(_FINAL))
        .group_by(refund_claims.c.order_id, refunds.c.refund_id, refunds.c.settled_at)
        .order_by(refunds.c.settled_at, refunds.c.refund_id)
    )


def _by_order(refunded: Result[Any]) -> dict[str, list[tuple[datetime, int, int]]]:
    by_order: dict[str, list[tuple[datetime, int, int]]] = defaultdict(list)
    for row in refunded:
        by_order[row.order_id].append((row.settled_at, int(row.amount), int(row.units)))
    return by_order
