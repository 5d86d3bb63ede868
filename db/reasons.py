"""Versions of a merchant's own reasons (rule 55); version 0 is none, which nobody had to write."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.built import built_once
from db.codec import from_json, to_json
from db.schema import merchant_reasons
from domain.claims.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class TaxonomyVersion:
    version: int
    taxonomy: Taxonomy


async def current(connection: AsyncConnection, merchant_id: str) -> TaxonomyVersion:
    row = (await _newest(merchant_id=merchant_id).on(connection)).one_or_none()
    return TaxonomyVersion(row.version, from_json(Taxonomy, row.document)) if row else TaxonomyVersion(0, Taxonomy())


@built_once
def _newest(*, merchant_id: Any) -> Select[Any]:
    query = select(merchant_reasons).where(merchant_reasons.c.merchant_id == merchant_id)
    return query.order_by(merchant_reasons.c.version.desc()).limit(1)


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's reasons: each change gets a version of its own."""
    await locks.hold(connection, "reasons", merchant_id)


async def save(
    connection: AsyncConnection, merchant_id: str, known: TaxonomyVersion, taxonomy: Taxonomy
) -> TaxonomyVersion:
    """Store the next version after `known`, which is held still; one that changes nothing keeps it."""
    if known.taxonomy == taxonomy:
        return known
    row = {"merchant_id": merchant_id, "version": known.version + 1, "document": to_json(taxonomy)}
    await connection.execute(insert(merchant_reasons).values(row))
    return TaxonomyVersion(known.version + 1, taxonomy)
