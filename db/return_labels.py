"""Labels that carriers made for returns, by return authorization and parcel; the first that is stored stands."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import return_labels

ISSUED = "issued"
VOID = "void"
_FIRST = 1
_FIRST_LOOK = timedelta(hours=6)
"""Nobody hands a parcel over sooner than the label is printed."""


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A label without its prints. `tracked` is how far its carrier says that the parcel has come, as of `tracked_at`.

    `told_at` is when its refund was told of that.
    """

    merchant_id: str
    rma: str
    parcel: int
    refund_id: str
    carrier_id: str
    state: str
    token: str
    carrier: str
    tracking_number: str
    reference: str
    address: str
    guide: str
    pickup_by: datetime | None
    pickup_ref: str
    called_off_at: datetime | None = None
    tracked: str | None = None
    tracked_at: datetime | None = None
    told_at: datetime | None = None

    @property
    def is_void(self) -> bool:
        return self.state == VOID


@dataclass(frozen=True, slots=True)
class Print:
    """What is sent to whoever has the address of a label; `prints` by format, None where there is none."""

    state: str
    rma: str
    prints: Mapping[str, bytes]


async def find(connection: AsyncConnection, merchant_id: str, rma: str, parcel: int) -> StoredLabel | None:
    """Find the label of a parcel; where its return is void, the tombstone that stands for all of them."""
    rows = await _found(merchant_id=merchant_id, rma=rma, parcel=parcel).on(connection)
    known = {row.parcel: _read(row) for row in rows}
    first = known.get(_FIRST)
    return first if first is not None and first.is_void else known.get(parcel)


@built_once
def _found(*, merchant_id: Any, rma: Any, parcel: Any) -> Select[Any]:
    columns = return_labels.c
    is_it = (columns.merchant_id == merchant_id) & (columns.rma == rma)
    return select(*_columns()).where(is_it, (columns.parcel == parcel) | (columns.parcel == _FIRST))


async def keep(connection: AsyncConnection, label: StoredLabel, prints: Mapping[str, bytes]) -> StoredLabel:
    """Store a label unless there is one, or its return is void; return the one that stands."""
    columns = return_labels.c
    of_return = (columns.merchant_id == label.merchant_id) & (columns.rma == label.rma) & (columns.parcel == _FIRST)
    if label.parcel != _FIRST:
        await connection.execute(select(columns.state).where(of_return).with_for_update())
    known = await find(connection, label.merchant_id, label.rma, label.parcel)
    if known is not None:
        return known
    row = {**asdict(label), "look_at": func.now() + _FIRST_LOOK, "pdf": prints.get("pdf"), "zpl": prints.get("zpl")}
    await connection.execute(insert(return_labels).values(row).on_conflict_do_nothing())
    found = await find(connection, label.merchant_id, label.rma, label.parcel)
    assert found is not None
    return found


async def void(connection: AsyncConnection, tombstone: StoredLabel) -> list[StoredLabel]:
    """Make all labels of a return worthless, also those that are still to be made; return those that were made."""
    columns, of_return = return_labels.c, _of(tombstone.merchant_id, tombstone.rma)
    statement = insert(return_labels).values(asdict(tombstone))
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["merchant_id", "rma", "parcel"], set_={"state": VOID})
    )
    await connection.execute(update(return_labels).where(of_return).values(state=VOID, look_at=None))
    rows = await connection.execute(select(*_columns()).where(of_return, columns.refund_id != "").order_by("parcel"))
    return [_read(row) for row in rows]


async def note_called_off(connection: AsyncConnection, label: StoredLabel) -> None:
    await connection.execute(update(return_labels).where(_is(label)).values(called_off_at=func.now()))


async def print_of(connection: AsyncConnection, token: str) -> Print | None:
    columns = return_labels.c
    query = select(columns.state, columns.rma, columns.pdf, columns.zpl).where(columns.token == token)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    made = {"pdf": row.pdf, "zpl": row.zpl}
    return Print(row.state, row.rma, {name: content for name, content in made.items() if content is not None})


async def of_refund(connection: AsyncConnection, refund_id: str) -> Sequence[StoredLabel]:
    """List every label of a refund, those of an earlier authorization as well, in the order in which they were made."""
    query = select(*_columns()).where(return_labels.c.refund_id == refund_id)
    rows = await connection.execute(query.order_by(return_labels.c.made_at, return_labels.c.parcel))
    return [_read(row) for row in rows]


async def by_number(
    connection: AsyncConnection, carrier_id: str, tracking_number: str, merchant_id: str | None
) -> StoredLabel | None:
    """Find the label that a carrier made under a number, of a merchant if one is named."""
    columns = return_labels.c
    is_it = (columns.tracking_number == tracking_number) & (columns.carrier_id == carrier_id)
    if merchant_id is not None:
        is_it &= columns.merchant_id == merchant_id
    rows = await connection.execute(select(*_columns()).where(is_it).order_by(columns.made_at.desc()).limit(1))
    row = rows.one_or_none()
    return None if row is None else _read(row)


async def note_news(
    connection: AsyncConnection, label: StoredLabel, state: str, at: datetime, *, tell_by: timedelta
) -> bool:
    """Write down how far a parcel has come, unless something newer is known; its refund is to be told by then."""
    columns = return_labels.c
    is_newer = columns.tracked_at.is_(None) | (columns.tracked_at < at)
    known = {"tracked": state, "tracked_at": at}
    to_tell = {"told_at": None, "look_at": func.least(columns.look_at, func.now() + tell_by)}
    result = await connection.execute(update(return_labels).where(_is(label), is_newer).values(**known, **to_tell))
    return bool(result.rowcount)


async def note_told(connection: AsyncConnection, label: StoredLabel) -> None:
    """The refund knows how far its parcel had come; what has become of it since is still to be told."""
    same = return_labels.c.tracked_at == label.tracked_at
    await connection.execute(update(return_labels).where(_is(label), same).values(told_at=func.now()))


async def take_due(
    connection: AsyncConnection, at_most: int, *, often: int, most: int, after: tuple[timedelta, timedelta]
) -> list[StoredLabel]:
    """Take parcels that are to be looked at; they are due again after the first time, `often` times, then the second.

    A parcel that was looked at for the most times is looked at no more.
    """
    columns = return_labels.c
    due = select(columns.merchant_id, columns.rma, columns.parcel).where(columns.look_at <= func.now())
    due = due.order_by(columns.look_at).limit(at_most).with_for_update(skip_locked=True)
    is_due = tuple_(columns.merchant_id, columns.rma, columns.parcel).in_(due)
    again = case(
        (columns.looks >= most, None),
        (columns.looks < often, func.now() + after[0]),
        else_=func.now() + after[1],
    )
    taken = update(return_labels).where(is_due).values(look_at=again, looks=columns.looks + 1)
    return [_read(row) for row in await connection.execute(taken.returning(*_columns()))]


async def look_no_more(connection: AsyncConnection, label: StoredLabel) -> None:
    await connection.execute(update(return_labels).where(_is(label)).values(look_at=None))


def _is(label: StoredLabel) -> Any:
    return _of(label.merchant_id, label.rma) & (return_labels.c.parcel == label.parcel)


def _of(merchant_id: str, rma: str) -> Any:
    return (return_labels.c.merchant_id == merchant_id) & (return_labels.c.rma == rma)


def _read(row: Any) -> StoredLabel:
    return StoredLabel(*row)


def _columns() -> list[Any]:
    return [return_labels.c[name] for name in StoredLabel.__slots__]
