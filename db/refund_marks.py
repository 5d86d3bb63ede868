"""By what monitoring knows refunds again: marks of what paid for an order, of how its customer is reached (rule 34).

A mark is an HMAC under the ring's keys: equal things have equal marks, and no mark tells what it stands for.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    Select,
    Text,
    and_,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import LateralFromClause

from db import merchant_time, sealing
from db.built import one_of
from db.schema import customers, payment_instruments, refund_evidence, refund_marks, refunds
from domain.claims.reasons import Reason, RefundKind
from domain.lifecycle import RefundStatus
from domain.rights.monitoring import MOST_REFUNDS, Sighting, Subject, Trait

KEPT = timedelta(days=90)
"""No window of the policy's `monitoring` is longer, and no mark is kept longer."""

_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund that nobody has looked at yet, as far as it leads to what it has in common with others."""

    refund_id: str
    merchant_id: str
    order_id: str
    customer_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ShownAgain:
    """A picture that an earlier refund showed; `number` is the place of the evidence among all."""

    number: int
    merchant_id: str
    earlier: str


async def new(
    connection: AsyncConnection, after: tuple[datetime, str], settled: timedelta, limit: int, of: str | None = None
) -> Sequence[NewRefund]:
    """List refunds that were asked for after a place, the oldest first; none before those that settled is unseen.

    of: a merchant, whose refunds alone are listed, by their own clock.
    """
    return [NewRefund(*row) for row in await connection.execute(asked_since(after, settled, limit, of))]


def asked_since(after: tuple[datetime, str], settled: timedelta, limit: int, of: str | None = None) -> Select[Any]:
    """What is over was over after it was asked for: each half is found by an index that is there for other work."""
    is_new = tuple_(refunds.c.created_at, refunds.c.refund_id) > tuple_(*after)
    some = select(*(refunds.c[name] for name in NewRefund.__slots__)).where(is_new, refunds.c.external.is_(None))
    if of is None:
        some = some.where(refunds.c.created_at <= func.now() - settled)
    else:
        theirs = merchant_time.is_over_of_found(refunds.c.created_at, of, settled)
        some = some.where(refunds.c.merchant_id == of, theirs)
    under_way = some.where(refunds.c.completed_at.is_(None), refunds.c.created_at >= after[0])
    over = some.where(refunds.c.completed_at.is_not(None), refunds.c.completed_at >= after[0])
    place = refunds.c.created_at, refunds.c.refund_id
    both = union_all(*(each.order_by(*place).limit(limit) for each in (under_way, over))).subquery()
    return select(both).order_by(both.c.created_at, both.c.refund_id).limit(limit)


async def newly_shown_again(
    connection: AsyncConnection, after: int, settled: timedelta, limit: int
) -> Sequence[ShownAgain]:
    """List pictures of evidence after a place that an earlier refund showed, also those that were added later."""
    return [ShownAgain(*row) for row in await connection.execute(shown_again_since(after, settled, limit))]


def shown_again_since(after: int, settled: timedelta, limit: int) -> Select[Any]:
    piece = refund_evidence.c
    return (
        select(piece.evidence_id, refunds.c.merchant_id, piece.resembles)
        .join_from(refund_evidence, refunds, refunds.c.refund_id == piece.refund_id)
        .where(piece.resembles.is_not(None), piece.evidence_id > after)
        .where(merchant_time.is_over_of_found(piece.at, refunds.c.merchant_id, settled))
        .order_by(piece.evidence_id)
        .limit(limit)
    )


async def mark(connection: AsyncConnection, merchant_id: str, some: Sequence[NewRefund]) -> Sequence[Subject]:
    """Write the marks of a merchant's refunds, any number of times; return what they have."""
    known = await _known_by(connection, merchant_id, some)
    rows = [
        {"refund_id": each.refund_id, "trait": trait, "mark": stand_ins(merchant_id, trait, said)[0]}
        | {"merchant_id": merchant_id, "at": each.created_at}
        for each in some
        for trait, said in known[each.refund_id]
    ]
    if rows:
        await connection.execute(insert(refund_marks).values(rows).on_conflict_do_nothing())
    return list(dict.fromkeys(Subject(trait, said) for each in some for trait, said in known[each.refund_id]))


def named(merchant_id: str, subject: Subject) -> Subject:
    """Say of what or whom something is found, without saying what it is: a mark in the place of what it stands for."""
    if subject.trait not in _MARKED:
        return subject
    return Subject(subject.trait, stand_ins(merchant_id, subject.trait, subject.name)[0])


_MARKED = (Trait.INSTRUMENT, Trait.CONTACT)


def stand_ins(merchant_id: str, trait: Trait, said: str) -> Sequence[str]:
    """What stands for something: a mark by each key of the ring, the newest first; without a ring itself."""
    marks = sealing.marks(f"{trait}/{merchant_id}", said)
    return marks[:-1] or marks


async def _known_by(
    connection: AsyncConnection, merchant_id: str, some: Sequence[NewRefund]
) -> Mapping[str, list[tuple[Trait, str]]]:
    paid, of = defaultdict[str, list[str]](list), payment_instruments.c
    those = of.merchant_id == merchant_id, one_of(of.order_id, sorted({each.order_id for each in some}))
    for row in await connection.execute(select(of.order_id, of.instrument).where(*those)):
        paid[row.order_id].append(row.instrument)
    reached, who = defaultdict[str, list[str]](list), customers.c
    them = who.merchant_id == merchant_id, one_of(who.customer_id, sorted({each.customer_id for each in some}))
    for known in await connection.execute(select(who.customer_id, who.email, who.phone).where(*them)):
        reached[known.customer_id] = [_in_one_form(said) for said in (known.email, known.phone) if said]
    return {
        each.refund_id: [(Trait.INSTRUMENT, said) for said in dict.fromkeys(paid[each.order_id])]
        + [(Trait.CONTACT, said) for said in dict.fromkeys(reached[each.customer_id]) if said]
        for each in some
    }


def _in_one_form(said: str) -> str:
    """Merchants write addresses and numbers as they like; who is erased has none."""
    return "" if said == sealing.ERASED else "".join(said.split()).lower()


async def sightings(
    connection: AsyncConnection, merchant_id: str, subjects: Sequence[Subject]
) -> Mapping[Subject, list[Sighting]]:
    """Find the newest refunds of each of these subjects; a mark's name is what it stands for."""
    found = defaultdict[Subject, list[Sighting]](list)
    of_customers = [each.name for each in subjects if each.trait is Trait.CUSTOMER]
    of_pictures = [each.name for each in subjects if each.trait is Trait.PICTURE]
    marked = {
        (each.trait, stand_in): each
        for each in subjects
        if each.trait in _MARKED
        for stand_in in stand_ins(merchant_id, each.trait, each.name)
    }
    if of_customers:
        for row in await connection.execute(by_customer(merchant_id, of_customers)):
            found[Subject(Trait.CUSTOMER, row.subject)].append(_sighting(row))
    if of_pictures:
        for row in await connection.execute(by_picture(merchant_id, of_pictures)):
            found[Subject(Trait.PICTURE, row.subject)].append(_sighting(row))
    if marked:
        for row in await connection.execute(by_mark(merchant_id, list(marked))):
            found[marked[Trait(row.trait), row.subject]].append(_sighting(row))
    return found


def _sighting(row: Any) -> Sighting:
    return Sighting(row.refund_id, row.customer_id, row.created_at, Reason(row.reason), RefundKind(row.kind))


_SEEN = [refunds.c[name] for name in ("refund_id", "customer_id", "created_at", "reason", "kind")]
_COUNTS = and_(refunds.c.status != RefundStatus.CANCELLED, refunds.c.external.is_(None))


def by_customer(merchant_id: str, customer_ids: Sequence[str]) -> Select[Any]:
    """For each customer the newest refunds."""
    asked = func.unnest(literal(list(customer_ids), ARRAY(Text))).table_valued("subject", name="asked").render_derived()
    theirs = (refunds.c.merchant_id == merchant_id) & (refunds.c.customer_id == asked.c.subject)
    each = _newest(select(*_SEEN).where(theirs, _COUNTS, _lately(refunds.c.created_at)), refunds.c.created_at)
    return select(asked.c.subject, *each.c).select_from(asked.join(each, true()))


def by_picture(merchant_id: str, refund_ids: Sequence[str]) -> Select[Any]:
    """For each refund the newest that showed a picture of it again."""
    asked = func.unnest(literal(list(refund_ids), ARRAY(Text))).table_valued("subject", name="asked").render_derived()
    shows = refund_evidence.c.resembles == asked.c.subject
    again = select(refund_evidence.c.refund_id).where(shows).distinct().limit(MOST_REFUNDS).lateral("again")
    joined = asked.join(again, true()).join(refunds, refunds.c.refund_id == again.c.refund_id)
    return select(asked.c.subject, *_SEEN).select_from(joined).where(refunds.c.merchant_id == merchant_id, _COUNTS)


def by_mark(merchant_id: str, marked: Sequence[tuple[Trait, str]]) -> Select[Any]:
    """For each mark the newest refunds."""
    traits, marks = (
        literal([trait.value for trait, _ in marked], ARRAY(Text)),
        literal([mark for _, mark in marked], ARRAY(Text)),
    )
    asked = func.unnest(traits, marks).table_valued("trait", "subject", name="asked").render_derived()
    of = refund_marks.c
    same = and_(of.merchant_id == merchant_id, of.trait == asked.c.trait, of.mark == asked.c.subject)
    each = _newest(select(of.refund_id).where(same, _lately(of.at)), of.at)
    joined = asked.join(each, true()).join(refunds, refunds.c.refund_id == each.c.refund_id)
    return select(asked.c.trait, asked.c.subject, *_SEEN).select_from(joined).where(_COUNTS)


def _lately(at: Any) -> Any:
    return at > func.now() - KEPT


def _newest(some: Select[Any], at: Any) -> LateralFromClause:
    return some.order_by(at.desc()).limit(MOST_REFUNDS).lateral("each")


async def forget_old(connection: AsyncConnection) -> bool:
    """Forget some of the marks that nobody looks at any more; tell whether there may be more."""
    gone = await connection.execute(delete(refund_marks).where(_KEY.in_(too_old())))
    return bool(gone.rowcount == _FORGOTTEN_AT_ONCE)


_KEY = tuple_(refund_marks.c.refund_id, refund_marks.c.trait, refund_marks.c.mark)


def too_old() -> Select[Any]:
    old = select(refund_marks.c.refund_id, refund_marks.c.trait, refund_marks.c.mark)
    old = old.where(refund_marks.c.at < func.now() - KEPT)
    return old.order_by(refund_marks.c.at).limit(_FORGOTTEN_AT_ONCE)
