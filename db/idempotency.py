"""The same key and body answer the same; the same key with another body is refused."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import idempotency_keys


class KeyReused(Exception):
    """An idempotency key came back with another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    body: Any


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


async def recall(connection: AsyncConnection, merchant_id: str, key: str, request_sha256: str) -> Answer | None:
    """Claim `key` for this request, or return what it was answered before.

    A second request with the same key waits here until the first one's transaction ends. Raises KeyReused.
    """
    row = {"merchant_id": merchant_id, "key": key, "request_sha256": request_sha256}
    await connection.execute(insert(idempotency_keys).values(row).on_conflict_do_nothing())
    found = await connection.execute(select(idempotency_keys).where(_is(merchant_id, key)).with_for_update())
    known = found.one()
    if known.request_sha256 != request_sha256:
        raise KeyReused(key)
    return Answer(known.status_code, known.answer) if known.status_code is not None else None


async def keep(connection: AsyncConnection, merchant_id: str, key: str, answer: Answer) -> None:
    values = {"status_code": answer.status_code, "answer": answer.body}
    await connection.execute(update(idempotency_keys).where(_is(merchant_id, key)).values(values))


def _is(merchant_id: str, key: str) -> Any:
    return (idempotency_keys.c.merchant_id == merchant_id) & (idempotency_keys.c.key == key)
