"""What a payment's share of a refund has come to, in our books: found and locked, and booked where it went."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.exceptions import ApplicationError

from db import journal, payouts, refunds
from db.exchanges import moved
from db.ledger import Account, EntryCause, pocket_of, post
from db.read_models import Payout
from db.steps import AlreadyUndone
from domain import clock
from domain.audit_actions import AuditAction
from domain.explain.messages import format_money
from domain.lifecycle import PaidBy, PayoutStatus
from domain.payout.arrival import UNKNOWN, PayoutArrival, expected_by
from domain.said import GATEWAY
from gateways.ports import DISPUTED, GatewayRefund
from service.steps import RefundRef, RunIsBehind


@dataclass(frozen=True, slots=True)
class PayOut:
    """One payment's share of a refund; `provider` is who is asked for it, "" where nobody knows that."""

    refund: RefundRef
    payment_id: str
    provider: str = ""


@dataclass(frozen=True, slots=True)
class PayoutResult:
    """How far a payout has come; `decline_code` is the provider's.

    `is_by_hand`: nobody pays it but people, who are to be asked. `not_before` is when the provider may be asked for it,
    None: it was asked, or nobody is to be.
    """

    status: PayoutStatus
    decline_code: str | None
    is_by_hand: bool = False
    not_before: datetime | None = None


def as_it_stands(payout: Payout) -> PayoutResult:
    """What a payout has come to; one that nobody has answered yet is to be looked up."""
    status = PayoutStatus(payout.status)
    if status in (PayoutStatus.SUCCEEDED, PayoutStatus.PENDING, PayoutStatus.WAITING_FOR_BALANCE):
        return PayoutResult(status, None)
    if status is PayoutStatus.DECLINED:
        return PayoutResult(status, payout.decline_code)
    return PayoutResult(PayoutStatus.PENDING, None)


async def book_answer(
    connection: AsyncConnection, command: PayOut, payout: Payout, status: PayoutStatus, answer: GatewayRefund
) -> PayoutResult:
    """Book what the provider says of a payout that is locked, if that may follow what is known of it."""
    arrival, reference = _arrival(payout, status, answer), answer.reference or None
    if status is PayoutStatus.SUCCEEDED:
        why = "back to the payment"
        await book_share(
            connection, command, payout, paid_by=PaidBy.GATEWAY, gateway_ref=reference, why=why, arrival=arrival
        )
        return PayoutResult(status, None)
    has_moved = await payouts.move(
        connection, payout.refund_id, payout.payment_id, status, arrival=arrival, gateway_ref=reference
    )
    if has_moved and status is PayoutStatus.WAITING_FOR_BALANCE:
        await journal.record(connection, payout.refund_id, _shortage(payout))
    return as_it_stands(replace(payout, status=status) if has_moved else payout)


def _arrival(payout: Payout, status: PayoutStatus, answer: GatewayRefund) -> PayoutArrival:
    """When the money is to be there: nobody knows while it waits for the merchant's balance."""
    if status is PayoutStatus.WAITING_FOR_BALANCE:
        return PayoutArrival(answer.trace_number)
    provider = answer.provider or payout.gateway
    return PayoutArrival(answer.trace_number, expected_by(provider, payout.method, clock.now()))


def _shortage(payout: Payout) -> journal.Note:
    sentence = f"{payout.payment_id}: the balance at {payout.gateway} is too low for {format_money(payout.money)}"
    detail = {"payment_id": payout.payment_id, "gateway": payout.gateway}
    return journal.Note(AuditAction.WAITING_FOR_BALANCE, sentence, GATEWAY, detail)


async def book_success(
    connection: AsyncConnection, command: PayOut, *, paid_by: PaidBy, gateway_ref: str | None, why: str
) -> None:
    """Book the money where it went, once. Raises AlreadyUndone where it was released."""
    payout = await lock_payout(connection, command)
    await book_share(connection, command, payout, paid_by=paid_by, gateway_ref=gateway_ref, why=why)


async def book_share(
    connection: AsyncConnection,
    command: PayOut,
    payout: Payout,
    *,
    paid_by: PaidBy,
    gateway_ref: str | None,
    why: str,
    arrival: PayoutArrival = UNKNOWN,
) -> None:
    """The same for a payout that is locked already."""
    if payout.status == PayoutStatus.SUCCEEDED:
        return
    ref = command.refund
    pocket = pocket_of(payout.order_id, payout.payment_id)
    taken = payout.money
    if paid_by is PaidBy.STORE_CREDIT:
        pocket = (Account.STORE_CREDIT, (await refunds.get(connection, ref.refund_id)).receiver)
        taken = payout.in_order_currency
    cause = EntryCause(payout.key, why, payout.order_id, ref.refund_id)
    lines = moved((Account.SALE, payout.order_id), pocket, payout.order_id, payout.in_order_currency, taken)
    await post(connection, ref.merchant_id, cause, lines)
    columns = {"paid_by": paid_by.value, "gateway_ref": gateway_ref}
    await payouts.move(
        connection, ref.refund_id, command.payment_id, PayoutStatus.SUCCEEDED, arrival=arrival, **columns
    )


async def lock_payout(connection: AsyncConnection, command: PayOut) -> Payout:
    """Find and lock a payout; one that was released is not paid any more, however late it is asked for.

    Raises RunIsBehind for one that the bank took and gave again: nobody is asked for it, nothing is booked (rule 52).
    """
    try:
        payout = await payouts.find(connection, command.refund.refund_id, command.payment_id, lock=True)
    except NoResultFound as released:
        raise ApplicationError(
            "nothing is to be paid any more", type=AlreadyUndone.__name__, non_retryable=True
        ) from released
    if payout.status == PayoutStatus.DECLINED and payout.decline_code == DISPUTED:
        refund = await refunds.get(connection, payout.refund_id)
        if refund.external is not None and refund.external.read().is_loss:
            raise RunIsBehind(f"the dispute that {payout.refund_id} is the loss of was won after all")
    return payout
