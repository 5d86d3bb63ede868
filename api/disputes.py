"""Hearing what the bank says of a dispute: an open one holds its payment, a lost one takes back (rules 46 and 52)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.late_failures import take_back
from activities.lost_disputes import count
from api import external_refunds, moments, problems
from api.schemas.disputes import DisputeBody
from db import customers, disputes, journal, payouts, positions, refunds, stored_orders
from db.api_keys import Caller
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.claims.positions import OrderPosition
from domain.lifecycle import RefundStatus
from domain.refusals import RefundRejected, Refusal
from domain.sale.disputes import Dispute, DisputeEvent, DisputeRefused, DisputeStatus, hear
from gateways.ports import DISPUTED


@dataclass(frozen=True, slots=True)
class HeardDispute:
    """The dispute as it stands; `refunds` are those that are to be started or to go on."""

    dispute: Dispute
    is_new: bool = False
    refunds: tuple[Refund, ...] = ()


async def take(connection: AsyncConnection, caller: Caller, order_id: str, body: DisputeBody) -> HeardDispute:
    """Hear it once, with all that follows in the order's books.

    Raises RefundRejected and Problem: `not_found`, `validation_failed`, `conflicting_state`, `temporarily_unavailable`.
    """
    counted = await _lock_what_was_lost(connection, caller, order_id, body)
    customer_id = await customers.lock_of_order(connection, caller.merchant_id, order_id, None)
    stored = await stored_orders.find(connection, caller.merchant_id, order_id, lock=True)
    if customer_id is None or stored is None:
        raise problems.not_found(f"order {order_id!r}")
    position = await positions.of_order(connection, caller.merchant_id, stored)
    said = body.to_domain(stored.order)
    _refuse_what_cannot_be(stored, body, said)
    known = _known(stored.disputes, body.dispute_id)
    try:
        heard = hear(known, body.payment_id, said, dispute_id=body.dispute_id)
    except DisputeRefused as refused:
        raise problems.conflicting_state(str(refused)) from refused
    if heard is None:
        assert known is not None
        return HeardDispute(known)
    now = await _follow(connection, caller, stored, position, heard, counted)
    others = [each for each in stored.disputes if each.dispute_id != body.dispute_id]
    await disputes.keep(connection, caller.merchant_id, order_id, [*others, now.dispute])
    return replace(now, is_new=known is None)


def _known(all_: Sequence[Dispute], dispute_id: str) -> Dispute | None:
    return next((each for each in all_ if each.dispute_id == dispute_id), None)


async def _lock_what_was_lost(
    connection: AsyncConnection, caller: Caller, order_id: str, body: DisputeBody
) -> list[Refund]:
    """Lock the refunds that a loss counts as, before its customer and its order, where the dispute is won after all."""
    if body.status is not DisputeStatus.WON:
        return []
    stored = await stored_orders.find(connection, caller.merchant_id, order_id)
    known = _known(stored.disputes, body.dispute_id) if stored else None
    counting = () if known is None else known.refund_ids
    return [await refunds.get(connection, refund_id, lock=True) for refund_id in sorted(counting)]


def _refuse_what_cannot_be(stored: StoredOrder, body: DisputeBody, said: DisputeEvent) -> None:
    moments.refuse_future("/at", said.at, "the bank can't have said it in the future")
    payment = next((each for each in stored.order.payments if each.payment_id == body.payment_id), None)
    if payment is None:
        raise problems.wrong_field("/payment_id", f"order {stored.order.order_id!r} has no such payment")
    external_refunds.refuse_another_currency(stored.order, body.payment_id, said.amount)
    paid = payment.worth if said.amount.currency == stored.order.currency else payment.amount
    if said.amount.exceeds(paid):
        raise RefundRejected(
            Refusal.AMOUNT_NOT_AVAILABLE,
            f"{said.amount.minor_units} of payment {body.payment_id!r} is said to be disputed, it was of "
            f"{paid.minor_units} ({paid.currency} minor units)",
        )


async def _follow(
    connection: AsyncConnection,
    caller: Caller,
    stored: StoredOrder,
    position: OrderPosition,
    heard: Dispute,
    lost: Sequence[Refund],
) -> HeardDispute:
    if heard.status is DisputeStatus.LOST:
        amount = heard.last.amount
        now, refund = await count(connection, caller.merchant_id, stored, position, heard, amount, by=caller.name)
        return HeardDispute(now, refunds=() if refund is None else (refund,))
    if heard.status is DisputeStatus.WON:
        if {each.refund_id for each in lost} != set(heard.refund_ids):
            raise problems.try_again(f"something of dispute {heard.dispute_id!r} was counted just now: say it again")
        for each in lost:
            await _give_up(connection, caller, each)
        return HeardDispute(replace(heard, uncounted=None), refunds=tuple(lost))
    return HeardDispute(heard)


async def _give_up(connection: AsyncConnection, caller: Caller, lost: Refund) -> None:
    """Unbook what a lost dispute took; a run of its refund gives all that followed again, and ends it."""
    if lost.status is not RefundStatus.COMPLETED:
        raise problems.conflicting_state(
            f"refund {lost.refund_id}, which the loss counts as, is {lost.status}: say it again when it is complete"
        )
    for payout in (await payouts.rows_of(connection, [lost.refund_id]))[lost.refund_id]:
        sentence = f"the dispute was won after all: {payout.money} is the merchant's again"
        note = journal.Note("dispute_won", sentence, caller.name, {"dispute_id": payout.gateway_ref})
        await take_back(connection, lost, payout, DISPUTED, note)
