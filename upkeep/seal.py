"""The audit trail is sealed, and keys whose time is over are forgotten."""

from sqlalchemy.ext.asyncio import AsyncEngine

from db import api_keys, idempotency, journal, keyed_words, webhooks
from db.archives import Archived
from db.engine import snapshots
from upkeep.archiving import Archive
from upkeep.keepers import each_of_its_merchant


async def seal_audit_trails(engine: AsyncEngine) -> bool:
    """Chain audit entries that are not chained yet."""

    async def seal(merchant_id: str) -> None:
        async with engine.begin() as connection:
            await journal.seal(connection, merchant_id)

    async with snapshots(engine).connect() as connection:
        merchants = await journal.merchants_to_seal(connection)
    await each_of_its_merchant("chain the audit trail of", merchants, str, seal)
    return True


async def forget_old_keys(engine: AsyncEngine, archive: Archive | None = None) -> bool:
    """Forget Idempotency-Keys whose time is over, ended keys of customers, and what was said or told long ago."""
    if archive is not None:
        await archive.take(Archived.IDEMPOTENCY_KEYS, idempotency.KEPT)
    of_requests = [idempotency.forget_old] if archive is None else []
    for forget in (*of_requests, keyed_words.forget_old, api_keys.forget_ended, webhooks.forget_old):
        is_more = True
        while is_more:
            async with engine.begin() as connection:
                is_more = bool(await forget(connection))
    return True
