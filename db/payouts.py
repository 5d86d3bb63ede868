"""What goes back to which payment, and how far it has come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.ledger import Account
from db.schema import ledger_entries, payouts, postings
from domain.money import Money
from domain.tenders import Tender


class PayoutStatus(StrEnum):
    """Only `succeeded` is paid (rule 35)."""

    PLANNED = "planned"
    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


def payout_key(refund_id: str, payment_id: str) -> str:
    """Name the intent, never the amount, the attempt or the time (rule 36)."""
    return f"{refund_id}:payout:{payment_id}"


async def plan(
    connection: AsyncConnection, merchant_id: str, order_id: str, refund_id: str, tenders: Sequence[Tender]
) -> None:
    rows = [
        {
            "refund_id": refund_id,
            "payment_id": tender.payment.payment_id,
            "place": place,
            "merchant_id": merchant_id,
            "order_id": order_id,
            "key": payout_key(refund_id, tender.payment.payment_id),
            "method": tender.payment.method,
            "gateway": tender.payment.gateway,
            "charge_ref": tender.payment.gateway_ref,
            "amount": tender.amount.minor_units,
            "currency": tender.amount.currency,
            "status": PayoutStatus.PLANNED,
        }
        for place, tender in enumerate(tenders)
    ]
    if rows:
        await connection.execute(insert(payouts), rows)


async def abandon(connection: AsyncConnection, refund_id: str) -> None:
    """Forget what was planned; what reached a provider with success stays."""
    dead = (payouts.c.refund_id == refund_id) & (payouts.c.status != PayoutStatus.SUCCEEDED)
    await connection.execute(delete(payouts).where(dead))


async def find(connection: AsyncConnection, refund_id: str, payment_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(payouts).where(payouts.c.refund_id == refund_id, payouts.c.payment_id == payment_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one()


async def is_under_way(connection: AsyncConnection, refund_id: str) -> bool:
    """Whether a provider has been asked for any of a refund's payouts, and did not say no."""
    asked = (PayoutStatus.REQUESTED, PayoutStatus.PENDING, PayoutStatus.SUCCEEDED)
    query = select(payouts.c.payment_id).where(payouts.c.refund_id == refund_id, payouts.c.status.in_(asked))
    return (await connection.execute(query)).first() is not None


async def by_key(connection: AsyncConnection, key: str) -> Row[Any] | None:
    return (await connection.execute(select(payouts).where(payouts.c.key == key))).one_or_none()


async def rows_of(connection: AsyncConnection, refund_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    query = select(payouts).where(payouts.c.refund_id.in_(refund_ids)).order_by(payouts.c.place)
    by_refund: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(query):
        by_refund[row.refund_id].append(row)
    return by_refund


async def of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str
) -> dict[str, tuple[tuple[str, Money], ...]]:
    """Return what each refund of an order pays to which payment, planned or done."""
    query = select(payouts).where(payouts.c.merchant_id == merchant_id, payouts.c.order_id == order_id)
    by_refund: dict[str, list[tuple[str, Money]]] = defaultdict(list)
    for row in await connection.execute(query):
        by_refund[row.refund_id].append((row.payment_id, Money(row.currency, row.amount)))
    return {refund_id: tuple(shares) for refund_id, shares in by_refund.items()}


async def of_gateway(connection: AsyncConnection, merchant_id: str, gateway: str, since: datetime) -> list[Row[Any]]:
    """List a merchant's payouts through one gateway, with what the ledger has booked for each by its key."""
    own = (ledger_entries.c.merchant_id == payouts.c.merchant_id) & (ledger_entries.c.key == payouts.c.key)
    booked = (
        select(func.sum(postings.c.amount).cast(BigInteger))
        .select_from(ledger_entries.join(postings, postings.c.entry_id == ledger_entries.c.entry_id))
        .where(own, postings.c.account == Account.PAYMENT)
        .scalar_subquery()
    )
    by_hand = payouts.c.paid_by.is_not_distinct_from("hand")
    query = select(payouts, func.coalesce(booked, 0).label("booked")).where(
        payouts.c.merchant_id == merchant_id, payouts.c.gateway == gateway, payouts.c.updated_at >= since, ~by_hand
    )
    return list(await connection.execute(query))


async def merchants_paying_since(connection: AsyncConnection, since: datetime) -> Sequence[str]:
    query = select(payouts.c.merchant_id).where(payouts.c.updated_at >= since).distinct()
    return (await connection.execute(query)).scalars().all()


async def move(
    connection: AsyncConnection, refund_id: str, payment_id: str, status: PayoutStatus, **columns: str | None
) -> None:
    """Set a payout's status, and `gateway_ref`, `decline_code` or `paid_by` with it."""
    of_payout = (payouts.c.refund_id == refund_id) & (payouts.c.payment_id == payment_id)
    await connection.execute(update(payouts).where(of_payout).values(status=status, updated_at=func.now(), **columns))
