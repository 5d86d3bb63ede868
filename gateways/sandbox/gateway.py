"""A payment gateway that keeps its own books, in its own tables, and can be told to misbehave.

It stands in for a provider in development, demos and tests: charges are captured when a paid order arrives, refunds
are booked under the caller's key, news of them is told by webhook, and nothing of ours is read or written.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Row, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.built import built_once
from domain.money.amounts import Money
from gateways.ports import (
    DISPUTED,
    Declined,
    GatewayRefund,
    GatewayStatus,
    OutOfOrder,
    RefundInstruction,
    Reported,
    TryLater,
)
from gateways.sandbox import refunds
from gateways.sandbox.behaviours import Behaviour
from gateways.sandbox.books import captures, charges

_LATE_S = 3.0
_RETRY_AFTER = timedelta(seconds=1)


class ChargeNotFound(LookupError):
    """The sandbox never captured this charge."""


class SandboxGateway:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        async with self._engine.begin() as books:
            charge = await _called(books, instruction)
            is_new, answer = await self._answer(books, charge, instruction)
        if isinstance(answer, Exception):
            raise answer
        if is_new:
            await _keep_from_answering(charge)
        return _as_answered(answer, answer.answered or answer.status)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        async with self._engine.begin() as books:
            charge = await _charge(books, instruction)
            known = await refunds.by_reference(books, instruction)
            if known is None:
                return None
            known = await refunds.turn_if_due(books, charge, known)
        disputed = known.status == GatewayStatus.FAILED and charge.behaviour == Behaviour.DISPUTE
        return replace(_as_answered(known, known.status), decline_code=DISPUTED if disputed else None)

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        async with self._engine.begin() as books:
            return await refunds.of_charge(books, merchant_id, charge_ref)

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        async with self._engine.begin() as books:
            return await refunds.report(books, merchant_id, since)

    async def _answer(
        self, books: AsyncConnection, charge: Row[Any], instruction: RefundInstruction
    ) -> tuple[bool, Row[Any] | Exception]:
        """Book the refund, or say what was booked under its key, or why not; tell whether it was booked now.

        Nothing is raised before the call is in the books.
        """
        refused = _refused_at_the_door(charge)
        if refused is not None:
            return False, refused
        known = await refunds.by_key(books, instruction)
        if known is not None:
            return False, known
        refusal = await self._refusal(books, charge, instruction)
        return (False, refusal) if refusal else (True, await refunds.book(books, charge, instruction))

    async def _refusal(
        self, books: AsyncConnection, charge: Row[Any], instruction: RefundInstruction
    ) -> Declined | None:
        """Say no, and remember it under the key as well as a yes."""
        known = await refunds.refusal_by_key(books, instruction)
        if known is not None:
            return known
        try:
            _refuse(charge)
            await refunds.refuse_more_than_captured(books, charge, instruction.amount)
        except Declined as declined:
            await refunds.remember_refusal(books, instruction, declined)
            return declined
        return None


def _as_answered(refund: Row[Any], status: str) -> GatewayRefund:
    answered = GatewayStatus(status)
    return GatewayRefund(refund.refund_ref, answered, trace_number=refunds.trace_number(refund.refund_ref, answered))


async def capture(books: AsyncConnection, merchant_id: str, charge_ref: str, capture_key: str, amount: Money) -> None:
    """Book money that a customer paid; charges of the same name add up, a repeated `capture_key` changes nothing.

    With another amount it stands for what the customer pays after all.
    """
    row = {"merchant_id": merchant_id, "charge_ref": charge_ref, "capture_key": capture_key}
    of_key = and_(*(captures.c[name] == value for name, value in row.items()))
    before = (await books.execute(select(captures.c.amount).where(of_key).with_for_update())).scalar_one_or_none() or 0
    more = amount.minor_units - before
    await books.execute(
        insert(captures)
        .values(**row, amount=amount.minor_units)
        .on_conflict_do_update(index_elements=list(row), set_={"amount": amount.minor_units})
    )
    charge = insert(charges).values(
        merchant_id=merchant_id,
        charge_ref=charge_ref,
        currency=amount.currency,
        captured=more,
        behaviour=Behaviour.SUCCEED,
    )
    await books.execute(
        charge.on_conflict_do_update(
            index_elements=["merchant_id", "charge_ref"], set_={"captured": charges.c.captured + more}
        )
    )


async def behave(books: AsyncConnection, merchant_id: str, charge_ref: str, behaviour: Behaviour) -> None:
    """Tell a charge what to do when it is refunded; raises ChargeNotFound."""
    changed = await books.execute(update(charges).where(_is(merchant_id, charge_ref)).values(behaviour=behaviour))
    if changed.rowcount == 0:
        raise ChargeNotFound(charge_ref)
    await refunds.let_turn(books, merchant_id, charge_ref, behaviour)


async def _called(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any]:
    """Count the call, whatever becomes of it, and lock the charge."""
    counted = _counted(merchant_id=instruction.merchant_id, charge_ref=instruction.charge_ref)
    return _known((await counted.on(books)).one_or_none(), instruction)


@built_once
def _counted(*, merchant_id: Any, charge_ref: Any) -> Executable:
    return update(charges).where(_is(merchant_id, charge_ref)).values(calls=charges.c.calls + 1).returning(charges)


async def _charge(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any]:
    query = charges.select().where(_is(instruction.merchant_id, instruction.charge_ref)).with_for_update()
    return _known((await books.execute(query)).one_or_none(), instruction)


def _known(charge: Row[Any] | None, instruction: RefundInstruction) -> Row[Any]:
    if charge is None:
        raise Declined("charge_not_found", f"the sandbox has no charge {instruction.charge_ref!r}")
    return charge


def _is(merchant_id: Any, charge_ref: Any) -> Any:
    return (charges.c.merchant_id == merchant_id) & (charges.c.charge_ref == charge_ref)


def _refused_at_the_door(charge: Row[Any]) -> Exception | None:
    if charge.calls == 1 and charge.behaviour == Behaviour.TOO_MANY_REQUESTS:
        return TryLater(_RETRY_AFTER)
    if charge.calls == 1 and charge.behaviour == Behaviour.BREAK_DOWN:
        return OutOfOrder("the sandbox broke down before it did anything")
    return None


def _refuse(charge: Row[Any]) -> None:
    if charge.behaviour == Behaviour.DECLINE:
        raise Declined("card_closed", "the card was closed, nothing can be paid back to it")
    if charge.behaviour == Behaviour.DISPUTE:
        raise Declined(DISPUTED, "the payment was charged back")


async def _keep_from_answering(charge: Row[Any]) -> None:
    """The refund is booked; whoever asked may not hear of it."""
    if charge.behaviour in (Behaviour.TIMEOUT_AFTER_PAYING, Behaviour.FORGET_KEY):
        raise TimeoutError("the sandbox paid and does not answer")
    if charge.behaviour == Behaviour.BREAK_DOWN:
        raise OutOfOrder("the sandbox paid and broke down")
    if charge.behaviour == Behaviour.ANSWER_LATE:
        await asyncio.sleep(_LATE_S)
