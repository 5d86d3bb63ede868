"""What people said to refunds, a row a word: written once, together with what it does.

A word has been *taken up* when a run that knows of it has gone on: a worker may die between the two, and the word is
then in no history. Ages are told by the clock that wrote the rows, PostgreSQL's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, case, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import built_once, one_of
from db.schema import keyed_words, words
from db.schema.sealed import sealed_row
from domain.said import NO_RUN, REFUSED, KnownWord, NotedWord, Overruled, Word, WordKind
from domain.steps import Step

_ALL_EVENTS = 2**31
"""More than any history has."""


@dataclass(frozen=True, slots=True)
class TakenWord:
    """A word that is noted with this. `was_said_over_http`: our programs had noted it before its run heard it."""

    was_said_over_http: bool


async def take(
    connection: AsyncConnection,
    refund_id: str,
    round_: int,
    word: Word,
    body: Any,
    *,
    overruled: Overruled | None = None,
) -> TakenWord | None:
    """Note a word in this transaction; None where it was noted before. A second attempt waits for the first."""
    row = {"refund_id": refund_id, "word_id": word.word_id, "kind": word.kind, "round": round_, "body": body}
    row |= {"sha256": word.sha256, "run": word.run, "events": word.events}
    columns = {} if overruled is None else _columns(refund_id, overruled)
    row = sealed_row(words, sealing.about_refund(refund_id), row)
    made = await _taken(overruled is not None, **row, **columns).on(connection)
    was_said_over_http = made.scalar_one_or_none()
    return None if was_said_over_http is None else TakenWord(was_said_over_http)


async def refuse(connection: AsyncConnection, refund_id: str, round_: int, word: Word, why: Overruled) -> bool:
    """Note that a word is refused, so that no attempt that is late does it; False where one was quicker."""
    taken = await take(connection, refund_id, round_, replace(word, run=REFUSED, events=0), {}, overruled=why)
    return taken is not None


async def stands(connection: AsyncConnection, refund_id: str, word: Word, overruled: Overruled | None) -> bool:
    """Tell whether this very word was noted by a run, as overruled or as not.

    What was refused, was overruled since then, was acted upon without a run, or is something else under its id, does
    not count.
    """
    is_same = words.c.run.not_in((REFUSED, NO_RUN)) & (words.c.sha256 == word.sha256)
    is_same &= words.c.overruled.is_(None) if overruled is None else words.c.overruled.is_not(None)
    query = select(words.c.number).where(_is(refund_id, word.word_id), is_same)
    return (await connection.execute(query)).one_or_none() is not None


async def refusals(connection: AsyncConnection, refund_id: str, kind: WordKind, key: str) -> int:
    """Count how often a word was refused under this key."""
    return int((await _refusals(refund_id=refund_id, kind=kind, key=key).on(connection)).scalar_one())


@built_once
def _refusals(*, refund_id: Any, kind: Any, key: Any) -> Executable:
    is_so_named = func.substr(words.c.word_id, func.strpos(words.c.word_id, "-") + 1) == key
    of_words = (words.c.refund_id == refund_id) & (words.c.kind == kind) & (words.c.run == REFUSED)
    return select(func.count()).select_from(words).where(of_words, is_so_named)


@built_once
def _taken(is_overruled: bool, **row: Any) -> Executable:
    taken_up = {"taken_up_at": func.now()} if is_overruled else {}
    is_this_word = (keyed_words.c[name] == row[name] for name in ("refund_id", "word_id", "sha256"))
    noted = insert(words).values(**row, **taken_up).on_conflict_do_nothing()
    return noted.returning(exists().where(*is_this_word).label("was_said_over_http"))


async def forget(connection: AsyncConnection, refund_id: str, word_id: str) -> None:
    """Give back what this transaction has noted and does not do after all."""
    await connection.execute(delete(words).where(_is(refund_id, word_id)))


async def find(connection: AsyncConnection, refund_id: str, word_id: str) -> KnownWord | None:
    row = (await _word(refund_id=refund_id, word_id=word_id).on(connection)).one_or_none()
    return None if row is None else _known(row)


@built_once
def _word(*, refund_id: Any, word_id: Any) -> Executable:
    return select(*_KNOWN).where(_is(refund_id, word_id))


async def known(connection: AsyncConnection, refund_id: str) -> tuple[KnownWord, ...]:
    """Return all words that were noted, but for those that were refused, in the order in which they were."""
    return tuple(_known(row) for row in await _of_refund(refund_id=refund_id).on(connection))


@built_once
def _of_refund(*, refund_id: Any) -> Executable:
    return select(*_KNOWN).where(words.c.refund_id == refund_id, words.c.run != REFUSED).order_by(words.c.number)


_KNOWN = words.c.word_id, words.c.kind, words.c.sha256, words.c.overruled_as, words.c.overruled


def _known(row: Any) -> KnownWord:
    overruled = None if row.overruled is None else Overruled(row.overruled_as, row.overruled)
    return KnownWord(row.word_id, WordKind(row.kind), row.sha256, overruled)


async def latest(connection: AsyncConnection, refund_id: str, round_: int, kind: WordKind) -> Any:
    """Return what was said last of a kind in a round and did not come to nothing, in plain JSON values; else None."""
    return (await _latest(refund_id=refund_id, round_=round_, kind=kind).on(connection)).scalar_one_or_none()


@built_once
def _latest(*, refund_id: Any, round_: Any, kind: Any) -> Executable:
    query = select(words.c.body).where(words.c.refund_id == refund_id, words.c.round == round_, words.c.kind == kind)
    return query.where(words.c.overruled.is_(None)).order_by(words.c.number.desc()).limit(1)


async def answers_about(connection: AsyncConnection, refund_id: str, step: Step) -> list[str]:
    """Return what people answered to calls for help about a step, in any round, in order: `retry`, `skip`, `settle`."""
    about = (words.c.kind == WordKind.RESOLVE) & (words.c.body["step"].astext == step) & words.c.overruled.is_(None)
    query = select(words.c.body["action"].astext).where(words.c.refund_id == refund_id, about)
    return list((await connection.execute(query.order_by(words.c.number))).scalars())


async def note_taken_up(connection: AsyncConnection, refund_id: str, word_ids: Sequence[str] | None = None) -> None:
    """Note that a run knows of these words, or of all, and goes on."""
    some = {} if word_ids is None else {"word_ids": word_ids}
    await _noted_taken_up(refund_id=refund_id, **some).on(connection)


@built_once
def _noted_taken_up(*, refund_id: Any, word_ids: Any = None) -> Executable:
    of_words = _not_taken_up(refund_id)
    if word_ids is not None:
        of_words &= one_of(words.c.word_id, word_ids)
    return update(words).where(of_words).values(taken_up_at=func.now())


async def note_overruled(
    connection: AsyncConnection, refund_id: str, overruled: Overruled, *, word_ids: Sequence[str]
) -> None:
    """Note of words that nobody took up that they came to nothing."""
    of_words = _not_taken_up(refund_id) & words.c.word_id.in_(word_ids)
    await connection.execute(
        update(words).where(of_words).values(taken_up_at=func.now(), **_columns(refund_id, overruled))
    )


async def supersede(
    connection: AsyncConnection, refund_id: str, kind: WordKind, but: Sequence[str], overruled: Overruled
) -> None:
    """Note of the words of a kind that nobody took up, all but these, that another stands in their place."""
    others = _superseded(refund_id=refund_id, kind=kind, but=but, **_columns(refund_id, overruled))
    await others.on(connection)


@built_once
def _superseded(*, refund_id: Any, kind: Any, but: Any, **columns: Any) -> Executable:
    of_words = _not_taken_up(refund_id) & (words.c.kind == kind) & ~one_of(words.c.word_id, but)
    return update(words).where(of_words).values(taken_up_at=func.now(), **columns)


async def close(
    connection: AsyncConnection,
    refund_id: str,
    heard: Sequence[str],
    overruled: Overruled,
    *,
    but: Sequence[str] = (),
    run: str = "",
    events: int | None = None,
) -> None:
    """At the end of a refund: what its run has heard was taken up, and so is what is said of goods; what else is left
    came to nothing. Nothing is noted of the words `but`: their task may be lost yet. Nor of what this `run` has noted
    since it had so many `events`: an attempt that comes late does not know of it, and the run closes it once more.
    """
    until = _ALL_EVENTS if events is None else events
    closed = _closed(refund_id=refund_id, heard=heard, but=but, run=run, events=until, **_columns(refund_id, overruled))
    await closed.on(connection)


@built_once
def _closed(*, refund_id: Any, heard: Any, but: Any, run: Any, events: Any, **overruled: Any) -> Executable:
    is_heard = one_of(words.c.word_id, heard)
    is_fine = is_heard | words.c.kind.in_([kind for kind in WordKind if kind.is_of_goods])
    columns = {name: case((is_fine, words.c[name]), else_=value) for name, value in overruled.items()}
    is_later = (words.c.run == run) & (words.c.events > events) & ~is_heard
    of_words = update(words).where(_not_taken_up(refund_id), ~one_of(words.c.word_id, but), ~is_later)
    return of_words.values(taken_up_at=func.now(), **columns)


def _columns(refund_id: str, overruled: Overruled) -> dict[str, str]:
    columns = {"overruled_as": overruled.type, "overruled": overruled.message}
    return sealed_row(words, sealing.about_refund(refund_id), columns)


def _not_taken_up(refund_id: Any) -> Any:
    return (words.c.refund_id == refund_id) & words.c.taken_up_at.is_(None)


async def of_refund(connection: AsyncConnection, refund_id: str) -> list[NotedWord]:
    """List what was said to a refund and not refused, the oldest first; the bodies only of what nobody is known to have
    taken up.
    """
    body = case((words.c.taken_up_at.is_(None), words.c.body), else_=None).label("body")
    columns = words.c.word_id, words.c.kind, words.c.sha256, words.c.run, words.c.events, words.c.taken_up_at, body
    is_noted = (words.c.refund_id == refund_id) & (words.c.run != REFUSED)
    query = select(*columns).where(is_noted).order_by(words.c.number)
    return [
        NotedWord(
            Word(row.word_id, WordKind(row.kind), row.sha256, row.run, row.events),
            row.body,
            row.taken_up_at is not None,
        )
        for row in await connection.execute(query)
    ]


async def is_not_taken_up(connection: AsyncConnection, refund_id: str, word_id: str) -> bool:
    """Tell whether this word was noted, and no run is known to have gone on with it."""
    query = select(words.c.number).where(_is(refund_id, word_id), words.c.taken_up_at.is_(None))
    return (await connection.execute(query)).one_or_none() is not None


async def is_waiting(connection: AsyncConnection, refund_id: str, longer_than: timedelta) -> bool:
    """Tell whether a word of this refund has not been taken up for so long."""
    query = select(func.count()).where(
        words.c.refund_id == refund_id, words.c.taken_up_at.is_(None), _older(longer_than)
    )
    return bool((await connection.execute(query)).scalar_one())


async def refunds_waiting(connection: AsyncConnection, longer_than: timedelta, limit: int) -> Sequence[str]:
    """List refunds with words that nobody has taken up for so long, so many at once; they may be over by now."""
    query = select(words.c.refund_id).where(words.c.taken_up_at.is_(None), _older(longer_than))
    return (await connection.execute(query.group_by(words.c.refund_id).limit(limit))).scalars().all()


def _older(than: timedelta) -> Any:
    return words.c.noted_at < func.now() - than


def _is(refund_id: Any, word_id: Any) -> Any:
    return (words.c.refund_id == refund_id) & (words.c.word_id == word_id)
