"""What PostgreSQL tells by NOTIFY, heard on a connection of its own for as long as the program runs."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

_PAUSE_S = 1.0
_LIVES: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}


async def listen(
    engine: AsyncEngine,
    channel: str,
    *,
    begin: Callable[[], None],
    tell: Callable[[str], None],
    lose: Callable[[Exception | None], None],
) -> None:
    """Hear a channel for ever: `begin` is called each time that it can be heard, `tell` with what is told.

    `lose` is called when it can't be heard any more, with the reason, None where the server ended it.
    """
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        why: Exception | None = None
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True, **_LIVES) as connection:
                await connection.execute(f"listen {channel}")
                begin()
                async for told in connection.notifies():
                    tell(told.payload)
        except (psycopg.Error, OSError) as lost:
            why = lost
        lose(why)
        await asyncio.sleep(_PAUSE_S)
