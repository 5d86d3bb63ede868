"""What is said over HTTP, noted with its key before a run hears it: who speaks at Temporal can't write here."""

from typing import Any

from sqlalchemy import Executable, delete, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_keys import PERSON
from db.built import built_once
from db.idempotency import KEPT
from db.schema import keyed_words, refunds
from domain.said import Word, WordKind

_FORGOTTEN_AT_ONCE = 1_000


async def note(connection: AsyncConnection, refund_id: str, word: Word, key_id: str, person: str = "") -> None:
    """Note with which key this word is said, and by whom; said again it is noted already."""
    row = {"refund_id": refund_id, "word_id": word.word_id, "sha256": word.sha256}
    await _noted(**row, key_id=key_id, person=person).on(connection)


@built_once
def _noted(**row: Any) -> Executable:
    return insert(keyed_words).values(**row).on_conflict_do_nothing()


async def is_noted(connection: AsyncConnection, refund_id: str, word: Word) -> bool:
    """Tell whether this very word was said over HTTP."""
    known = _known(refund_id=refund_id, word_id=word.word_id, sha256=word.sha256)
    return (await known.on(connection)).one_or_none() is not None


@built_once
def _known(*, refund_id: Any, word_id: Any, sha256: Any) -> Executable:
    is_it = (keyed_words.c.refund_id == refund_id) & (keyed_words.c.word_id == word_id)
    return select(keyed_words.c.at).where(is_it, keyed_words.c.sha256 == sha256)


async def forget_old(connection: AsyncConnection) -> int:
    """Forget who has said what to refunds that are over, long ago: their timelines and the audit trail tell it.

    Some at once, so that nobody waits long; tell how many. So long a word may be repeated under its key.
    """
    words = keyed_words.c.refund_id, keyed_words.c.word_id
    is_over = exists().where(refunds.c.refund_id == keyed_words.c.refund_id, refunds.c.completed_at.is_not(None))
    old = select(*words).where(keyed_words.c.at < func.now() - KEPT, is_over).order_by(keyed_words.c.at)
    some = old.limit(_FORGOTTEN_AT_ONCE)
    return (await connection.execute(delete(keyed_words).where(tuple_(*words).in_(some)))).rowcount


async def reviewers(connection: AsyncConnection, refund_id: str) -> list[str]:
    """Say who has decided about a refund over HTTP, as `Caller.identity` has it."""
    is_review = (keyed_words.c.refund_id == refund_id) & keyed_words.c.word_id.startswith(WordKind.REVIEW)
    said = select(keyed_words.c.person, keyed_words.c.key_id).where(is_review)
    return [PERSON + row.person if row.person else row.key_id for row in await connection.execute(said.distinct())]
