"""What goes back to which payment, and how far it has come."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Executable, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import disputes, merchant_time
from db.batches import inserted
from db.built import built_once, one_of
from db.read_models import Payout
from db.rows import read
from db.schema import (
    ended_payout_keys,
    foreign_refunds,
    orders,
    payouts,
    payouts_undecided,
)
from domain.lifecycle import UNDECIDED, PaidBy, PayoutStatus, payouts_before
from domain.money.amounts import Money
from domain.payout.arrival import UNKNOWN, PayoutArrival
from domain.payout.choice import RefundTo
from domain.payout.keys import payout_key
from domain.payout.limits import Limit
from domain.payout.tenders import Tender
from domain.sale.orders import Order
from domain.sale.payments import PaymentMethod


async def plan(
    connection: AsyncConnection,
    merchant_id: str,
    order: Order,
    refund_id: str,
    tenders: Sequence[Tender],
    *,
    cards_at: str = "",
) -> None:
    """Write down what goes back to which payment; `place` is the payment's in its order.

    `cards_at` is the gateway of gift cards that the order names none for.
    """
    places = {payment.payment_id: place for place, payment in enumerate(order.payments)}
    rows = [
        {
            "refund_id": refund_id,
            "payment_id": tender.payment.payment_id,
            "place": places[tender.payment.payment_id],
            "merchant_id": merchant_id,
            "order_id": order.order_id,
            "key": payout_key(refund_id, places[tender.payment.payment_id], 0),
            "method": tender.payment.method,
            "gateway": tender.payment.gateway or (cards_at if _is_card(tender) else ""),
            "charge_ref": tender.payment.gateway_ref,
            "amount": tender.in_own_currency.minor_units,
            "currency": tender.in_own_currency.currency,
            "status": PayoutStatus.PLANNED,
            "order_amount": None if tender.converted is None else tender.amount.minor_units,
            "order_currency": None if tender.converted is None else tender.amount.currency,
            "goes_to": tender.goes_to,
        }
        for tender in tenders
    ]
    if rows:
        await inserted(payouts, rows).on(connection)


def _is_card(tender: Tender) -> bool:
    return tender.payment.method == PaymentMethod.GIFT_CARD


async def abandon(connection: AsyncConnection, refund_id: str) -> None:
    """Forget what was planned; what reached a provider with success stays."""
    dead = (payouts.c.refund_id == refund_id) & (payouts.c.status != PayoutStatus.SUCCEEDED)
    await connection.execute(delete(payouts).where(dead))


async def find(connection: AsyncConnection, refund_id: str, payment_id: str, *, lock: bool = False) -> Payout:
    return read(Payout, (await _payout(lock, refund_id=refund_id, payment_id=payment_id).on(connection)).one())


@built_once
def _payout(lock: bool, *, refund_id: Any, payment_id: Any) -> Executable:
    query = select(payouts).where(payouts.c.refund_id == refund_id, payouts.c.payment_id == payment_id)
    return query.with_for_update() if lock else query


async def is_under_way(connection: AsyncConnection, refund_id: str) -> bool:
    """Whether a provider has been asked for any of a refund's payouts, and did not say no."""
    return (await _under_way(refund_id=refund_id).on(connection)).first() is not None


@built_once
def _under_way(*, refund_id: Any) -> Executable:
    asked = (*UNDECIDED, PayoutStatus.SUCCEEDED)
    return select(payouts.c.payment_id).where(payouts.c.refund_id == refund_id, payouts.c.status.in_(asked))


async def by_key(connection: AsyncConnection, key: str) -> Payout | None:
    """Find a payout by the key under which a provider is asked for it, or was before it said no."""
    query = select(payouts).where(payouts.c.key == key)
    found = (await connection.execute(query)).one_or_none()
    if found is not None:
        return read(Payout, found)
    ended = (ended_payout_keys.c.refund_id == payouts.c.refund_id) & (
        ended_payout_keys.c.payment_id == payouts.c.payment_id
    )
    query = select(payouts).join(ended_payout_keys, ended).where(ended_payout_keys.c.key == key)
    found = (await connection.execute(query)).one_or_none()
    return None if found is None else read(Payout, found)


async def ask_anew(connection: AsyncConnection, payout: Payout) -> None:
    """End the key of a payout that got a definite no: it is asked for under the next one (rule 36)."""
    ended = {"key": payout.key, "refund_id": payout.refund_id, "payment_id": payout.payment_id}
    await connection.execute(insert(ended_payout_keys).values(**ended, decline_code=payout.decline_code))
    noes = payout.noes + 1
    next_key = payout_key(payout.refund_id, payout.place, noes)
    of_payout = (payouts.c.refund_id == payout.refund_id) & (payouts.c.payment_id == payout.payment_id)
    await connection.execute(update(payouts).where(of_payout).values(key=next_key, noes=noes))
    await move(connection, payout.refund_id, payout.payment_id, PayoutStatus.PLANNED)


async def accept(connection: AsyncConnection, payout: Payout, references: Sequence[str]) -> None:
    """Remember that people know these refunds of the provider's, which are none of ours."""
    row = {"merchant_id": payout.merchant_id, "gateway": payout.gateway, "refund_id": payout.refund_id}
    for reference in references:
        statement = upsert(foreign_refunds).values(**row, reference=reference)
        await connection.execute(statement.on_conflict_do_nothing())


async def accepted(connection: AsyncConnection, merchant_id: str, gateway: str, references: Sequence[str]) -> set[str]:
    """Pick those refunds of a provider that people know, though they are none of ours."""
    query = select(foreign_refunds.c.reference).where(
        foreign_refunds.c.merchant_id == merchant_id,
        foreign_refunds.c.gateway == gateway,
        one_of(foreign_refunds.c.reference, references),
    )
    return set((await connection.execute(query)).scalars())


async def rows_of(connection: AsyncConnection, refund_ids: Sequence[str]) -> dict[str, list[Payout]]:
    by_refund: dict[str, list[Payout]] = defaultdict(list)
    for row in await _of_refunds(refund_ids=refund_ids).on(connection):
        by_refund[row.refund_id].append(read(Payout, row))
    return by_refund


@built_once
def _of_refunds(*, refund_ids: Any) -> Executable:
    return select(payouts).where(one_of(payouts.c.refund_id, refund_ids)).order_by(payouts.c.place)


async def of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str
) -> dict[str, tuple[tuple[str, Money], ...]]:
    """Return what each refund of an order pays to which payment, planned or done, in the order's currency."""
    by_refund: dict[str, list[tuple[str, Money]]] = defaultdict(list)
    for row in await _of_order(merchant_id=merchant_id, order_id=order_id).on(connection):
        by_refund[row.refund_id].append((row.payment_id, read(Payout, row).in_order_currency))
    return {refund_id: tuple(shares) for refund_id, shares in by_refund.items()}


@built_once
def _of_order(*, merchant_id: Any, order_id: Any) -> Executable:
    return select(payouts).where(payouts.c.merchant_id == merchant_id, payouts.c.order_id == order_id)


async def refunds_of_keys(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """Name the refunds whose payouts have these keys, or had them before somebody said no."""
    known: dict[str, str] = {}
    for table in (payouts, ended_payout_keys):
        query = select(table.c.key, table.c.refund_id).where(one_of(table.c.key, keys))
        known.update({row.key: row.refund_id for row in await connection.execute(query)})
    return known


async def request(connection: AsyncConnection, payout: Payout) -> bool:
    """Note that a payout is about to be asked for; tell whether it is, which it is not while a dispute holds it."""
    found = await _requested(refund_id=payout.refund_id, payment_id=payout.payment_id).on(connection)
    return found.first() is not None


@built_once
def _requested(*, refund_id: Any, payment_id: Any) -> Executable:
    of_payout = (payouts.c.refund_id == refund_id) & (payouts.c.payment_id == payment_id)
    may_move = of_payout & payouts.c.status.in_(payouts_before(PayoutStatus.REQUESTED)) & ~disputes.holds_payout()
    moved = update(payouts).where(may_move).values(status=PayoutStatus.REQUESTED, updated_at=func.now())
    return moved.returning(payouts.c.payment_id)


async def is_held(connection: AsyncConnection, payout: Payout) -> bool:
    """Whether a dispute holds its payment now: nothing more goes to it."""
    found = await _held(refund_id=payout.refund_id, payment_id=payout.payment_id).on(connection)
    return found.first() is not None


@built_once
def _held(*, refund_id: Any, payment_id: Any) -> Executable:
    of_payout = (payouts.c.refund_id == refund_id) & (payouts.c.payment_id == payment_id)
    return select(payouts.c.payment_id).where(of_payout, disputes.holds_payout())


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """Of the payment of a share: how many refunds of it by other shares its provider has, when the last was asked for.

    `paid_at` is when its order was paid, `now` is PostgreSQL's time.
    """

    refunds: int
    last_asked_at: datetime | None
    paid_at: datetime | None
    now: datetime


async def asked_before(connection: AsyncConnection, payout: Payout) -> AskedBefore:
    """Say what was asked for of a payment by the shares of other refunds."""
    order = {"merchant_id": payout.merchant_id, "order_id": payout.order_id}
    found = await _asked_before(payment_id=payout.payment_id, refund_id=payout.refund_id, **order).on(connection)
    row = found.one()
    paid_at = None if row.paid_at is None else datetime.fromisoformat(row.paid_at)
    return AskedBefore(row.refunds, row.last_asked_at, paid_at, row.now)


@built_once
def _asked_before(*, merchant_id: Any, order_id: Any, payment_id: Any, refund_id: Any) -> Executable:
    own = (payouts.c.merchant_id == merchant_id) & (payouts.c.order_id == order_id)
    others = own & (payouts.c.payment_id == payment_id) & (payouts.c.refund_id != refund_id)
    asked = others & _AT_PROVIDER & _WAS_ASKED_FOR
    stands = payouts.c.status != PayoutStatus.DECLINED
    sold = (orders.c.merchant_id == merchant_id) & (orders.c.order_id == order_id)
    return select(
        select(func.count()).where(asked, stands).scalar_subquery().label("refunds"),
        select(func.max(payouts.c.updated_at)).where(asked).scalar_subquery().label("last_asked_at"),
        select(orders.c.snapshot["paid_at"].astext).where(sold).scalar_subquery().label("paid_at"),
        func.clock_timestamp(type_=DateTime(timezone=True)).label("now"),
    )


async def counted_at_providers(connection: AsyncConnection, merchant_id: str, order_id: str) -> dict[str, int]:
    """Count for each payment of an order the refunds that its provider has, or is to be asked for."""
    of_order = (payouts.c.merchant_id == merchant_id) & (payouts.c.order_id == order_id)
    counts = of_order & _AT_PROVIDER & (payouts.c.status != PayoutStatus.DECLINED)
    query = select(payouts.c.payment_id, func.count().label("refunds")).where(counts).group_by(payouts.c.payment_id)
    return {row.payment_id: row.refunds for row in await connection.execute(query)}


_AT_PROVIDER = (payouts.c.goes_to == RefundTo.ORIGINAL) & func.coalesce(payouts.c.paid_by, PaidBy.GATEWAY.value).in_(
    (PaidBy.GATEWAY, PaidBy.EXTERNAL)
)
"""What its provider has, or is to have: nothing that went another way."""

_WAS_ASKED_FOR = (payouts.c.status != PayoutStatus.PLANNED) & ~(
    (payouts.c.status == PayoutStatus.DECLINED) & payouts.c.decline_code.in_(list(Limit))
)
"""Whatever became of it: all but what waits for its turn, or was declined here because of a limit."""


async def decline_as(connection: AsyncConnection, payout: Payout, code: str) -> None:
    """Say of a payout that was declined what stands in its way by now."""
    of_payout = (payouts.c.refund_id == payout.refund_id) & (payouts.c.payment_id == payout.payment_id)
    await connection.execute(update(payouts).where(of_payout).values(decline_code=code, updated_at=func.now()))


async def move(
    connection: AsyncConnection,
    refund_id: str,
    payment_id: str,
    status: PayoutStatus,
    *,
    arrival: PayoutArrival = UNKNOWN,
    **columns: str | None,
) -> bool:
    """Set a payout's status, when it arrives, and `gateway_ref`, `decline_code` or `paid_by` with it; tell whether so.

    What may not follow the status that it has by now changes nothing: an answer that is late is no news.
    """
    way = {"trace_number": arrival.trace_number, "expected_by": arrival.expected_by}
    moved = await _moved(status, refund_id=refund_id, payment_id=payment_id, **way, **columns).on(connection)
    return moved.first() is not None


async def note_trace(connection: AsyncConnection, key: str, reference: str, trace_number: str) -> None:
    """Note what a bank finds a payout by, which the provider says later than that it is paid."""
    is_it = (payouts.c.key == key) & (payouts.c.gateway_ref == reference)
    is_new = payouts.c.trace_number.is_distinct_from(trace_number)
    await connection.execute(update(payouts).where(is_it, is_new).values(trace_number=trace_number))


async def waiting_for_balance(connection: AsyncConnection, merchant_id: str) -> dict[tuple[str, str], Money]:
    """Sum what waits for a merchant's balance, by gateway and currency."""
    is_short = payouts.c.status == PayoutStatus.WAITING_FOR_BALANCE
    query = select(payouts.c.gateway, payouts.c.currency, func.sum(payouts.c.amount).cast(BigInteger).label("amount"))
    query = query.where(payouts.c.merchant_id == merchant_id, payouts_undecided, is_short)
    found = await connection.execute(query.group_by(payouts.c.gateway, payouts.c.currency))
    return {(row.gateway, row.currency): Money(row.currency, row.amount) for row in found}


@dataclass(frozen=True, slots=True)
class LatePayout:
    """A payout that is not paid although the provider's own time for it is over."""

    merchant_id: str
    refund_id: str
    payment_id: str
    gateway: str
    money: Money
    expected_by: datetime


async def next_late(connection: AsyncConnection, merchant_id: str) -> datetime | None:
    """When the next payout of a merchant is later than was expected, by their clock; nobody was told of it."""
    untold = payouts.c.said_late_at.is_(None) & payouts_undecided
    query = select(func.min(payouts.c.expected_by)).where(payouts.c.merchant_id == merchant_id, untold)
    moment: datetime | None = (await connection.execute(query)).scalar_one()
    return moment


async def take_late(connection: AsyncConnection, limit: int) -> list[LatePayout]:
    """Pick payouts that are later than was expected and of which nobody was told, and note that they are told of."""
    is_over = merchant_time.is_over(payouts.c.expected_by, payouts.c.merchant_id)
    is_late = is_over & payouts.c.said_late_at.is_(None) & payouts_undecided
    place = payouts.c.refund_id, payouts.c.payment_id
    some = select(*place).where(is_late).order_by(payouts.c.expected_by).limit(limit).with_for_update(skip_locked=True)
    told = update(payouts).where(tuple_(*place).in_(some)).values(said_late_at=func.now())
    found = await connection.execute(told.returning(payouts))
    return [
        LatePayout(
            row.merchant_id,
            row.refund_id,
            row.payment_id,
            row.gateway,
            Money(row.currency, row.amount),
            row.expected_by,
        )
        for row in found
    ]


@built_once
def _moved(status: PayoutStatus, *, refund_id: Any, payment_id: Any, **columns: Any) -> Executable:
    of_payout = (payouts.c.refund_id == refund_id) & (payouts.c.payment_id == payment_id)
    may_move = of_payout & payouts.c.status.in_(payouts_before(status))
    moved = update(payouts).where(may_move).values(status=status, updated_at=func.now(), said_late_at=None, **columns)
    return moved.returning(payouts.c.payment_id)
