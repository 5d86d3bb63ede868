"""Payouts with what the ledger has booked for them, to be held against their providers' own books."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import one_of
from db.ledger import Account
from db.read_models import BookedPayout
from db.reported_refunds import At, Place
from db.rows import read
from db.schema import ledger_entries, payouts, postings
from domain.lifecycle import PaidBy
from domain.payout.choice import RefundTo
from domain.sale.payments import PaymentMethod


async def of_keys(connection: AsyncConnection, at: At, keys: Sequence[str]) -> list[BookedPayout]:
    """List a merchant's payouts through one gateway that have one of these keys."""
    rows = await connection.execute(_booked(at).where(one_of(payouts.c.key, keys)))
    return [read(BookedPayout, row) for row in rows]


async def moved(
    connection: AsyncConnection, at: At, since: datetime, after: Place | None, limit: int
) -> tuple[list[BookedPayout], Place | None]:
    """List a merchant's payouts through one gateway that moved since then, a page at a time, in the order of that.

    Returns with it the place after which the next page begins; None after the last one.
    """
    place = payouts.c.updated_at, payouts.c.refund_id, payouts.c.place
    query = _booked(at).add_columns(payouts.c.refund_id, payouts.c.place).where(payouts.c.updated_at >= since)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*after))
    rows = (await connection.execute(query.order_by(*place).limit(limit))).all()
    next_place = (rows[-1].updated_at, rows[-1].refund_id, rows[-1].place) if len(rows) == limit else None
    return [read(BookedPayout, row) for row in rows], next_place


def _booked(at: At) -> Select[Any]:
    """With each payout comes what the ledger has booked for it by its key, reversals taken off.

    Left out is what never went through the gateway: store credit that goes back to itself or was given in place of
    money, what people have paid by hand, and what went back elsewhere.
    """
    own = (ledger_entries.c.merchant_id == payouts.c.merchant_id) & (ledger_entries.c.key == payouts.c.key)
    booked = (
        select(func.sum(postings.c.amount).cast(BigInteger))
        .select_from(ledger_entries.join(postings, postings.c.entry_id == ledger_entries.c.entry_id))
        .where(own, postings.c.account == Account.PAYMENT)
        .scalar_subquery()
    )
    by_others = func.coalesce(payouts.c.paid_by, "").in_((PaidBy.HAND, PaidBy.EXTERNAL))
    columns = (payouts.c[each.name] for each in fields(BookedPayout) if each.name != "booked")  # of many payouts
    return select(*columns, func.coalesce(booked, 0).label("booked")).where(
        payouts.c.merchant_id == at.merchant_id,
        payouts.c.gateway == at.gateway,
        payouts.c.method != PaymentMethod.STORE_CREDIT,
        payouts.c.goes_to == RefundTo.ORIGINAL,
        ~by_others,
    )
