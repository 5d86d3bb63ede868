"""Value that must come back: held before the payout, captured after it, not to be spent between (rule 37)."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import holds

NO_REWARD = 0
"""Stands for the reward of a hold on points that the order earned."""


class HoldKind(StrEnum):
    POINTS = "points"
    STORE_CREDIT = "store_credit"
    COUPON = "coupon"


class HoldState(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Hold:
    """`unit` is a currency or `points`; `reward_id` names the campaign reward that is taken back, or NO_REWARD."""

    kind: HoldKind
    reward_id: int
    unit: str
    amount: int


async def place(
    connection: AsyncConnection, merchant_id: str, customer_id: str, refund_id: str, placed: list[Hold]
) -> None:
    for hold in placed:
        row = {"refund_id": refund_id, "merchant_id": merchant_id, "customer_id": customer_id}
        row |= {"kind": hold.kind, "unit": hold.unit, "state": HoldState.HELD}
        await connection.execute(insert(holds).values(**row, reward_id=hold.reward_id, amount=hold.amount))


async def end(connection: AsyncConnection, refund_id: str, state: HoldState) -> None:
    """Capture or release everything a refund still holds."""
    await connection.execute(
        update(holds).where(holds.c.refund_id == refund_id, holds.c.state == HoldState.HELD).values(state=state)
    )


async def hold_again(connection: AsyncConnection, refund_id: str) -> None:
    """Hold what was captured, because what it was captured for was withdrawn (rule 35)."""
    captured = (holds.c.refund_id == refund_id) & (holds.c.state == HoldState.CAPTURED)
    await connection.execute(update(holds).where(captured).values(state=HoldState.HELD))


async def capture_points(connection: AsyncConnection, refund_id: str) -> None:
    """Capture what was held of the points that the order earned; rewards are captured with their campaign."""
    await connection.execute(
        update(holds)
        .where(holds.c.refund_id == refund_id, holds.c.kind == HoldKind.POINTS, holds.c.reward_id == NO_REWARD)
        .values(state=HoldState.CAPTURED)
    )


async def total(connection: AsyncConnection, merchant_id: str, customer_id: str, unit: str, *, but_by: str = "") -> int:
    """Sum up what refunds other than `but_by` hold of a customer's points or store credit."""
    query = select(func.coalesce(func.sum(holds.c.amount), 0)).where(
        holds.c.merchant_id == merchant_id,
        holds.c.customer_id == customer_id,
        holds.c.unit == unit,
        holds.c.kind != HoldKind.COUPON,
        holds.c.state == HoldState.HELD,
        holds.c.refund_id != but_by,
    )
    return int((await connection.execute(query)).scalar_one())


async def held_rewards(connection: AsyncConnection, merchant_id: str, customer_id: str, *, but_by: str) -> set[int]:
    """Name the rewards that other refunds are about to take back."""
    query = select(holds.c.reward_id).where(
        holds.c.merchant_id == merchant_id,
        holds.c.customer_id == customer_id,
        holds.c.state == HoldState.HELD,
        holds.c.reward_id != NO_REWARD,
        holds.c.refund_id != but_by,
    )
    return set((await connection.execute(query)).scalars())
