"""One-time codes: asked for, sent by an outbox, and guessed at no more often than is counted here.

Whoever asks gets a row, whether or not there is such an order; who looks into that is the worker that sends. Of code
and contact the rows have marks, which say nothing without a key that is not in the database.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import outbox
from db.outbox import Lease
from db.schema import identity_codes

_KEPT = timedelta(hours=1)
_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which order somebody wants to prove, and the mark of where the code is to go."""

    code_id: str
    merchant_id: str
    order_id: str
    contact_mark: str


@dataclass(frozen=True, slots=True)
class Proves:
    """What whoever has the code proves: to be this customer, or, with `only_order_id`, to have bought that order."""

    customer_id: str
    only_order_id: str | None


@dataclass(frozen=True, slots=True)
class InALink:
    """A code that a merchant's page hands over: it proves one order of a customer, and its mark is kept.

    made_by: which person of the staff had it made, None where its key names none.
    """

    code_id: str
    merchant_id: str
    order_id: str
    customer_id: str
    code_mark: str
    made_by: str | None = None


@dataclass(frozen=True, slots=True)
class Guessed:
    """A code that may be guessed at; without a mark none was sent."""

    number: int
    merchant_id: str
    order_id: str
    contact_mark: str
    code_mark: str | None
    customer_id: str | None
    only_order_id: str | None
    made_by: str | None


async def ask(
    connection: AsyncConnection, merchant_id: str, order_id: str, contact_mark: str, lasts: timedelta
) -> tuple[str, datetime]:
    """Note that a code is wanted; return the id by which it is guessed at, and when it ends."""
    row = {"code_id": new_id(), "merchant_id": merchant_id, "order_id": order_id}
    new = insert(identity_codes).values(**row, contact_mark=contact_mark, expires_at=func.now() + lasts)
    return row["code_id"], (await connection.execute(new.returning(identity_codes.c.expires_at))).scalar_one()


def new_id() -> str:
    """Draw the id of a code: who does not have it can't guess at the code."""
    return f"cod_{secrets.token_hex(16)}"


async def put_into_a_link(connection: AsyncConnection, new: InALink, lasts: timedelta) -> datetime:
    """Keep the mark of a code that is in a link already, so there is nothing to send; return when it ends."""
    proves = {"customer_id": new.customer_id, "only_order_id": new.order_id}
    row = {"code_id": new.code_id, "merchant_id": new.merchant_id, "order_id": new.order_id, **proves}
    kept = insert(identity_codes).values(
        **row,
        code_mark=new.code_mark,
        made_by=new.made_by,
        contact_mark="",
        expires_at=func.now() + lasts,
        ended_at=func.now(),
        outcome="in a link",
    )
    ends: datetime = (await connection.execute(kept.returning(identity_codes.c.expires_at))).scalar_one()
    return ends


async def take(connection: AsyncConnection, most: int, lasts: timedelta) -> list[tuple[Lease, Asked]]:
    """Take up what is to be sent and still in time."""
    in_time = identity_codes.c.expires_at > func.now()
    leases = await outbox.take(connection, identity_codes, in_time, most=most, lasts=lasts)
    if not leases:
        return []
    names = [identity_codes.c[name] for name in Asked.__dataclass_fields__]
    query = select(identity_codes.c.number, *names).where(identity_codes.c.number.in_([each.row_id for each in leases]))
    asked = {number: Asked(*said) for number, *said in await connection.execute(query)}
    return [(lease, asked[lease.row_id]) for lease in leases]


async def hand_over(connection: AsyncConnection, lease: Lease, code_mark: str, proves: Proves) -> None:
    """From here on this code is the one that counts. Raises LeaseLost."""
    values = {"customer_id": proves.customer_id, "only_order_id": proves.only_order_id}
    await outbox.note(connection, identity_codes, lease, code_mark=code_mark, **values)


async def put_off(connection: AsyncConnection, lease: Lease, pause: timedelta) -> None:
    await outbox.put_off(connection, identity_codes, lease, pause)


async def end(connection: AsyncConnection, lease: Lease, outcome: str) -> None:
    await outbox.end(connection, identity_codes, lease, outcome=outcome)


async def guess(connection: AsyncConnection, code_id: str, most: int) -> Guessed | None:
    """Count one guess more at a code, and return it; None where it can't be guessed at any more, or never could.

    Whoever guesses at once with others waits for them here, and is counted after them.
    """
    open_ = (identity_codes.c.code_id == code_id) & identity_codes.c.used_at.is_(None)
    open_ &= (identity_codes.c.guesses < most) & (identity_codes.c.expires_at > func.now())
    counted = update(identity_codes).where(open_).values(guesses=identity_codes.c.guesses + 1)
    names = [identity_codes.c[name] for name in Guessed.__dataclass_fields__]
    row = (await connection.execute(counted.returning(*names))).one_or_none()
    return None if row is None else Guessed(*row)


async def use(connection: AsyncConnection, number: int) -> None:
    """Use a code up, in the transaction that counted the guess."""
    await connection.execute(update(identity_codes).where(identity_codes.c.number == number).values(used_at=func.now()))


async def use_up_all_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Use up every code and every link that would prove to be this customer."""
    theirs = (identity_codes.c.merchant_id == merchant_id) & (identity_codes.c.customer_id == customer_id)
    open_ = identity_codes.c.used_at.is_(None) & (identity_codes.c.expires_at > func.now())
    await connection.execute(update(identity_codes).where(theirs, open_).values(used_at=func.now()))


async def forget_old(connection: AsyncConnection) -> int:
    """Forget codes that ended an hour ago, so many at once that nobody waits long; tell how many."""
    old = select(identity_codes.c.number).where(identity_codes.c.expires_at < func.now() - _KEPT)
    some: Sequence[int] = list(
        await connection.scalars(
            old.order_by(identity_codes.c.expires_at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
        )
    )
    await connection.execute(delete(identity_codes).where(identity_codes.c.number.in_(some)))
    return len(some)
