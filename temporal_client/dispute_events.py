"""What providers say of disputes by webhook, brought to the order whose payment it is (rules 6, 46 and 52)."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from activities import disputes
from activities.disputes import CannotBe, LossUnderWay, NotYet, SaidOfDispute, paid_in
from db import messages, stored_orders, stray_disputes
from db.engine import snapshots
from db.stray_disputes import StrayDispute
from domain import clock
from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.refusals import RefundRejected
from domain.sale.disputes import DisputeRefused, DisputeStatus, SaidBefore
from domain.sale.orders import Order
from domain.sale.payments import Payment
from gateways.ports import ProviderDispute
from temporal_client.start import ensure_running

_BY = "gateway"


class NotHeard(Exception):
    """It can't be heard now, and says why."""


class NoSuchPayment(NotHeard):
    """No order of the merchant has the payment, so far."""


@dataclass(frozen=True, slots=True)
class _Disputed:
    """A payment of an order that a provider speaks of; `is_decided`: it has been said how the dispute ended."""

    order: Order
    payment: Payment
    is_decided: bool


async def note_dispute(
    client: Client, engine: AsyncEngine, merchant_id: str, gateway: str, said: ProviderDispute
) -> bool:
    """Hear it, any number of times and in any order; tell whether that was possible.

    What can't be heard is kept, and operations are told why. It is heard as soon as it can be (`take_up`).
    """
    stray = StrayDispute(
        merchant_id, gateway, said.dispute_id, said.stands, said.status, said.charge_refs, said.amount, said.at, ""
    )
    return await _hear_or_keep(client, engine, stray)


async def take_up(client: Client, engine: AsyncEngine, merchant_id: str) -> None:
    """Hear what was told of payments before their order was there."""
    async with snapshots(engine).connect() as connection:
        waiting = await stray_disputes.of_merchant(connection, merchant_id)
    for each in waiting:
        await take_up_one(client, engine, each)


async def take_up_one(client: Client, engine: AsyncEngine, stray: StrayDispute) -> None:
    if await _hear_or_keep(client, engine, stray):
        async with engine.begin() as connection:
            await stray_disputes.drop(connection, stray)


async def _hear_or_keep(client: Client, engine: AsyncEngine, stray: StrayDispute) -> bool:
    try:
        await _hear(client, engine, stray)
    except NotHeard as why:
        async with engine.begin() as connection:
            await stray_disputes.keep(connection, replace(stray, why=str(why)))
            subject = f"stray dispute {stray.gateway} {stray.dispute_id} {stray.stands}"
            await messages.put_for_operations(connection, stray.merchant_id, "", subject, _told(stray, why))
        return False
    return True


async def _hear(client: Client, engine: AsyncEngine, stray: StrayDispute) -> None:
    """Raises NotHeard."""
    if stray.status is None:
        raise NotHeard(f"what {stray.stands!r} means for the money is not known here: look there who has it")
    async with snapshots(engine).connect() as connection:
        found = await _found(connection, stray)
    if not found:
        raise NoSuchPayment("no order here has that payment; it is heard as soon as one does")
    is_lost = stray.status is DisputeStatus.LOST
    if is_lost and any(each.is_decided for each in found):
        return  # it was said before, by a person where we could not count it
    if is_lost and len(found) > 1:
        named = ", ".join(f"{each.payment.payment_id} of {each.order.order_id}" for each in found)
        raise NotHeard(f"it is the payment of several ({named}): say at each how much of it was lost")
    for each in found:
        for refund_id in await _take(engine, stray, each):
            await ensure_running(client, engine, refund_id)


async def _found(connection: AsyncConnection, stray: StrayDispute) -> list[_Disputed]:
    found: list[_Disputed] = []
    for order_id in await stray_disputes.orders_of(connection, stray.merchant_id, stray.charge_refs):
        stored = await stored_orders.find(connection, stray.merchant_id, order_id)
        assert stored is not None
        ended = (DisputeStatus.LOST, DisputeStatus.WON)
        is_decided = any(each.dispute_id == stray.dispute_id and each.status in ended for each in stored.disputes)
        found += [
            _Disputed(stored.order, payment, is_decided)
            for payment in stored.order.payments
            if payment.gateway == stray.gateway and payment.gateway_ref in stray.charge_refs
        ]
    return found


async def _take(engine: AsyncEngine, stray: StrayDispute, disputed: _Disputed) -> list[str]:
    """Hear it of one payment, and name the refunds that are to go on; none where it was said before.

    Raises NotHeard.
    """
    saying = _saying(stray, disputed)
    try:
        async with engine.begin() as connection:
            heard = await disputes.take(connection, stray.merchant_id, saying)
            subject = f"dispute {saying.order_id} {saying.payment_id} {saying.dispute_id} {saying.status}"
            await messages.put_for_operations(connection, stray.merchant_id, "", subject, _said(stray, saying))
    except SaidBefore:
        return []
    except (LossUnderWay, NotYet) as later:
        raise NotHeard(f"{later}; it is heard by itself then") from later
    except (DisputeRefused, RefundRejected, CannotBe) as refused:
        raise NotHeard(str(refused)) from refused
    return [each.refund_id for each in heard.refunds]


def _saying(stray: StrayDispute, disputed: _Disputed) -> SaidOfDispute:
    assert stray.status is not None
    amount = _amount(stray, disputed)
    order_id, payment_id = disputed.order.order_id, disputed.payment.payment_id
    at = min(stray.at, clock.now())
    return SaidOfDispute(
        order_id, stray.dispute_id, payment_id, stray.status, amount.minor_units, amount.currency, at, by=_BY
    )


def _amount(stray: StrayDispute, disputed: _Disputed) -> Money:
    """What is disputed, at most all that was paid; all of it, where they don't say how much. Raises NotHeard.

    A bank may take another amount than was paid, as rates change, or in another currency. What was lost then a person
    has to say; until then all of it is held.
    """
    whole, said = disputed.payment.amount, stray.amount
    if said is None:
        return whole
    if said.currency != whole.currency:
        if stray.status is DisputeStatus.LOST:
            raise NotHeard(f"it is in {said.currency}, and was paid in {whole.currency}: say how much was lost")
        return whole
    return said.at_most(paid_in(said.currency, disputed.order, disputed.payment))


def _told(stray: StrayDispute, why: NotHeard) -> str:
    refs = ", ".join(stray.charge_refs)
    over = f" over {format_money(stray.amount)}" if stray.amount else ""
    return f"{stray.gateway} says of dispute {stray.dispute_id}{over} of {refs}: {stray.stands}. {why}"


def _said(stray: StrayDispute, saying: SaidOfDispute) -> str:
    over = format_money(Money(saying.currency or "", saying.amount))
    whose = f"payment {saying.payment_id} of order {saying.order_id}"
    return f"{stray.gateway} says of dispute {stray.dispute_id} over {over} of {whose}: {stray.stands}."
