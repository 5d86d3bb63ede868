"""Points: the ledger says how many a customer has, lots say until when each is good."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Select, Update, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.at_once import at_once
from db.built import built_once
from db.ledger import POINTS, Account, EntryCause, balance, post, transfer
from db.schema import points_lots, points_spends
from domain import clock
from domain.entitlements.points import RestoredLot, SpentLot
from domain.payout.keys import joined
from domain.sale.orders import Order
from domain.sale.snapshots import SnapshotRefused


async def balance_of(connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime) -> int:
    """Return a customer's balance in whole points, less lots that have expired; it may be negative."""
    async with at_once(connection) as reads:
        booked = reads.begin(balance, merchant_id, Account.POINTS, customer_id, POINTS)
        ran_out = reads.begin(_sum_over(merchant_id=merchant_id, customer_id=customer_id, now=now).on)
    return booked.result() - int(ran_out.result().scalar_one())


@built_once
def _sum_over(*, merchant_id: Any, customer_id: Any, now: Any) -> Select[Any]:
    total = select(func.coalesce(func.sum(points_lots.c.remaining), 0))
    return total.where(_of_customer(merchant_id, customer_id), points_lots.c.expires_at < now)


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
    """Add what a paid order earned, each lot with its own end."""
    cause = EntryCause(joined("order", order.order_id, "points-earned"), "points earned by the order", order.order_id)
    if not order.earned_lots:
        await adjust(connection, merchant_id, order.customer_id, order.points_earned, cause)
        return
    await expire(connection, merchant_id, order.customer_id, clock.now())
    pockets = (Account.PROMOTIONS, merchant_id), (Account.POINTS, order.customer_id)
    if await post(connection, merchant_id, cause, transfer(*pockets, POINTS, order.points_earned)):
        for place in range(len(order.earned_lots)):
            await _add_earned(connection, merchant_id, order, place)
    await level_lots(connection, merchant_id, order.customer_id)


async def _add_earned(connection: AsyncConnection, merchant_id: str, order: Order, place: int) -> None:
    lot = order.earned_lots[place]
    row: dict[str, Any] = {"merchant_id": merchant_id, "customer_id": order.customer_id, "expires_at": lot.expires_at}
    row |= {"points": lot.points, "remaining": lot.points, "earned_by": order.order_id, "place": place}
    await _added_lot(**row).on(connection)


async def earn_differently(
    connection: AsyncConnection, merchant_id: str, before: Order, order: Order, occasion: str
) -> None:
    """Book what an order that is sold differently earned more or less; lots that it had earned have the same terms.

    Raises SnapshotRefused where points of such a lot ran out: they are gone, and can't be corrected.
    """
    now, known, more = clock.now(), before.earned_lots, order.points_earned - before.points_earned
    if (order.earned_lots, more) == (known, 0):
        return
    if order.earned_lots[: len(known)] != known and any(await ran_out(connection, merchant_id, before, now)):
        raise SnapshotRefused(f"points that order {order.order_id!r} earned ran out: they can't change any more")
    cause = EntryCause(f"{occasion}:points-earned", "the order was sold differently", order.order_id)
    if not order.earned_lots:
        await adjust(connection, merchant_id, order.customer_id, more, cause)
        return
    await expire(connection, merchant_id, order.customer_id, now)
    pockets = (Account.PROMOTIONS, merchant_id), (Account.POINTS, order.customer_id)
    await post(connection, merchant_id, cause, transfer(*pockets, POINTS, more))
    for place, lot in enumerate(order.earned_lots):
        if place >= len(known):
            await _add_earned(connection, merchant_id, order, place)
        elif lot.points != known[place].points:
            await _earned_otherwise(connection, merchant_id, order, place, lot.points - known[place].points)
    await level_lots(connection, merchant_id, order.customer_id)


async def _earned_otherwise(connection: AsyncConnection, merchant_id: str, order: Order, place: int, more: int) -> None:
    """Make a lot larger or smaller; what was spent of it and is not there any more comes off others."""
    of_lot = (points_lots.c.merchant_id == merchant_id) & (points_lots.c.earned_by == order.order_id)
    remaining = func.greatest(points_lots.c.remaining + more, 0)
    changed = update(points_lots).where(of_lot, points_lots.c.place == place)
    await connection.execute(changed.values(points=points_lots.c.points + more, remaining=remaining))


async def spend_differently(
    connection: AsyncConnection, merchant_id: str, before: Order, order: Order, occasion: str
) -> None:
    """Take what an order that is sold differently spent more, or give back what it spent less, as it was."""
    more = order.points_spent - before.points_spent
    if more >= 0:
        await spend(connection, merchant_id, order, more, f"{occasion}:points-spent")
        return
    cause = EntryCause(f"{occasion}:points-spent", "the order was sold differently", order.order_id)
    pockets = (Account.PROMOTIONS, merchant_id), (Account.POINTS, order.customer_id)
    if not await post(connection, merchant_id, cause, transfer(*pockets, POINTS, -more)):
        return
    left = -more
    for spent in await spent_lots(connection, merchant_id, order.order_id):
        here = min(spent.points - spent.restored, left)
        left -= here
        if here:
            less = update(points_spends).where(points_spends.c.spend_id == spent.lot_id)
            await connection.execute(less.values(points=points_spends.c.points - here))
            await _add_lot(connection, merchant_id, order.customer_id, here, spent.expires_at)
    await level_lots(connection, merchant_id, order.customer_id)


async def spend(
    connection: AsyncConnection, merchant_id: str, order: Order, points: int, occasion: str | None = None
) -> None:
    """Take what an order was paid with from the lots that expire first, and remember which they were (rule 18).

    What was still good when the order was paid could be spent, though it may have run out by now. `occasion` names a
    later version of the order that spent so much more.
    """
    await expire(connection, merchant_id, order.customer_id, order.sold_at)
    key = occasion or joined("order", order.order_id, "points-spent")
    cause = EntryCause(key, "points spent on the order", order.order_id)
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
        await _spent(**row, expires_at=expires_at).on(connection)


@built_once
def _spent(**row: Any) -> Insert:
    return insert(points_spends).values(**row, restored=0)


async def expire(connection: AsyncConnection, merchant_id: str, customer_id: str, moment: datetime) -> None:
    """Book the end of lots that ran out before a moment, so that nothing is spent from them any more."""
    ran_out = await _ran_out(merchant_id=merchant_id, customer_id=customer_id, moment=moment).on(connection)
    for lot in ran_out.all():
        cause = EntryCause(joined("points-lot", lot.lot_id, "expired", lot.remaining), "points that ran out")
        pockets = (Account.POINTS, customer_id), (Account.PROMOTIONS, merchant_id)
        await post(connection, merchant_id, cause, transfer(*pockets, POINTS, lot.remaining))
        await _emptied(lot_id=lot.lot_id).on(connection)


@built_once
def _emptied(*, lot_id: Any) -> Update:
    ran_out = points_lots.c.ran_out + points_lots.c.remaining
    return update(points_lots).where(points_lots.c.lot_id == lot_id).values(remaining=0, ran_out=ran_out)


async def ran_out(connection: AsyncConnection, merchant_id: str, order: Order, now: datetime) -> tuple[int, ...]:
    """Say of each lot that an order earned how many of its points ran out; nothing where none of them ends."""
    if all(lot.expires_at is None for lot in order.earned_lots):
        return ()
    of_order = _ran_out_of(merchant_id=merchant_id, earned_by=order.order_id, now=now)
    gone = {row.place: int(row.gone) for row in await of_order.on(connection)}
    return tuple(gone.get(place, 0) for place in range(len(order.earned_lots)))


@built_once
def _ran_out_of(*, merchant_id: Any, earned_by: Any, now: Any) -> Select[Any]:
    unbooked = case((points_lots.c.expires_at < now, points_lots.c.remaining), else_=0)
    of_order = (points_lots.c.merchant_id == merchant_id) & (points_lots.c.earned_by == earned_by)
    return select(points_lots.c.place, (points_lots.c.ran_out + unbooked).label("gone")).where(of_order)


@built_once
def _ran_out(*, merchant_id: Any, customer_id: Any, moment: Any) -> Select[Any]:
    has_any = _of_customer(merchant_id, customer_id) & (points_lots.c.remaining > 0)
    return select(points_lots).where(has_any, points_lots.c.expires_at < moment).order_by(points_lots.c.lot_id)


async def spent_lots(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[SpentLot, ...]:
    """List the lots an order's points came from, the longest-lived first."""
    found = await _spent_lots(merchant_id=merchant_id, order_id=order_id).on(connection)
    return tuple(SpentLot(row.spend_id, row.points, row.restored, row.expires_at) for row in found)


@built_once
def _spent_lots(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    spent = (points_spends.c.merchant_id == merchant_id) & (points_spends.c.order_id == order_id)
    return select(points_spends).where(spent).order_by(points_spends.c.expires_at.desc().nulls_first())


async def give_back(
    connection: AsyncConnection, merchant_id: str, customer_id: str, lots: tuple[RestoredLot, ...]
) -> None:
    """Make new lots of what is restored, and remember on the spends how much that was; `level_lots` follows."""
    for lot in lots:
        await _add_lot(connection, merchant_id, customer_id, lot.points, lot.expires_at)
        await _restored(spend_id=lot.lot_id, points=lot.points).on(connection)


@built_once
def _restored(*, spend_id: Any, points: Any) -> Update:
    of_spend = update(points_spends).where(points_spends.c.spend_id == spend_id)
    return of_spend.values(restored=points_spends.c.restored + points)


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
    left = (await _not_empty(merchant_id=merchant_id, customer_id=customer_id).on(connection)).all()
    booked = await balance(connection, merchant_id, Account.POINTS, customer_id, POINTS)
    excess = sum(lot.remaining for lot in left) - max(booked, 0)
    taken: list[tuple[int, int, datetime | None]] = []
    for lot in left:
        here = min(lot.remaining, excess)
        if here > 0:
            excess -= here
            taken.append((lot.lot_id, here, lot.expires_at))
            await _left(lot_id=lot.lot_id, remaining=lot.remaining - here).on(connection)
    return taken


@built_once
def _not_empty(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    lots = select(points_lots).where(_of_customer(merchant_id, customer_id), points_lots.c.remaining > 0)
    return lots.order_by(points_lots.c.expires_at.asc().nulls_last(), points_lots.c.lot_id)


@built_once
def _left(*, lot_id: Any, remaining: Any) -> Update:
    return update(points_lots).where(points_lots.c.lot_id == lot_id).values(remaining=remaining)


async def lots_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> dict[int, int]:
    """Return what is left in each lot of a customer's, by its number."""
    lots = await _lots_of(merchant_id=merchant_id, customer_id=customer_id).on(connection)
    return {row.lot_id: row.remaining for row in lots}


@built_once
def _lots_of(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    return select(points_lots.c.lot_id, points_lots.c.remaining).where(_of_customer(merchant_id, customer_id))


async def move_back(connection: AsyncConnection, moved: Mapping[int, int]) -> None:
    """Move in each lot what a booking `moved`, the other way, as far as it is there; `settle_lots` follows."""
    for lot_id, change in moved.items():
        left = func.least(func.greatest(points_lots.c.remaining - change, 0), points_lots.c.points)
        await connection.execute(update(points_lots).where(points_lots.c.lot_id == lot_id).values(remaining=left))


async def settle_lots(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Make the lots come to the balance after a reversal: take what is too much, add what is missing without an end."""
    await level_lots(connection, merchant_id, customer_id)
    held = select(func.coalesce(func.sum(points_lots.c.remaining), 0)).where(_of_customer(merchant_id, customer_id))
    booked = await balance(connection, merchant_id, Account.POINTS, customer_id, POINTS)
    missing = booked - int((await connection.execute(held)).scalar_one())
    if missing > 0:
        await _add_lot(connection, merchant_id, customer_id, missing, None)


async def _add_lot(
    connection: AsyncConnection, merchant_id: str, customer_id: str, points: int, expires_at: datetime | None
) -> None:
    row = {"merchant_id": merchant_id, "customer_id": customer_id, "points": points, "remaining": points}
    await _added_lot(**row, expires_at=expires_at).on(connection)


@built_once
def _added_lot(**row: Any) -> Insert:
    return insert(points_lots).values(row)


def _of_customer(merchant_id: str, customer_id: str) -> Any:
    return (points_lots.c.merchant_id == merchant_id) & (points_lots.c.customer_id == customer_id)
