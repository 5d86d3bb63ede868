"""Points: the ledger says how many a customer has, lots say until when each is good."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.at_once import at_once
from db.ledger import POINTS, Account, EntryCause, balance, post, transfer
from db.schema import points_lots, points_spends
from domain import clock
from domain.entitlements.points import RestoredLot, SpentLot
from domain.payout.keys import joined
from domain.sale.orders import Order


async def balance_of(connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime) -> int:
    """Return a customer's balance in whole points, less lots that have expired; it may be negative."""
    expired = select(func.coalesce(func.sum(points_lots.c.remaining), 0)).where(
        points_lots.c.merchant_id == merchant_id,
        points_lots.c.customer_id == customer_id,
        points_lots.c.expires_at < now,
    )
    async with at_once(connection) as reads:
        booked = reads.begin(balance, merchant_id, Account.POINTS, customer_id, POINTS)
        ran_out = reads.select(expired)
    return booked.result() - int(ran_out.result().scalar_one())


async def adjust(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    points: int,
    cause: EntryCause,
    expires_at: datetime | None = None,
) -> None:
    """Add points as a new lot, or take them from the lots that expire first."""
    await expire(connection, merchant_id, customer_id, clock.now())
    lines = transfer((Account.PROMOTIONS, merchant_id), (Account.POINTS, customer_id), POINTS, points)
    if not await post(connection, merchant_id, cause, lines):
        return
    if points > 0:
        await _add_lot(connection, merchant_id, customer_id, points, expires_at)
    await level_lots(connection, merchant_id, customer_id)


async def earn(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    cause = EntryCause(joined("order", order.order_id, "points-earned"), "points earned by the order", order.order_id)
    await adjust(connection, merchant_id, order.customer_id, order.points_earned, cause)


async def spend(connection: AsyncConnection, merchant_id: str, order: Order, points: int) -> None:
    """Take what an order was paid with from the lots that expire first, and remember which they were (rule 18).

    What was still good when the order was paid could be spent, though it may have run out by now.
    """
    assert order.paid_at is not None
    await expire(connection, merchant_id, order.customer_id, order.paid_at)
    cause = EntryCause(joined("order", order.order_id, "points-spent"), "points spent on the order", order.order_id)
    lines = transfer((Account.POINTS, order.customer_id), (Account.PROMOTIONS, merchant_id), POINTS, points)
    if not await post(connection, merchant_id, cause, lines):
        return
    taken: list[tuple[int | None, int, datetime | None]] = []
    taken += await level_lots(connection, merchant_id, order.customer_id)
    in_no_lot = points - sum(lot_points for _, lot_points, _ in taken)
    if in_no_lot:
        taken.append((None, in_no_lot, None))
    for lot_id, lot_points, expires_at in taken:
        row = {"merchant_id": merchant_id, "order_id": order.order_id, "lot_id": lot_id, "points": lot_points}
        await connection.execute(insert(points_spends).values(**row, restored=0, expires_at=expires_at))


async def expire(connection: AsyncConnection, merchant_id: str, customer_id: str, moment: datetime) -> None:
    """Book the end of lots that ran out before a moment, so that nothing is spent from them any more."""
    ran_out = (points_lots.c.merchant_id == merchant_id) & (points_lots.c.customer_id == customer_id)
    ran_out &= (points_lots.c.remaining > 0) & (points_lots.c.expires_at < moment)
    for lot in (await connection.execute(select(points_lots).where(ran_out).order_by(points_lots.c.lot_id))).all():
        cause = EntryCause(joined("points-lot", lot.lot_id, "expired", lot.remaining), "points that ran out")
        pockets = (Account.POINTS, customer_id), (Account.PROMOTIONS, merchant_id)
        await post(connection, merchant_id, cause, transfer(*pockets, POINTS, lot.remaining))
        of_lot = update(points_lots).where(points_lots.c.lot_id == lot.lot_id)
        await connection.execute(of_lot.values(remaining=0))


async def spent_lots(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[SpentLot, ...]:
    """List the lots an order's points came from, the longest-lived first."""
    query = select(points_spends).where(
        points_spends.c.merchant_id == merchant_id, points_spends.c.order_id == order_id
    )
    found = await connection.execute(query.order_by(points_spends.c.expires_at.desc().nulls_first()))
    return tuple(SpentLot(row.spend_id, row.points, row.restored, row.expires_at) for row in found)


async def give_back(
    connection: AsyncConnection, merchant_id: str, customer_id: str, lots: tuple[RestoredLot, ...]
) -> None:
    """Make new lots of what is restored, and remember on the spends how much that was; `level_lots` follows."""
    for lot in lots:
        await _add_lot(connection, merchant_id, customer_id, lot.points, lot.expires_at)
        await connection.execute(
            update(points_spends)
            .where(points_spends.c.spend_id == lot.lot_id)
            .values(restored=points_spends.c.restored + lot.points)
        )


async def take_back(connection: AsyncConnection, merchant_id: str, order_id: str, restored: int) -> None:
    """Forget that an order's spent points were given back, the last of them first; `level_lots` takes the lots."""
    query = select(points_spends).where(
        points_spends.c.merchant_id == merchant_id, points_spends.c.order_id == order_id, points_spends.c.restored > 0
    )
    for spend in (await connection.execute(query.order_by(points_spends.c.expires_at.asc().nulls_last()))).all():
        here = min(spend.restored, restored)
        restored -= here
        of_spend = update(points_spends).where(points_spends.c.spend_id == spend.spend_id)
        await connection.execute(of_spend.values(restored=spend.restored - here))


async def level_lots(
    connection: AsyncConnection, merchant_id: str, customer_id: str
) -> list[tuple[int, int, datetime | None]]:
    """Take from the lots that expire first until they hold no more than the balance.

    Called after every booking, so that lots always sum to the balance, or to nothing where it is negative.
    Returns what was taken: lot, points, expiry.
    """
    lots = await connection.execute(
        select(points_lots)
        .where(points_lots.c.merchant_id == merchant_id, points_lots.c.customer_id == customer_id)
        .where(points_lots.c.remaining > 0)
        .order_by(points_lots.c.expires_at.asc().nulls_last(), points_lots.c.lot_id)
    )
    left = lots.all()
    booked = await balance(connection, merchant_id, Account.POINTS, customer_id, POINTS)
    excess = sum(lot.remaining for lot in left) - max(booked, 0)
    taken: list[tuple[int, int, datetime | None]] = []
    for lot in left:
        here = min(lot.remaining, excess)
        if here > 0:
            excess -= here
            taken.append((lot.lot_id, here, lot.expires_at))
            of_lot = update(points_lots).where(points_lots.c.lot_id == lot.lot_id)
            await connection.execute(of_lot.values(remaining=lot.remaining - here))
    return taken


async def lots_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> dict[int, int]:
    """Return what is left in each lot of a customer's, by its number."""
    query = select(points_lots.c.lot_id, points_lots.c.remaining).where(
        points_lots.c.merchant_id == merchant_id, points_lots.c.customer_id == customer_id
    )
    return {row.lot_id: row.remaining for row in await connection.execute(query)}


async def move_back(connection: AsyncConnection, moved: Mapping[int, int]) -> None:
    """Move in each lot what a booking `moved`, the other way, as far as it is there; `settle_lots` follows."""
    for lot_id, change in moved.items():
        left = func.least(func.greatest(points_lots.c.remaining - change, 0), points_lots.c.points)
        await connection.execute(update(points_lots).where(points_lots.c.lot_id == lot_id).values(remaining=left))


async def settle_lots(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Make the lots come to the balance after a reversal: take what is too much, add what is missing without an end."""
    await level_lots(connection, merchant_id, customer_id)
    held = select(func.coalesce(func.sum(points_lots.c.remaining), 0)).where(
        points_lots.c.merchant_id == merchant_id, points_lots.c.customer_id == customer_id
    )
    booked = await balance(connection, merchant_id, Account.POINTS, customer_id, POINTS)
    missing = booked - int((await connection.execute(held)).scalar_one())
    if missing > 0:
        await _add_lot(connection, merchant_id, customer_id, missing, None)


async def _add_lot(
    connection: AsyncConnection, merchant_id: str, customer_id: str, points: int, expires_at: datetime | None
) -> None:
    row = {"merchant_id": merchant_id, "customer_id": customer_id, "points": points, "remaining": points}
    await connection.execute(insert(points_lots).values(**row, expires_at=expires_at))
