"""Pictures that are kept as evidence: whose they are, where they are used, and which have to go."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_keys import Caller
from db.schema import picture_looks, pictures, refunds

UNUSED_FOR = timedelta(days=1)
"""So long it is kept although nothing refers to it."""

_UNSTORED_FOR = timedelta(hours=1)
"""Far longer than storing one takes: whoever announced it has died, or the store was down."""

_MARKED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class NewPicture:
    """`name` is what the store knows its file by, `size` how many bytes that has.

    `customer_id` is None where staff sent it: it becomes the customer's whose refund refers to it first. `order_id` is
    set where a session sent it that sees no other order.
    """

    evidence_id: str
    merchant_id: str
    customer_id: str | None
    order_id: str | None
    added_by: str
    name: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class UsedIn:
    """What refers to a picture: a refund with its order, or a customer's appeal."""

    customer_id: str
    order_id: str | None = None
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class GonePicture:
    evidence_id: str
    merchant_id: str
    name: str


async def announce(connection: AsyncConnection, new: NewPicture) -> datetime:
    """Say that there will be a file. Nobody sees the picture until it is stored."""
    added = insert(pictures).values(asdict(new)).returning(pictures.c.created_at)
    created_at: datetime = (await connection.execute(added)).scalar_one()
    return created_at


async def note_stored(connection: AsyncConnection, evidence_id: str) -> None:
    it = pictures.c.evidence_id == evidence_id
    await connection.execute(update(pictures).where(it).values(stored_at=func.now()))


async def find(connection: AsyncConnection, caller: Caller, evidence_id: str) -> str | None:
    """Return the name of its file; None where the caller has no such picture. Customers have their own."""
    query = select(pictures.c.name).where(_is_there(caller), pictures.c.evidence_id == evidence_id, _may_see(caller))
    name: str | None = (await connection.execute(query)).scalar_one_or_none()
    return name


async def usable(
    connection: AsyncConnection, caller: Caller, evidence_ids: Sequence[str], customer_id: str
) -> Sequence[str]:
    """Return those of these pictures that may be evidence for this customer."""
    query = select(pictures.c.evidence_id).where(_may_use(caller, evidence_ids, customer_id))
    return (await connection.execute(query)).scalars().all()


async def use(connection: AsyncConnection, caller: Caller, evidence_ids: Sequence[str], where: UsedIn) -> Sequence[str]:
    """Note that these are used there, and return those that may be; what it is used for first is kept."""
    first = {
        "used_at": func.now(),
        "customer_id": where.customer_id,
        "order_id": where.order_id,
        "refund_id": where.refund_id,
    }
    kept = {name: func.coalesce(pictures.c[name], value) for name, value in first.items()}
    used = update(pictures).where(_may_use(caller, evidence_ids, where.customer_id)).values(kept)
    return list((await connection.execute(used.returning(pictures.c.evidence_id))).scalars())


def _may_use(caller: Caller, evidence_ids: Sequence[str], customer_id: str) -> ColumnElement[bool]:
    theirs = or_(pictures.c.customer_id.is_(None), pictures.c.customer_id == customer_id)
    return _is_there(caller) & pictures.c.evidence_id.in_(evidence_ids) & theirs & _may_see(caller)


def _is_there(caller: Caller) -> ColumnElement[bool]:
    of_merchant: ColumnElement[bool] = pictures.c.merchant_id == caller.merchant_id
    return of_merchant & pictures.c.stored_at.is_not(None) & pictures.c.gone_at.is_(None)


def _may_see(caller: Caller) -> ColumnElement[bool]:
    """Staff see all; a session that sees one order sees what was sent by such a one or used for it."""
    if caller.customer_id is None:
        return true()
    own: ColumnElement[bool] = pictures.c.customer_id == caller.customer_id
    return own if caller.only_order_id is None else own & (pictures.c.order_id == caller.only_order_id)


# What goes


async def forget_of(
    connection: AsyncConnection, merchant_id: str, customer_ids: Sequence[str], refund_ids: Sequence[str]
) -> None:
    """Have all pictures of a customer go: nobody sees them from now on, and workers remove their files."""
    theirs = or_(pictures.c.customer_id.in_(customer_ids), pictures.c.refund_id.in_(refund_ids))
    go = update(pictures).where(pictures.c.merchant_id == merchant_id, theirs, pictures.c.gone_at.is_(None))
    await connection.execute(go.values(gone_at=func.now()))


async def give_up_unused(connection: AsyncConnection) -> bool:
    """Have some pictures go that nothing refers to, or whose file never came; tell whether there may be more."""
    age = func.now() - pictures.c.created_at
    is_old = or_(age > UNUSED_FOR, pictures.c.stored_at.is_(None) & (age > _UNSTORED_FOR))
    unused = pictures.c.used_at.is_(None) & pictures.c.gone_at.is_(None)
    oldest = select(pictures.c.evidence_id).where(unused, pictures.c.created_at < func.now() - _UNSTORED_FOR, is_old)
    some = oldest.order_by(pictures.c.created_at).limit(_MARKED_AT_ONCE)
    go = update(pictures).where(pictures.c.evidence_id.in_(some), unused).values(gone_at=func.now())
    return (await connection.execute(go)).rowcount == _MARKED_AT_ONCE


async def give_up_old(connection: AsyncConnection, merchant_id: str, kept: timedelta) -> bool:
    """Have some pictures of a merchant go that were shown first so long ago; tell whether there may be more.

    As long as a refund of their customer is open, somebody may look at them.
    """
    is_open = or_(refunds.c.completed_at.is_(None), refunds.c.needs_attention.is_not(None))
    theirs = (refunds.c.merchant_id == merchant_id) & (refunds.c.customer_id == pictures.c.customer_id)
    old = select(pictures.c.evidence_id).where(pictures.c.merchant_id == merchant_id, pictures.c.gone_at.is_(None))
    old = old.where(pictures.c.used_at < func.now() - kept, ~exists().where(theirs, is_open)).limit(_MARKED_AT_ONCE)
    go = update(pictures).where(pictures.c.evidence_id.in_(old)).values(gone_at=func.now())
    return (await connection.execute(go)).rowcount == _MARKED_AT_ONCE


async def gone(connection: AsyncConnection, limit: int) -> list[GonePicture]:
    """List pictures that have to go, those that wait the longest first."""
    columns = (pictures.c[name] for name in GonePicture.__slots__)
    query = select(*columns).where(pictures.c.gone_at.is_not(None)).order_by(pictures.c.gone_at).limit(limit)
    return [GonePicture(*row) for row in await connection.execute(query)]


async def has_another_use(connection: AsyncConnection, picture: GonePicture) -> bool:
    """Whether another picture has the same file."""
    same = (pictures.c.merchant_id == picture.merchant_id) & (pictures.c.name == picture.name)
    stays = pictures.c.stored_at.is_not(None) & pictures.c.gone_at.is_(None)
    return bool((await connection.execute(select(exists().where(same, stays)))).scalar_one())


async def remove(connection: AsyncConnection, picture: GonePicture) -> None:
    await connection.execute(delete(picture_looks).where(picture_looks.c.evidence_id == picture.evidence_id))
    await connection.execute(delete(pictures).where(pictures.c.evidence_id == picture.evidence_id))
