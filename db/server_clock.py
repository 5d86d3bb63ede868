"""PostgreSQL's clock, which writes the times of rows and says how old they are, whichever machine asks."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def now(connection: AsyncConnection) -> datetime:
    """Return when the connection's transaction began."""
    moment: datetime = (await connection.execute(select(func.now()))).scalar_one()
    return moment
