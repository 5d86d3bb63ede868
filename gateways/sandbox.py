"""A payment gateway that keeps its own books, in its own tables, and can be told to misbehave.

It stands in for a provider in development, demos and tests: charges are captured when a paid order arrives, refunds
are booked under the caller's key, and nothing of ours is read or written.
"""

import secrets
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.money import Money
from gateways.ports import DISPUTED, Declined, GatewayRefund, GatewayStatus, RefundInstruction
from gateways.sandbox_books import captures, charges, refunds


class Behaviour(StrEnum):
    """What a charge does when it is refunded.

    `timeout_after_paying` pays and then never answers the first call; `pending` stays so until the behaviour is set
    to `succeed`; `fail_later` is pending first and fails when it is looked up; `fail_after_success` takes back what
    it had paid already.
    """

    SUCCEED = "succeed"
    DECLINE = "decline"
    DISPUTE = "dispute"
    TIMEOUT_AFTER_PAYING = "timeout_after_paying"
    PENDING = "pending"
    FAIL_LATER = "fail_later"
    FAIL_AFTER_SUCCESS = "fail_after_success"


class ChargeNotFound(LookupError):
    """The sandbox never captured this charge."""


class SandboxGateway:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        async with self._engine.begin() as books:
            charge = await _charge(books, instruction)
            known = await _refund_by_key(books, instruction)
            answer = known or await _book(books, charge, instruction)
        if known is None and charge.behaviour == Behaviour.TIMEOUT_AFTER_PAYING:
            raise TimeoutError("the sandbox paid and does not answer")
        return GatewayRefund(answer.refund_ref, GatewayStatus(answer.status))

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        async with self._engine.begin() as books:
            charge = await _charge(books, instruction)
            known = await _refund_by_key(books, instruction)
            if known is None:
                return None
            status = await _settle_pending(books, charge, known)
        disputed = status is GatewayStatus.FAILED and charge.behaviour == Behaviour.DISPUTE
        return GatewayRefund(known.refund_ref, status, DISPUTED if disputed else None)


async def capture(books: AsyncConnection, merchant_id: str, charge_ref: str, capture_key: str, amount: Money) -> None:
    """Book money that a customer paid; charges of the same name add up, a repeated `capture_key` changes nothing."""
    row = {"merchant_id": merchant_id, "charge_ref": charge_ref}
    made = await books.execute(
        insert(captures)
        .values(**row, capture_key=capture_key, amount=amount.minor_units)
        .on_conflict_do_nothing()
        .returning(captures.c.capture_key)
    )
    if made.scalar_one_or_none() is None:
        return
    charge = insert(charges).values(
        **row, currency=amount.currency, captured=amount.minor_units, behaviour=Behaviour.SUCCEED
    )
    await books.execute(
        charge.on_conflict_do_update(
            index_elements=["merchant_id", "charge_ref"],
            set_={"captured": charges.c.captured + amount.minor_units},
        )
    )


async def behave(books: AsyncConnection, merchant_id: str, charge_ref: str, behaviour: Behaviour) -> None:
    """Tell a charge what to do when it is refunded; raises ChargeNotFound."""
    of_charge = (charges.c.merchant_id == merchant_id) & (charges.c.charge_ref == charge_ref)
    changed = await books.execute(update(charges).where(of_charge).values(behaviour=behaviour))
    if changed.rowcount == 0:
        raise ChargeNotFound(charge_ref)


async def _charge(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any]:
    query = select(charges).where(
        charges.c.merchant_id == instruction.merchant_id, charges.c.charge_ref == instruction.charge_ref
    )
    charge: Row[Any] | None = (await books.execute(query.with_for_update())).one_or_none()
    if charge is None:
        raise Declined("charge_not_found", f"the sandbox has no charge {instruction.charge_ref!r}")
    return charge


async def _refund_by_key(books: AsyncConnection, instruction: RefundInstruction) -> Row[Any] | None:
    query = select(refunds).where(refunds.c.merchant_id == instruction.merchant_id, refunds.c.key == instruction.key)
    return (await books.execute(query)).one_or_none()


async def _book(books: AsyncConnection, charge: Row[Any], instruction: RefundInstruction) -> Row[Any]:
    _refuse(charge)
    await _refuse_more_than_captured(books, charge, instruction.amount)
    is_late = charge.behaviour in (Behaviour.PENDING, Behaviour.FAIL_LATER)
    row = {
        "merchant_id": instruction.merchant_id,
        "key": instruction.key,
        "refund_ref": f"re_{secrets.token_hex(8)}",
        "charge_ref": instruction.charge_ref,
        "amount": instruction.amount.minor_units,
        "currency": instruction.amount.currency,
        "status": GatewayStatus.PENDING if is_late else GatewayStatus.SUCCEEDED,
    }
    booked: Row[Any] = (await books.execute(insert(refunds).values(row).returning(refunds))).one()
    return booked


def _refuse(charge: Row[Any]) -> None:
    if charge.behaviour == Behaviour.DECLINE:
        raise Declined("card_closed", "the card was closed, nothing can be paid back to it")
    if charge.behaviour == Behaviour.DISPUTE:
        raise Declined(DISPUTED, "the payment was charged back")


async def _refuse_more_than_captured(books: AsyncConnection, charge: Row[Any], amount: Money) -> None:
    query = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.merchant_id == charge.merchant_id,
        refunds.c.charge_ref == charge.charge_ref,
        refunds.c.status != GatewayStatus.FAILED,
    )
    refunded = int((await books.execute(query)).scalar_one())
    if amount.currency != charge.currency or refunded + amount.minor_units > charge.captured:
        raise Declined("amount_too_large", f"{charge.captured} captured, {refunded} refunded, {amount} asked for")


async def _settle_pending(books: AsyncConnection, charge: Row[Any], known: Row[Any]) -> GatewayStatus:
    status, before = GatewayStatus(known.status), known.status
    if status is GatewayStatus.PENDING and charge.behaviour != Behaviour.PENDING:
        failed = charge.behaviour in (Behaviour.FAIL_LATER, Behaviour.DISPUTE)
        status = GatewayStatus.FAILED if failed else GatewayStatus.SUCCEEDED
    elif status is GatewayStatus.SUCCEEDED and charge.behaviour == Behaviour.FAIL_AFTER_SUCCESS:
        status = GatewayStatus.FAILED
    if status != before:
        of_refund = update(refunds).where(refunds.c.refund_ref == known.refund_ref)
        await books.execute(of_refund.values(status=status))
    return status
