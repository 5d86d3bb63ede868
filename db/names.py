"""What people call the things that have ids in the books: goods, coupons, campaigns."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import campaigns, coupons, orders
from domain.explain.explanations import Named


async def of_things(
    connection: AsyncConnection, merchant_id: str, order_id: str, wanted: Iterable[tuple[Named, str]]
) -> dict[tuple[Named, str], str]:
    """Return the names of those that have one; lines are those of one order."""
    ids: dict[Named, set[str]] = {}
    for kind, id_ in wanted:
        ids.setdefault(kind, set()).add(id_)
    known: dict[tuple[Named, str], str] = {}
    if Named.LINE in ids:
        snapshot = select(orders.c.snapshot).where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)
        sold = (await connection.execute(snapshot)).scalar_one()["lines"]
        known |= {(Named.LINE, line["line_id"]): line.get("name", "") for line in sold}
    if named := ids.get(Named.COUPON):
        query = select(coupons.c.coupon_id, coupons.c.name).where(coupons.c.merchant_id == merchant_id)
        found = await connection.execute(query.where(coupons.c.coupon_id.in_(named)))
        known |= {(Named.COUPON, row.coupon_id): row.name for row in found}
    if named := ids.get(Named.CAMPAIGN):
        terms = select(campaigns.c.campaign_id, campaigns.c.terms["name"].astext.label("name"))
        query = terms.where(campaigns.c.merchant_id == merchant_id, campaigns.c.campaign_id.in_(named))
        known |= {(Named.CAMPAIGN, row.campaign_id): row.name for row in await connection.execute(query)}
    return {thing: name for thing, name in known.items() if name}
