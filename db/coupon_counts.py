"""How many uses of a shop-wide coupon are taken, counted in parts: orders at once do not wait for one row.

Each part has its share of `max_uses`. An order takes from a part that nobody else holds, and waits for others only
where no such part has any left: then what they do decides. What a refund gives back stays taken, for its customer.
"""

from typing import Any

from sqlalchemy import Delete, Select, Update, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import inserted
from db.built import built_once
from db.schema import coupon_counts, coupon_uses
from domain.entitlements.coupon_limits import in_parts

PARTS = 16
"""So many orders of one coupon can be booked at once."""


async def take(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> bool:
    """Take one new use; tell whether one was left. Waits for those who may be taking the last ones."""
    of_coupon = {"merchant_id": merchant_id, "coupon_id": coupon_id}
    for waits in (False, True):
        if (await _taken(waits, **of_coupon).on(connection)).one_or_none() is not None:
            return True
    return False


@built_once
def _taken(waits: bool, *, merchant_id: Any, coupon_id: Any) -> Update:
    has_left = coupon_counts.c.most.is_(None) | (coupon_counts.c.taken < coupon_counts.c.most)
    part = select(coupon_counts.c.part).where(_is(merchant_id, coupon_id), has_left).limit(1)
    part = part.order_by(coupon_counts.c.part if waits else func.random()).with_for_update(skip_locked=not waits)
    of_part = _is(merchant_id, coupon_id) & (coupon_counts.c.part == part.scalar_subquery())
    return update(coupon_counts).where(of_part).values(taken=coupon_counts.c.taken + 1).returning(coupon_counts.c.part)


async def take_anyway(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """Take one use, also where none is left: of what is so already, nothing can be refused."""
    if not await take(connection, merchant_id, coupon_id):
        await _add(connection, merchant_id, coupon_id, 1)


async def put_back(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """Take back one use that was taken anyway."""
    await _add(connection, merchant_id, coupon_id, -1)


async def _add(connection: AsyncConnection, merchant_id: str, coupon_id: str, uses: int) -> None:
    first = _is(merchant_id, coupon_id) & (coupon_counts.c.part == 0)
    await connection.execute(update(coupon_counts).where(first).values(taken=coupon_counts.c.taken + uses))


async def share_out(connection: AsyncConnection, merchant_id: str, coupon_id: str, max_uses: int | None) -> None:
    """Give each part its share of so many uses and of what is taken; no order takes any meanwhile (`db/locks.py`)."""
    of_coupon = {"merchant_id": merchant_id, "coupon_id": coupon_id}
    counted = (await _counted(**of_coupon).on(connection)).scalar_one()
    if counted is None:
        counted = (await _used_so_far(**of_coupon).on(connection)).scalar_one()
    await _forgotten(**of_coupon).on(connection)
    most: tuple[int | None, ...] = (None,) * PARTS if max_uses is None else in_parts(max_uses, PARTS)
    shares = zip(in_parts(int(counted), PARTS), most, strict=True)
    rows = [{**of_coupon, "part": part, "taken": has, "most": at_most} for part, (has, at_most) in enumerate(shares)]
    await inserted(coupon_counts, rows).on(connection)


@built_once
def _counted(*, merchant_id: Any, coupon_id: Any) -> Select[Any]:
    return select(func.sum(coupon_counts.c.taken)).where(_is(merchant_id, coupon_id))


@built_once
def _used_so_far(*, merchant_id: Any, coupon_id: Any) -> Select[Any]:
    """Orders may name a coupon before it is known: their uses are counted once, when it is."""
    of_coupon = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    return select(func.count()).where(of_coupon, coupon_uses.c.used_again_by.is_(None))


@built_once
def _forgotten(*, merchant_id: Any, coupon_id: Any) -> Delete:
    return delete(coupon_counts).where(_is(merchant_id, coupon_id))


def _is(merchant_id: Any, coupon_id: Any) -> Any:
    return (coupon_counts.c.merchant_id == merchant_id) & (coupon_counts.c.coupon_id == coupon_id)
