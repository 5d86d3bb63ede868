"""Hearing what the bank says of a dispute: an open one holds its payment, a lost one takes back (rules 46 and 52).

Callers and providers' webhooks say it; what follows in the order's books is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.late_failures import take_back
from activities.lost_disputes import count
from db import customers, disputes, journal, payouts, positions, refunds, stored_orders
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain.audit_actions import AuditAction
from domain.claims.positions import OrderPosition
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.refusals import RefundRejected, Refusal
from domain.sale.disputes import Dispute, DisputeEvent, DisputeRefused, DisputeStatus, hear
from domain.sale.orders import Order
from domain.sale.payments import Payment
from gateways.ports import DISPUTED


class UnknownOrder(Exception):
    """There is no such order."""


class CannotBe(Exception):
    """What is said is not of this order; `field` is what says so."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotYet(Exception):
    """It can be heard later: a loss is being counted just now."""


class LossUnderWay(DisputeRefused):
    """It is won after all, and what its loss took is not given back before that is complete."""


@dataclass(frozen=True, slots=True)
class SaidOfDispute:
    """What is said of a dispute, by whom; `currency` None is the order's."""

    order_id: str
    dispute_id: str
    payment_id: str
    status: DisputeStatus
    amount: int
    currency: str | None
    at: datetime
    by: str

    def event(self, order: Order) -> DisputeEvent:
        return DisputeEvent(self.status, Money(self.currency or order.currency, self.amount), self.at)


@dataclass(frozen=True, slots=True)
class HeardDispute:
    """The dispute as it stands; `refunds` are those that are to be started or to go on."""

    dispute: Dispute
    is_new: bool = False
    refunds: tuple[Refund, ...] = ()


async def take(connection: AsyncConnection, merchant_id: str, saying: SaidOfDispute) -> HeardDispute:
    """Hear it once, with all that follows in the order's books.

    Raises RefundRejected, UnknownOrder, CannotBe, DisputeRefused and NotYet.
    """
    counted = await _lock_what_was_lost(connection, merchant_id, saying)
    customer_id = await customers.lock_of_order(connection, merchant_id, saying.order_id, None)
    stored = await stored_orders.find(connection, merchant_id, saying.order_id, lock=True)
    if customer_id is None or stored is None:
        raise UnknownOrder(saying.order_id)
    position = await positions.of_order(connection, merchant_id, stored)
    said = saying.event(stored.order)
    known = _known(stored.disputes, saying.dispute_id)
    heard = hear(known, saying.payment_id, said, dispute_id=saying.dispute_id)
    if heard is None:
        assert known is not None
        return HeardDispute(known)
    _refuse_what_cannot_be(stored.order, saying, said)
    now = await _follow(connection, merchant_id, stored, position, heard, counted, saying.by)
    others = [each for each in stored.disputes if each.dispute_id != saying.dispute_id]
    await disputes.keep(connection, merchant_id, saying.order_id, [*others, now.dispute])
    await _note(connection, merchant_id, customer_id, saying, said)
    return replace(now, is_new=known is None)


async def _note(
    connection: AsyncConnection, merchant_id: str, customer_id: str, saying: SaidOfDispute, said: DisputeEvent
) -> None:
    """An open one holds its payment, and one that ends lets go of it: by whose word is in the trail."""
    named = {"dispute_id": saying.dispute_id, "payment_id": saying.payment_id, "status": said.status}
    detail = {**named, "amount": said.amount.minor_units, "currency": said.amount.currency, "at": said.at.isoformat()}
    sentence = f"dispute {saying.dispute_id} of payment {saying.payment_id} is said to be {said.status}"
    note = journal.Note(AuditAction.DISPUTE_HEARD, sentence, saying.by, detail)
    await journal.record_of_order(connection, merchant_id, saying.order_id, customer_id, note)


def _known(all_: Sequence[Dispute], dispute_id: str) -> Dispute | None:
    return next((each for each in all_ if each.dispute_id == dispute_id), None)


async def _lock_what_was_lost(connection: AsyncConnection, merchant_id: str, saying: SaidOfDispute) -> list[Refund]:
    """Lock the refunds that a loss counts as, before its customer and its order, where the dispute is won after all."""
    if saying.status is not DisputeStatus.WON:
        return []
    stored = await stored_orders.find(connection, merchant_id, saying.order_id)
    known = _known(stored.disputes, saying.dispute_id) if stored else None
    counting = () if known is None else known.refund_ids
    return [await refunds.get(connection, refund_id, lock=True) for refund_id in sorted(counting)]


def _refuse_what_cannot_be(order: Order, saying: SaidOfDispute, said: DisputeEvent) -> None:
    payment = next((each for each in order.payments if each.payment_id == saying.payment_id), None)
    if payment is None:
        raise CannotBe("payment_id", f"order {order.order_id!r} has no such payment")
    paid = paid_in(said.amount.currency, order, payment)
    if said.amount.exceeds(paid):
        raise RefundRejected(
            Refusal.AMOUNT_NOT_AVAILABLE,
            f"{said.amount.minor_units} of payment {saying.payment_id!r} is said to be disputed, it was of "
            f"{paid.minor_units} ({paid.currency} minor units)",
        )


def paid_in(currency: str, order: Order, payment: Payment) -> Money:
    """What a payment was of, in its own currency or in the order's; raises CannotBe for any other."""
    if currency == order.currency:
        return payment.worth
    if currency == payment.amount.currency:
        return payment.amount
    raise CannotBe(
        "currency",
        f"order {order.order_id!r} is in {order.currency} and payment {payment.payment_id!r} is in "
        f"{payment.amount.currency}: say it in one of the two",
    )


async def _follow(
    connection: AsyncConnection,
    merchant_id: str,
    stored: StoredOrder,
    position: OrderPosition,
    heard: Dispute,
    lost: Sequence[Refund],
    by: str,
) -> HeardDispute:
    if heard.status is DisputeStatus.LOST:
        amount = heard.last.amount
        now, refund = await count(connection, merchant_id, stored, position, heard, amount, by=by)
        return HeardDispute(now, refunds=() if refund is None else (refund,))
    if heard.status is DisputeStatus.WON:
        if {each.refund_id for each in lost} != set(heard.refund_ids):
            raise NotYet(f"something of dispute {heard.dispute_id!r} was counted just now: say it again")
        for each in lost:
            await _give_up(connection, by, each)
        return HeardDispute(replace(heard, uncounted=None), refunds=tuple(lost))
    return HeardDispute(heard)


async def _give_up(connection: AsyncConnection, by: str, lost: Refund) -> None:
    """Unbook what a lost dispute took; a run of its refund gives all that followed again, and ends it."""
    if lost.status is not RefundStatus.COMPLETED:
        raise LossUnderWay(
            f"refund {lost.refund_id}, which the loss counts as, is {lost.status}: say it again when it is complete"
        )
    for payout in (await payouts.rows_of(connection, [lost.refund_id]))[lost.refund_id]:
        sentence = f"the dispute was won after all: {payout.money} is the merchant's again"
        note = journal.Note(AuditAction.DISPUTE_WON, sentence, by, {"dispute_id": payout.gateway_ref})
        await take_back(connection, lost, payout, DISPUTED, note)
