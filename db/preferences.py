"""What customers prefer, one row each; who said nothing has none."""

from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import preferences
from domain.delivery.channels import Preferences
from domain.delivery.quiet_hours import QuietHours


class KeptPreferences(NamedTuple):
    prefers: Preferences
    updated_at: datetime


async def put(connection: AsyncConnection, merchant_id: str, customer_id: str, prefers: Preferences) -> KeptPreferences:
    """Replace what a known customer prefers."""
    quiet = prefers.quiet
    values = {
        "channels": {topic: list(channels) for topic, channels in prefers.channels.items()},
        "time_zone": prefers.time_zone,
        "quiet_from": f"{quiet.begin:%H:%M}" if quiet else None,
        "quiet_until": f"{quiet.end:%H:%M}" if quiet else None,
    }
    made = insert(preferences).values(merchant_id=merchant_id, customer_id=customer_id, **values)
    changed = made.on_conflict_do_update(
        index_elements=["merchant_id", "customer_id"], set_={**values, "updated_at": func.now()}
    )
    at = (await connection.execute(changed.returning(preferences.c.updated_at))).scalar_one()
    return KeptPreferences(prefers, at)


async def find(connection: AsyncConnection, merchant_id: str, customer_id: str) -> KeptPreferences | None:
    whose = (preferences.c.merchant_id == merchant_id) & (preferences.c.customer_id == customer_id)
    row = (await connection.execute(select(preferences).where(whose))).one_or_none()
    return KeptPreferences(said_in(row), row.updated_at) if row else None


def said_in(row: Row[*tuple[Any, ...]]) -> Preferences:
    """Read them from a row, all of whose columns may be null."""
    quiet = (
        QuietHours(time.fromisoformat(row.quiet_from), time.fromisoformat(row.quiet_until)) if row.quiet_from else None
    )
    return Preferences(row.channels or {}, row.time_zone, quiet)
