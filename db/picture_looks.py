"""What pictures look like: by it the same one is found again among those of a merchant's earlier refunds (rule 34)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.pictures import UsedIn
from db.schema import picture_looks, pictures
from domain.rights.likeness import QUARTERS, Looks, near, quarters

_WHOLE = 0
"""The place of what a picture looks like as it is; its cuts follow."""

_SIGNED = 1 << 63
_ALL = (1 << 64) - 1

_COLUMNS = tuple(picture_looks.c[f"quarter_{place}"] for place in range(QUARTERS))


async def add(connection: AsyncConnection, merchant_id: str, evidence_id: str, looks: Looks) -> None:
    whose = {"merchant_id": merchant_id, "evidence_id": evidence_id}
    rows = [
        {**whose, "place": place, "likeness": _stored(each), **_by_quarters(each)}
        for place, each in enumerate((looks.whole, *looks.cut))
    ]
    await connection.execute(insert(picture_looks), rows)


async def shown_before(
    connection: AsyncConnection, merchant_id: str, evidence_ids: Sequence[str], where: UsedIn
) -> dict[str, str]:
    """Return, for those of these pictures that look like one of an earlier refund of another order, that refund."""
    new = await _looks_of(connection, evidence_ids)
    if not new:
        return {}
    found: dict[str, str] = {}
    for row in (await connection.execute(alike(merchant_id, list(new.values()), where))).all():
        for evidence_id, looks in new.items():
            if looks.is_like(row.likeness & _ALL, is_whole=row.place == _WHOLE):
                found.setdefault(evidence_id, row.refund_id)
    return found


async def _looks_of(connection: AsyncConnection, evidence_ids: Sequence[str]) -> Mapping[str, Looks]:
    query = select(picture_looks.c.evidence_id, picture_looks.c.likeness).where(
        picture_looks.c.evidence_id.in_(evidence_ids)
    )
    rows = (await connection.execute(query.order_by(picture_looks.c.evidence_id, picture_looks.c.place))).all()
    known: dict[str, list[int]] = {}
    for row in rows:
        known.setdefault(row.evidence_id, []).append(row.likeness & _ALL)
    return {evidence_id: Looks(whole, tuple(cut)) for evidence_id, (whole, *cut) in known.items()}


def alike(merchant_id: str, new: Sequence[Looks], where: UsedIn) -> Select[Any]:
    """Rows of which a quarter is nearly the same, the oldest refund first: a few thousands of a hundred thousand."""
    as_they_are = _near_by([each.whole for each in new])
    when_cut = _near_by([cut for each in new for cut in each.cut]) & (picture_looks.c.place == _WHOLE)
    of_others = (pictures.c.refund_id != where.refund_id) & (pictures.c.order_id != where.order_id)
    return (
        select(picture_looks.c.place, picture_looks.c.likeness, pictures.c.refund_id)
        .select_from(picture_looks.join(pictures, pictures.c.evidence_id == picture_looks.c.evidence_id))
        .where(picture_looks.c.merchant_id == merchant_id, or_(as_they_are, when_cut))
        .where(pictures.c.merchant_id == merchant_id, of_others, pictures.c.gone_at.is_(None))
        .order_by(pictures.c.used_at)
    )


def _near_by(likenesses: Sequence[int]) -> ColumnElement[bool]:
    by_place = zip(_COLUMNS, zip(*map(quarters, likenesses), strict=True), strict=True)
    return or_(*(column == func.any(_numbers(numbers)) for column, numbers in by_place))


def _numbers(found: Sequence[int]) -> ColumnElement[Any]:
    return literal(sorted({each for number in found for each in near(number)}), ARRAY(Integer))


def _by_quarters(likeness: int) -> dict[str, int]:
    return {column.name: number for column, number in zip(_COLUMNS, quarters(likeness), strict=True)}


def _stored(likeness: int) -> int:
    """PostgreSQL's numbers have a sign."""
    return likeness - 2 * _SIGNED if likeness >= _SIGNED else likeness
