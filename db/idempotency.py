"""The same key and body of one caller answer the same; the same key with another body is refused.

A key belongs to its caller: what a customer sends under a key is nothing to the merchant's own keys. It is kept for
`KEPT`, then forgotten: the same key is a new one afterwards.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, Select, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import built_once
from db.schema import idempotency_keys
from db.schema.sealed import sealed_row

KEPT = timedelta(days=30)

_NOBODY = ""
"""The caller of the keys of before, which did not know theirs; their fingerprints do."""

_FORGOTTEN_AT_ONCE = 1_000


class KeyReused(Exception):
    """An idempotency key came back with another request."""


@dataclass(frozen=True, slots=True)
class Key:
    """Somebody's key: `caller` is a role, with the customer or the person where the API key names one.

    All keys of a person share them, so that one which replaced another repeats what that has sent.
    """

    merchant_id: str
    caller: str
    key: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status_code: int
    body: Any


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


async def recall(connection: AsyncConnection, key: Key, request_sha256: str) -> KeptAnswer | None:
    """Claim `key` for this request, or return what it was answered before.

    A second request with the same key waits here until the first one's transaction ends. Raises KeyReused.
    """
    asked = {**asdict(key), "request_sha256": request_sha256}
    claimed = (await _claimed(**asked).on(connection)).one_or_none()
    if claimed is None:
        known = (await _locked(**asked).on(connection)).one()
        if known.request_sha256 != request_sha256:
            raise KeyReused(key.key)
        if known.status_code is not None:
            return KeptAnswer(known.status_code, known.answer)
        claimed = known
    return None if claimed.status_before is None else KeptAnswer(claimed.status_before, claimed.answer_before)


@built_once
def _claimed(*, request_sha256: Any, **key: Any) -> Executable:
    claim = insert(idempotency_keys).values(**key, request_sha256=request_sha256).on_conflict_do_nothing()
    return claim.returning(*_of_before(Key(**key), request_sha256))


@built_once
def _locked(*, request_sha256: Any, **key: Any) -> Select[Any]:
    before = _of_before(Key(**key), request_sha256)
    return select(idempotency_keys, *before).where(_is(Key(**key))).with_for_update()


async def is_answered(connection: AsyncConnection, key: Key) -> bool:
    """Whether a request under this key was answered, whichever it was."""
    return (await _answered(**asdict(key)).on(connection)).one_or_none() is not None


@built_once
def _answered(**key: Any) -> Select[Any]:
    return select(idempotency_keys.c.key).where(_is(Key(**key)), idempotency_keys.c.status_code.is_not(None))


async def keep(connection: AsyncConnection, key: Key, request_sha256: str, answer: KeptAnswer) -> None:
    """Remember an answer, also where another attempt has given the key back meanwhile."""
    values = {"status_code": answer.status_code, "answer": answer.body}
    values = sealed_row(idempotency_keys, sealing.about_row("answer", *asdict(key).values()), values)
    await _kept(**asdict(key), request_sha256=request_sha256, **values).on(connection)


@built_once
def _kept(*, request_sha256: Any, status_code: Any, answer: Any, **key: Any) -> Insert:
    values = {"status_code": status_code, "answer": answer}
    kept = insert(idempotency_keys).values(**key, request_sha256=request_sha256, **values)
    same = idempotency_keys.c.request_sha256 == request_sha256
    return kept.on_conflict_do_update(index_elements=list(key), set_=values, where=same)


async def give_back(connection: AsyncConnection, key: Key) -> None:
    """Forget a key that was refused: nothing was done under it."""
    await connection.execute(delete(idempotency_keys).where(_is(key), idempotency_keys.c.status_code.is_(None)))


async def forget_old(connection: AsyncConnection) -> int:
    """Forget keys whose time is over, so many at once that nobody waits long; tell how many."""
    columns = idempotency_keys.c.merchant_id, idempotency_keys.c.caller, idempotency_keys.c.key
    old = select(*columns).where(idempotency_keys.c.created_at < func.now() - KEPT)
    some = old.order_by(idempotency_keys.c.created_at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(idempotency_keys).where(tuple_(*columns).in_(some)))).rowcount


def _of_before(key: Key, request_sha256: str) -> tuple[Any, Any]:
    """What the same request was answered under the same key, before keys knew their caller."""
    old = idempotency_keys.alias()
    same = _is(Key(key.merchant_id, _NOBODY, key.key), old.c) & (old.c.request_sha256 == request_sha256)
    status, answer = select(old.c.status_code).where(same), select(old.c.answer).where(same)
    return status.scalar_subquery().label("status_before"), answer.scalar_subquery().label("answer_before")


def _is(key: Key, keys: Any = idempotency_keys.c) -> Any:
    return (keys.merchant_id == key.merchant_id) & (keys.caller == key.caller) & (keys.key == key.key)
