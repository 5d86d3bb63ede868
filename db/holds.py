"""Value that must come back: held before the payout, captured after it, not to be spent between (rule 37)."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import insert_all
from db.built import built_once
from db.schema import holds

EARNED_POINTS = ""
"""Stands for the source of a hold on points that the order earned."""


class HoldKind(StrEnum):
    """The first three are campaign rewards by their number, or earned points; grants are the order's, by name."""

    POINTS = "points"
    STORE_CREDIT = "store_credit"
    COUPON = "coupon"
    GRANTED_COUPON = "granted_coupon"
    GRANTED_CREDIT = "granted_credit"


_OF_COUPONS = (HoldKind.COUPON, HoldKind.GRANTED_COUPON)
_OF_REWARDS = (HoldKind.POINTS, HoldKind.STORE_CREDIT, HoldKind.COUPON)


class HoldState(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Hold:
    """`unit` is a currency or `points`; `source_id` names what is taken back, or is EARNED_POINTS.

    `coupon_id` says which coupon that is, if it is one. `customer_id` is somebody else who has it; empty: the customer
    of the refund.
    """

    kind: HoldKind
    source_id: str
    unit: str
    amount: int
    coupon_id: str | None = None
    customer_id: str = ""


async def place(
    connection: AsyncConnection, merchant_id: str, customer_id: str, refund_id: str, placed: list[Hold]
) -> None:
    """Hold these; what an earlier round of the refund held and let go is held anew, as much as it is now."""
    of_refund = {"refund_id": refund_id, "merchant_id": merchant_id, "state": HoldState.HELD}
    if placed:
        rows = [{**asdict(hold), **of_refund, "customer_id": hold.customer_id or customer_id} for hold in placed]
        await _placed(tuple(rows[0]), rows=rows).on(connection)


@built_once
def _placed(names: tuple[str, ...], *, rows: Any) -> Insert:
    insert = insert_all(holds, names, rows)
    anew = {name: insert.excluded[name] for name in ("unit", "amount", "coupon_id", "state")}
    return insert.on_conflict_do_update(constraint=holds.primary_key, set_=anew)


async def end(connection: AsyncConnection, refund_id: str, state: HoldState) -> None:
    """Capture or release everything a refund still holds."""
    await _ended(refund_id=refund_id, to=state).on(connection)


@built_once
def _ended(*, refund_id: Any, to: Any) -> Update:
    return update(holds).where(holds.c.refund_id == refund_id, holds.c.state == HoldState.HELD).values(state=to)


async def capture_grants(connection: AsyncConnection, refund_id: str) -> None:
    """Capture what was held of what the order granted."""
    grants = (holds.c.refund_id == refund_id) & holds.c.kind.in_([HoldKind.GRANTED_COUPON, HoldKind.GRANTED_CREDIT])
    await connection.execute(update(holds).where(grants).values(state=HoldState.CAPTURED))


async def capture_rewards(connection: AsyncConnection, refund_id: str) -> None:
    """Capture what was held of campaign rewards."""
    await _rewards_captured(refund_id=refund_id).on(connection)


@built_once
def _rewards_captured(*, refund_id: Any) -> Update:
    rewards = (holds.c.refund_id == refund_id) & holds.c.kind.in_(_OF_REWARDS) & (holds.c.source_id != EARNED_POINTS)
    return update(holds).where(rewards).values(state=HoldState.CAPTURED)


async def hold_again(connection: AsyncConnection, refund_id: str) -> None:
    """Hold what was captured, because what it was captured for was withdrawn (rule 35)."""
    captured = (holds.c.refund_id == refund_id) & (holds.c.state == HoldState.CAPTURED)
    await connection.execute(update(holds).where(captured).values(state=HoldState.HELD))


async def capture_points(connection: AsyncConnection, refund_id: str) -> None:
    """Capture what was held of the points that the order earned."""
    await _points_captured(refund_id=refund_id).on(connection)


@built_once
def _points_captured(*, refund_id: Any) -> Update:
    earned = (holds.c.kind == HoldKind.POINTS) & (holds.c.source_id == EARNED_POINTS)
    return update(holds).where(holds.c.refund_id == refund_id, earned).values(state=HoldState.CAPTURED)


async def total(connection: AsyncConnection, merchant_id: str, customer_id: str, unit: str, *, but_by: str = "") -> int:
    """Sum up what refunds other than `but_by` hold of a customer's points or store credit."""
    summed = _total(merchant_id=merchant_id, customer_id=customer_id, unit=unit, but_by=but_by)
    return int((await summed.on(connection)).scalar_one())


@built_once
def _total(*, merchant_id: Any, customer_id: Any, unit: Any, but_by: Any) -> Select[Any]:
    return select(func.coalesce(func.sum(holds.c.amount), 0)).where(
        holds.c.merchant_id == merchant_id,
        holds.c.customer_id == customer_id,
        holds.c.unit == unit,
        holds.c.kind.not_in(_OF_COUPONS),
        holds.c.state == HoldState.HELD,
        holds.c.refund_id != but_by,
    )


async def held_rewards(connection: AsyncConnection, merchant_id: str, customer_id: str, *, but_by: str) -> set[int]:
    """Name the rewards that other refunds are about to take back."""
    held = _held_rewards(merchant_id=merchant_id, customer_id=customer_id, but_by=but_by)
    return {int(reward_id) for reward_id in (await held.on(connection)).scalars()}


@built_once
def _held_rewards(*, merchant_id: Any, customer_id: Any, but_by: Any) -> Select[Any]:
    return select(holds.c.source_id).where(
        holds.c.merchant_id == merchant_id,
        holds.c.customer_id == customer_id,
        holds.c.state == HoldState.HELD,
        holds.c.kind.in_(_OF_REWARDS),
        holds.c.source_id != EARNED_POINTS,
        holds.c.refund_id != but_by,
    )
