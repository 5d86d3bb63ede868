"""The refunds in the sandbox's books: booked under a key, turning later, and what is told of them by webhook."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Row, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from domain import clock
from domain.money.amounts import Money
from gateways.ports import Declined, GatewayStatus, RefundInstruction, Reported
from gateways.sandbox.behaviours import KEY_LIFE, Behaviour, CourseOfARefund, course_of
from gateways.sandbox.books import refunds, refusals, webhooks

_STRAGGLES = timedelta(seconds=2)
_COPIES = 2


async def by_key(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any] | None:
    """Find what was booked under a key, as long as the key is remembered."""
    found = await _by_key(merchant_id=instruction.merchant_id, key=instruction.key).on(books)
    return found.one_or_none()


@built_once
def _by_key(*, merchant_id: Any, key: Any) -> Executable:
    return select(refunds).where(_is(merchant_id, key), refunds.c.key_until > func.now())


async def by_reference(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any] | None:
    """Find what was last booked with the caller's reference, however long ago."""
    query = select(refunds).where(_is(instruction.merchant_id, instruction.key)).order_by(refunds.c.at.desc()).limit(1)
    return (await books.execute(query.with_for_update())).one_or_none()


async def refusal_by_key(books: AsyncConnection, instruction: RefundInstruction) -> Declined | None:
    """Say once more what a key was refused with, as long as it is remembered."""
    found = await _refusal_by_key(merchant_id=instruction.merchant_id, key=instruction.key).on(books)
    row = found.one_or_none()
    return Declined(row.code, row.message) if row else None


@built_once
def _refusal_by_key(*, merchant_id: Any, key: Any) -> Executable:
    is_it = (refusals.c.merchant_id == merchant_id) & (refusals.c.key == key)
    return select(refusals).where(is_it, refusals.c.key_until > func.now())


async def remember_refusal(books: AsyncConnection, instruction: RefundInstruction, declined: Declined) -> None:
    row = {"merchant_id": instruction.merchant_id, "key": instruction.key}
    said = {"code": declined.code, "message": str(declined), "key_until": func.now() + KEY_LIFE}
    statement = upsert(refusals).values(**row, **said)
    await books.execute(statement.on_conflict_do_update(index_elements=["merchant_id", "key"], set_=said))


async def book(books: AsyncConnection, charge: Row[Any], instruction: RefundInstruction) -> Row[Any]:
    course = course_of(charge.behaviour)
    row = {
        "merchant_id": instruction.merchant_id,
        "key": instruction.key,
        "refund_ref": f"re_{secrets.token_hex(8)}",
        "charge_ref": instruction.charge_ref,
        "amount": instruction.amount.minor_units,
        "currency": instruction.amount.currency,
    }
    booked: Row[Any] = (await _booked(course, **row).on(books)).one()
    if course.tells:
        # That it is pending is told late, after what became of it: webhooks come in no order.
        await _tell(books, booked, _STRAGGLES if course.books in _UNDECIDED else timedelta())
    return booked


@built_once
def _booked(course: CourseOfARefund, **row: Any) -> Executable:
    follows = {
        "key_until": func.now() + course.key_life,
        "status": course.books,
        "answered": course.books,
        "turns_at": func.now() + course.after if course.turns_to else None,
        "turns_to": course.turns_to,
    }
    return insert(refunds).values(**row, **follows).returning(refunds)


_UNDECIDED = (GatewayStatus.PENDING, GatewayStatus.WAITING_FOR_BALANCE)

_TURNS = {
    Behaviour.SUCCEED: (_UNDECIDED, GatewayStatus.SUCCEEDED),
    Behaviour.FAIL_LATER: (_UNDECIDED, GatewayStatus.FAILED),
    Behaviour.DISPUTE: (_UNDECIDED, GatewayStatus.FAILED),
    Behaviour.FAIL_AFTER_SUCCESS: ((GatewayStatus.SUCCEEDED,), GatewayStatus.FAILED),
}


async def let_turn(books: AsyncConnection, merchant_id: str, charge_ref: str, behaviour: Behaviour) -> None:
    """Have what is booked already turn as well, where the new behaviour of its charge means that."""
    before, after = _TURNS.get(behaviour, ((), None))
    if after is None:
        return
    booked = (refunds.c.merchant_id == merchant_id) & (refunds.c.charge_ref == charge_ref)
    booked &= refunds.c.status.in_(before)
    await books.execute(update(refunds).where(booked).values(turns_at=func.now(), turns_to=after))


async def next_turn(books: AsyncConnection, merchant_id: str) -> datetime | None:
    """When the next refund of a merchant turns, by the clock that wrote the books."""
    turning = select(func.min(refunds.c.turns_at)).where(refunds.c.merchant_id == merchant_id)
    moment: datetime | None = (await books.execute(turning)).scalar_one()
    return moment


async def let_time_pass(books: AsyncConnection, merchant_id: str, by: timedelta) -> Sequence[str]:
    """Have all that is to happen to a merchant's refunds come so much sooner; return the keys of what turns now."""
    is_theirs = refunds.c.merchant_id == merchant_id
    sooner = {"turns_at": refunds.c.turns_at - by, "key_until": refunds.c.key_until - by}
    goes_on = or_(refunds.c.turns_at.is_not(None), refunds.c.key_until > func.now())
    await books.execute(update(refunds).where(is_theirs, goes_on).values(sooner))
    forgotten = update(refusals).where(refusals.c.merchant_id == merchant_id, refusals.c.key_until > func.now())
    await books.execute(forgotten.values(key_until=refusals.c.key_until - by))
    turning = select(refunds.c.key).where(is_theirs, refunds.c.turns_at <= func.now())
    return (await books.execute(turning)).scalars().all()


async def is_told(books: AsyncConnection, merchant_id: str) -> bool:
    """Whether nothing of a merchant is to turn now, and of what has turned everybody was told once."""
    due = (refunds.c.merchant_id == merchant_id) & (refunds.c.turns_at <= func.now())
    is_on_its_way = or_(webhooks.c.due_at <= func.now(), webhooks.c.attempts > 0)
    untold = (webhooks.c.copies == _COPIES) & is_on_its_way
    is_due = (await books.execute(select(or_(exists().where(due), exists().where(untold))))).scalar_one()
    return not is_due


async def turn_if_due(books: AsyncConnection, charge: Row[Any], known: Row[Any]) -> Row[Any]:
    """Bring one refund up to date, as somebody asks for it."""
    if known.turns_at is None or known.turns_at > await _now(books):
        return known
    return await _turn(books, known, tells=course_of(charge.behaviour).tells)


async def turn_all_due(books: AsyncConnection) -> None:
    """Bring up to date whatever is due; each change is told by webhook."""
    for row in (await _due().on(books)).all():
        await _turn(books, row, tells=True)


@built_once
def _due() -> Executable:
    return select(refunds).where(refunds.c.turns_at <= func.now()).limit(100).with_for_update(skip_locked=True)


async def report(books: AsyncConnection, merchant_id: str, since: datetime) -> Sequence[Reported]:
    changed_at = func.coalesce(refunds.c.changed_at, refunds.c.at)
    query = select(refunds, changed_at.label("last")).where(refunds.c.merchant_id == merchant_id, changed_at >= since)
    return [_reported(row) for row in await books.execute(query.order_by("last"))]


async def of_charge(books: AsyncConnection, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
    return [_reported(row) for row in await _of_charge(merchant_id=merchant_id, charge_ref=charge_ref).on(books)]


@built_once
def _of_charge(*, merchant_id: Any, charge_ref: Any) -> Executable:
    changed_at = func.coalesce(refunds.c.changed_at, refunds.c.at)
    query = select(refunds, changed_at.label("last"))
    query = query.where(refunds.c.merchant_id == merchant_id, refunds.c.charge_ref == charge_ref)
    return query.order_by(refunds.c.at)


async def _now(books: AsyncConnection) -> datetime:
    """By the clock that wrote the books."""
    moment: datetime = (await books.execute(select(func.now()))).scalar_one()
    return moment


def _reported(row: Row[Any]) -> Reported:
    amount, status = Money(row.currency, row.amount), GatewayStatus(row.status)
    return Reported(
        row.key, row.refund_ref, amount, status, row.last, row.charge_ref, trace_number(row.refund_ref, status)
    )


def trace_number(reference: str, status: GatewayStatus) -> str | None:
    """What a bank would find a refund by; there is none of what is not paid."""
    return f"SBX{reference.removeprefix('re_').upper()}" if status is GatewayStatus.SUCCEEDED else None


async def _turn(books: AsyncConnection, known: Row[Any], *, tells: bool) -> Row[Any]:
    of_refund = update(refunds).where(refunds.c.refund_ref == known.refund_ref)
    turned = of_refund.values(status=refunds.c.turns_to, turns_at=None, turns_to=None, changed_at=func.now())
    turned = turned.returning(refunds)
    now: Row[Any] = (await books.execute(turned)).one()
    if tells:
        await _tell(books, now)
    return now


async def _tell(books: AsyncConnection, refund: Row[Any], after: timedelta = timedelta()) -> None:
    """Write down what is to be told, to be sent twice: a provider promises at least once, never exactly once."""
    told = {"key": refund.key, "reference": refund.refund_ref, "status": refund.status}
    told["trace_number"] = trace_number(refund.refund_ref, GatewayStatus(refund.status))
    body = {"type": f"refund.{refund.status}", "timestamp": clock.of_this_machine().isoformat(), "data": told}
    row = {"webhook_id": f"msg_{secrets.token_hex(10)}", "body": body, "copies": _COPIES, "due_at": func.now() + after}
    await books.execute(insert(webhooks).values(row))


async def refuse_more_than_captured(books: AsyncConnection, charge: Row[Any], amount: Money) -> None:
    summed = await _refunded(merchant_id=charge.merchant_id, charge_ref=charge.charge_ref).on(books)
    refunded = int(summed.scalar_one())
    if amount.currency != charge.currency or refunded + amount.minor_units > charge.captured:
        raise Declined("amount_too_large", f"{charge.captured} captured, {refunded} refunded, {amount} asked for")


@built_once
def _refunded(*, merchant_id: Any, charge_ref: Any) -> Executable:
    return select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.merchant_id == merchant_id,
        refunds.c.charge_ref == charge_ref,
        refunds.c.status != GatewayStatus.FAILED,
    )


def _is(merchant_id: Any, key: Any) -> Any:
    return (refunds.c.merchant_id == merchant_id) & (refunds.c.key == key)
