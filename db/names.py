"""What people call the things that have ids in the books: goods, coupons, campaigns."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Executable, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.at_once import at_once
from db.built import built_once, one_of
from db.schema import campaigns, coupons, orders
from domain.explain.explanations import Named


async def of_things(
    connection: AsyncConnection, merchant_id: str, order_id: str, wanted: Iterable[tuple[Named, str]]
) -> dict[tuple[Named, str], str]:
    """Return the names of those that have one; lines are those of one order."""
    ids: dict[Named, set[str]] = {}
    for kind, id_ in wanted:
        ids.setdefault(kind, set()).add(id_)
    async with at_once(connection) as reads:
        has_names = ((_NAMES[kind], named) for kind, named in ids.items() if kind in _NAMES)
        found = [reads.begin(names_of, merchant_id, order_id, named) for names_of, named in has_names]
    known = {thing: name for each in found for thing, name in each.result().items()}
    return {thing: name for thing, name in known.items() if name}


Known = dict[tuple[Named, str], str]


async def _of_lines(connection: AsyncConnection, merchant_id: str, order_id: str, _: set[str]) -> Known:
    sold = (await _snapshot(merchant_id=merchant_id, order_id=order_id).on(connection)).scalar_one()["lines"]
    return {(Named.LINE, line["line_id"]): line.get("name", "") for line in sold}


@built_once
def _snapshot(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    return select(orders.c.snapshot).where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)


async def _of_coupons(connection: AsyncConnection, merchant_id: str, _: str, named: set[str]) -> Known:
    found = await _coupons(merchant_id=merchant_id, named=named).on(connection)
    return {(Named.COUPON, row.coupon_id): row.name for row in found}


@built_once
def _coupons(*, merchant_id: Any, named: Any) -> Executable:
    query = select(coupons.c.coupon_id, coupons.c.name).where(coupons.c.merchant_id == merchant_id)
    return query.where(one_of(coupons.c.coupon_id, named))


async def _of_campaigns(connection: AsyncConnection, merchant_id: str, _: str, named: set[str]) -> Known:
    found = await _campaigns(merchant_id=merchant_id, named=named).on(connection)
    return {(Named.CAMPAIGN, row.campaign_id): row.name for row in found}


@built_once
def _campaigns(*, merchant_id: Any, named: Any) -> Executable:
    query = select(campaigns.c.campaign_id, campaigns.c.terms["name"].astext.label("name"))
    return query.where(campaigns.c.merchant_id == merchant_id, one_of(campaigns.c.campaign_id, named))


_NAMES = {Named.LINE: _of_lines, Named.COUPON: _of_coupons, Named.CAMPAIGN: _of_campaigns}
