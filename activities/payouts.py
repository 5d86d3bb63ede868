"""The pivot: money goes back to the payments the order was paid with (rules 11, 35 and 36)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.refunds import RefundRef
from db import claims, effects, journal, payouts, refunds
from db.codec import from_json
from db.ledger import Account, Cause, post, transfer
from db.payouts import PayoutStatus
from domain.claims import ClaimState
from domain.messages import spoken
from domain.money import Money
from domain.orders import PaymentMethod
from domain.reasons import RefundStatus
from domain.settlement import Settlement
from gateways.ports import Declined, GatewayRefund, GatewayStatus, PaymentGateway, RefundInstruction, TryLater

_ANSWERED = {
    GatewayStatus.SUCCEEDED: PayoutStatus.SUCCEEDED,
    GatewayStatus.PENDING: PayoutStatus.PENDING,
    GatewayStatus.FAILED: PayoutStatus.DECLINED,
}


@dataclass(frozen=True, slots=True)
class PayOut:
    """One payment's share of a refund."""

    refund: RefundRef
    payment_id: str


@dataclass(frozen=True, slots=True)
class PayoutResult:
    """How far a payout has come; `decline_code` is the provider's."""

    status: PayoutStatus
    decline_code: str | None


class Payouts:
    """No undo: money that went back is not fetched again, the saga only goes forward from here.

    What the provider itself takes back later is in `activities/late_failures.py`.
    """

    def __init__(self, engine: AsyncEngine, gateways: Mapping[str, PaymentGateway]) -> None:
        self._engine = engine
        self._gateways = gateways

    @activity.defn
    async def pay_out(self, command: PayOut) -> PayoutResult:
        """Have a payment paid back, until the provider says yes, no or not yet.

        Whoever may have asked before looks the refund up by our own reference first: by then the provider may have
        forgotten the key, and a second request would be a second refund (rule 36).
        """
        payout = await self._requested(command)
        if payout.status in (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED):
            return PayoutResult(PayoutStatus(payout.status), payout.decline_code)
        if payout.method == PaymentMethod.STORE_CREDIT:
            return await self._credit(command, "store credit goes back to itself")
        gateway, instruction = self._gateways[payout.gateway], instruction_of(payout)
        known = await gateway.look_up(instruction) if payout.status != PayoutStatus.PLANNED else None
        if known is not None:
            return await self._book(command, known)
        try:
            answer = await gateway.refund(instruction)
        except Declined as declined:
            return await self._book_decline(command, declined.code, str(declined))
        except TryLater as busy:
            raise ApplicationError(str(busy), type="TryLater", next_retry_delay=busy.retry_after) from busy
        return await self._book(command, answer)

    @activity.defn
    async def look_up_payout(self, command: PayOut) -> PayoutResult:
        """Ask the provider what became of a payout that was pending; one it never heard of is asked for again."""
        return await self.pay_out(command)

    @activity.defn
    async def ask_again(self, command: PayOut) -> PayoutResult:
        """Ask the provider anew after a decline, because people say that it will work now."""
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            payout = await _planned(connection, command)
            if payout.status == PayoutStatus.DECLINED:
                await payouts.move(connection, refund_id, command.payment_id, PayoutStatus.PLANNED)
        return await self.pay_out(command)

    @activity.defn
    async def credit_instead(self, command: PayOut) -> PayoutResult:
        """Give store credit for a payment that was declined (rule 11)."""
        return await self._credit(command, "declined payment given as store credit")

    @activity.defn
    async def confirm_payouts(self, ref: RefundRef) -> None:
        """Everything is paid: the claims are final, deductions are booked, entitlements may follow (rule 17)."""
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("confirm_payouts"))
            if is_repeat:
                return
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            settlement = from_json(Settlement, refund.settlement)
            await _book_deductions(connection, refund, settlement)
            await _book_deductions_returned(connection, refund, settlement)
            await claims.set_state(connection, ref.refund_id, ClaimState.PAID)
            await refunds.set_status(connection, ref.refund_id, RefundStatus.RESTORING)
            total = settlement.total
            sentence = f"{spoken(total)} paid out" if total else "nothing to pay out"
            note = journal.Note("paid", sentence, "makewhole", {"total": total.minor_units})
            await journal.record(connection, ref.refund_id, note)

    async def _requested(self, command: PayOut) -> Row[Any]:
        """Write down that we are about to ask, before we ask."""
        async with self._engine.begin() as connection:
            payout = await _planned(connection, command)
            if payout.status == PayoutStatus.PLANNED:
                await payouts.move(connection, payout.refund_id, payout.payment_id, PayoutStatus.REQUESTED)
        return payout

    async def _book(self, command: PayOut, answer: GatewayRefund) -> PayoutResult:
        status = _ANSWERED[answer.status]
        if status is PayoutStatus.SUCCEEDED:
            why = "back to the payment"
            return await self._succeed(command, paid_by="gateway", gateway_ref=answer.reference, why=why)
        if status is PayoutStatus.DECLINED:
            code = answer.decline_code or "failed_later"
            return await self._book_decline(command, code, "the provider could not deliver the money")
        async with self._engine.begin() as connection:
            ref = command.refund.refund_id
            await payouts.move(connection, ref, command.payment_id, status, gateway_ref=answer.reference)
        return PayoutResult(status, None)

    async def _book_decline(self, command: PayOut, code: str, message: str) -> PayoutResult:
        ref = command.refund.refund_id
        async with self._engine.begin() as connection:
            payout = await _planned(connection, command)
            if payout.status == PayoutStatus.SUCCEEDED:
                return PayoutResult(PayoutStatus.SUCCEEDED, None)
            if payout.status != PayoutStatus.DECLINED:
                await payouts.move(connection, ref, command.payment_id, PayoutStatus.DECLINED, decline_code=code)
                sentence = f"payment {command.payment_id} can't be paid back to: {message}"
                detail = {"payment_id": command.payment_id, "code": code}
                await journal.record(connection, ref, journal.Note("payout_declined", sentence, "gateway", detail))
        return PayoutResult(PayoutStatus.DECLINED, code)

    async def _credit(self, command: PayOut, why: str) -> PayoutResult:
        return await self._succeed(command, paid_by="store_credit", gateway_ref=None, why=why)

    async def _succeed(self, command: PayOut, *, paid_by: str, gateway_ref: str | None, why: str) -> PayoutResult:
        async with self._engine.begin() as connection:
            await book_success(connection, command, paid_by=paid_by, gateway_ref=gateway_ref, why=why)
        return PayoutResult(PayoutStatus.SUCCEEDED, None)


async def book_success(
    connection: AsyncConnection, command: PayOut, *, paid_by: str, gateway_ref: str | None, why: str
) -> None:
    """Book the money where it went, once. Raises AlreadyUndone where it was released."""
    ref, payout = command.refund, await _planned(connection, command)
    if payout.status == PayoutStatus.SUCCEEDED:
        return
    refund = await refunds.get(connection, ref.refund_id)
    pocket = (Account.PAYMENT, f"{payout.order_id}/{payout.payment_id}")
    if paid_by == "store_credit":
        pocket = (Account.STORE_CREDIT, refund.customer_id)
    cause = Cause(payout.key, why, payout.order_id, ref.refund_id)
    lines = transfer((Account.SALE, payout.order_id), pocket, payout.currency, payout.amount)
    await post(connection, ref.merchant_id, cause, lines)
    columns = {"paid_by": paid_by, "gateway_ref": gateway_ref}
    await payouts.move(connection, ref.refund_id, command.payment_id, PayoutStatus.SUCCEEDED, **columns)


async def _planned(connection: AsyncConnection, command: PayOut) -> Row[Any]:
    """Find and lock a payout; one that was released is not paid any more, however late it is asked for."""
    try:
        return await payouts.find(connection, command.refund.refund_id, command.payment_id, lock=True)
    except NoResultFound as released:
        raise ApplicationError("nothing is to be paid any more", type="AlreadyUndone", non_retryable=True) from released


def instruction_of(payout: Row[Any]) -> RefundInstruction:
    return RefundInstruction(
        key=payout.key,
        merchant_id=payout.merchant_id,
        charge_ref=payout.charge_ref,
        amount=Money(payout.currency, payout.amount),
    )


async def _book_deductions(connection: AsyncConnection, refund: Row[Any], settlement: Settlement) -> None:
    """What was taken off the payout makes good what promotions gave; the rest the customer owes (rule 10)."""
    promotions = (Account.PROMOTIONS, refund.merchant_id)
    for place, each in enumerate(settlement.deductions):
        cause = Cause(
            f"{refund.refund_id}:deduction:{place}", f"{each.kind} {each.source_id}", refund.order_id, refund.refund_id
        )
        lines = transfer((Account.SALE, refund.order_id), promotions, refund.currency, each.amount.minor_units)
        lines += transfer((Account.OWED, refund.customer_id), promotions, refund.currency, each.owed.minor_units)
        await post(connection, refund.merchant_id, cause, lines)


async def _book_deductions_returned(connection: AsyncConnection, refund: Row[Any], settlement: Settlement) -> None:
    """What earlier refunds had deducted is paid with this one, or no longer owed (rule 45)."""
    promotions = (Account.PROMOTIONS, refund.merchant_id)
    for place, each in enumerate(settlement.deductions_returned):
        key = f"{refund.refund_id}:grant-deduction-returned:{place}"
        cause = Cause(key, f"{each.kind} {each.source_id} returned", refund.order_id, refund.refund_id)
        lines = transfer(promotions, (Account.SALE, refund.order_id), refund.currency, each.amount.minor_units)
        lines += transfer(promotions, (Account.OWED, refund.customer_id), refund.currency, each.owed.minor_units)
        await post(connection, refund.merchant_id, cause, lines)
