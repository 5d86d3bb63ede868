"""What orders themselves granted: coupons by their id, store credit as an amount (rules 16 and 45)."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, case, exists, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.built import built_once, one_of
from db.codec import from_json
from db.coupon_uses import counts_uses, end_of_coupon
from db.ledger import Account, EntryCause, post, transfer
from db.schema import coupon_uses, coupons, order_grants, refunds
from domain.claims.live_refunds import GrantTaken
from domain.entitlements import grants
from domain.entitlements.grants import Grant, GrantEffect
from domain.money.amounts import Money
from domain.payout.keys import joined
from domain.sale.orders import Order, OrderReward, RewardKind
from domain.settlement.deductions import Deduction


async def book(connection: AsyncConnection, merchant_id: str, order: Order, *, behind: int = 0) -> None:
    """Remember what a paid order granted, and give its store credit; the order row's lock makes it happen once.

    `behind` so many that it had granted before.
    """
    for place, reward in enumerate(order.rewards, 1):
        if place <= behind:
            continue
        name = name_of(reward, place)
        row: dict[str, Any] = {
            "merchant_id": merchant_id,
            "order_id": order.order_id,
            "name": name,
            "kind": reward.kind,
            "line_ids": list(reward.line_ids),
        }
        row |= {"amount": reward.amount.minor_units, "currency": order.currency}
        owner = reward.customer_id or order.customer_id
        if reward.customer_id or reward.expires_at:
            row |= {"customer_id": owner, "expires_at": reward.expires_at}
            row |= {"remaining": reward.amount.minor_units if reward.expires_at else None}
        await _booked(**row).on(connection)
        if reward.kind is RewardKind.STORE_CREDIT:
            cause = EntryCause(
                joined("order", order.order_id, name), "store credit granted by the order", order.order_id
            )
            pockets = (Account.PROMOTIONS, merchant_id), (Account.STORE_CREDIT, owner)
            await post(connection, merchant_id, cause, transfer(*pockets, order.currency, reward.amount.minor_units))


@built_once
def _booked(**row: Any) -> Insert:
    return insert(order_grants).values(row)


def name_of(reward: OrderReward, place: int) -> str:
    """Name a grant within its order: a coupon by its id, store credit by its place among the rewards."""
    return reward.coupon_id or f"store-credit-{place}"


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str, customer_id: str) -> tuple[Grant, ...]:
    """List what an order of this customer granted, credit that went back included, revoked coupons left out.

    A used coupon is worth what it took off; one that is over or that the merchant revoked can take off nothing more. A
    coupon that is everybody's is no grant: nobody can be taken from what all have. An unused percentage is worth
    nothing by itself.
    """
    return tuple(
        Grant(
            name=row.name,
            kind=RewardKind(row.kind),
            value=Money(row.currency, _value(row.kind, row.amount, row.used_for, row.worth)),
            is_used=row.kind == RewardKind.COUPON and row.used_for is not None,
            line_ids=tuple(row.line_ids),
            customer_id=row.customer_id if row.customer_id and row.customer_id != customer_id else "",
            ran_out=Money(row.currency, int(row.gone)) if row.gone else None,
            expires_at=row.expires_at,
        )
        for row in await _of_order(merchant_id=merchant_id, order_id=order_id).on(connection)
    )


@built_once
def _of_order(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    uses = (coupon_uses.c.merchant_id == order_grants.c.merchant_id) & (coupon_uses.c.coupon_id == order_grants.c.name)
    took_off = case((counts_uses(), func.sum(coupon_uses.c.amount)), else_=func.max(coupon_uses.c.amount))
    used_for = select(took_off).where(uses, coupon_uses.c.reinstated_by.is_(None))
    of_grant = used_for.correlate(order_grants, coupons).scalar_subquery()
    of_coupon = (coupons.c.merchant_id == order_grants.c.merchant_id) & (coupons.c.coupon_id == order_grants.c.name)
    is_over = coupons.c.revoked_at.is_not(None) | func.coalesce(end_of_coupon() < merchant_time.now(), False)
    worth = case((is_over, 0), else_=coupons.c.amount)
    has_ended = order_grants.c.expires_at < merchant_time.now()
    gone = order_grants.c.ran_out + case((has_ended, order_grants.c.remaining), else_=0)
    return (
        select(order_grants, of_grant.label("used_for"), worth.label("worth"), gone.label("gone"))
        .select_from(order_grants.outerjoin(coupons, of_coupon))
        .where(order_grants.c.merchant_id == merchant_id, order_grants.c.order_id == order_id)
        .where(order_grants.c.withdrawn_by.is_(None) | (order_grants.c.kind != RewardKind.COUPON))
        .where(coupons.c.coupon_id.is_(None) | coupons.c.customer_id.is_not(None))
        .order_by(order_grants.c.name, order_grants.c.kind)
    )


async def is_any_granted(connection: AsyncConnection, merchant_id: str, coupon_ids: Collection[str]) -> bool:
    """Tell whether an order granted one of these coupons."""
    if not coupon_ids:
        return False
    return bool((await _any_granted(merchant_id=merchant_id, coupon_ids=coupon_ids).on(connection)).scalar_one())


@built_once
def _any_granted(*, merchant_id: Any, coupon_ids: Any) -> Select[Any]:
    of_coupons = (order_grants.c.merchant_id == merchant_id) & one_of(order_grants.c.name, coupon_ids)
    return select(exists().where(of_coupons, order_grants.c.kind == RewardKind.COUPON))


async def paid_for(connection: AsyncConnection, merchant_id: str, coupon_ids: Collection[str]) -> dict[str, Money]:
    """Say what was deducted for granted coupons whose lines are all returned, where that is not what they are worth.

    Rule 44: such a coupon comes back worth what was deducted for it.
    """
    if not coupon_ids:
        return {}
    worth: dict[str, int | None] = {}
    taken: dict[str, list[GrantTaken]] = defaultdict(list)
    for row in await _settled_with(merchant_id=merchant_id, coupon_ids=coupon_ids).on(connection):
        worth[row.name] = row.amount
        taken[row.name] += [each for each in _taken(row) if (each.name, each.kind) == (row.name, RewardKind.COUPON)]
    paid = {name: grants.paid_for(of_coupon) for name, of_coupon in taken.items()}
    return {name: sum_ for name, sum_ in paid.items() if sum_ is not None and sum_.minor_units != worth[name]}


@built_once
def _settled_with(*, merchant_id: Any, coupon_ids: Any) -> Select[Any]:
    of_coupon = (coupons.c.merchant_id == order_grants.c.merchant_id) & (coupons.c.coupon_id == order_grants.c.name)
    of_order = (refunds.c.merchant_id == order_grants.c.merchant_id) & (refunds.c.order_id == order_grants.c.order_id)
    parts = [refunds.c.settlement[part].label(part) for part in ("grants", "deductions", "deductions_returned")]
    return (
        select(order_grants.c.name, coupons.c.amount, *parts)
        .select_from(order_grants.join(coupons, of_coupon).join(refunds, of_order))
        .where(order_grants.c.merchant_id == merchant_id, one_of(order_grants.c.name, coupon_ids))
        .where(order_grants.c.kind == RewardKind.COUPON, refunds.c.settlement.is_not(None), ~counts_uses())
    )


def _taken(row: Any) -> tuple[GrantTaken, ...]:
    """What one refund took of what its order granted; earlier versions gave no deductions back."""
    effects = from_json(tuple[GrantEffect, ...], row.grants)
    deductions = from_json(tuple[Deduction, ...], row.deductions)
    return grants.grants_taken(effects, deductions, from_json(tuple[Deduction, ...], row.deductions_returned or []))


async def withdrawn(connection: AsyncConnection, merchant_id: str, order_id: str) -> set[tuple[str, str]]:
    """Name what went back of an order's grants whole, by name and kind."""
    found = await _withdrawn(merchant_id=merchant_id, order_id=order_id).on(connection)
    return {(row.name, row.kind) for row in found}


@built_once
def _withdrawn(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    return select(order_grants.c.name, order_grants.c.kind).where(
        order_grants.c.merchant_id == merchant_id,
        order_grants.c.order_id == order_id,
        order_grants.c.withdrawn_by.is_not(None),
    )


async def claw_back(connection: AsyncConnection, merchant_id: str, order_id: str, grant: Grant, refund_id: str) -> None:
    """Note that all of a grant went back."""
    await connection.execute(
        update(order_grants)
        .where(order_grants.c.merchant_id == merchant_id, order_grants.c.order_id == order_id)
        .where(order_grants.c.name == grant.name, order_grants.c.kind == grant.kind)
        .where(order_grants.c.withdrawn_by.is_(None))
        .values(withdrawn_by=refund_id)
    )


async def restore(connection: AsyncConnection, refund_id: str) -> None:
    """Forget that a refund took grants back."""
    taken_back = update(order_grants).where(order_grants.c.withdrawn_by == refund_id).values(withdrawn_by=None)
    await connection.execute(taken_back)


def _value(kind: str, amount: int, used_for: int | None, worth: int | None) -> int:
    if kind != RewardKind.COUPON:
        return amount
    return int((used_for if used_for is not None else worth) or 0)
