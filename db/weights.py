"""How much work an order or a refund makes, before it is read.

Reading a large one takes its time in Python; where that would hold others up, `LIGHT_ONLY` is set and `TooHeavy` is
raised instead. What is compared is what Postgres keeps it in, compressed: a look at the row's header.
"""

from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

LIGHT_ONLY: ContextVar[bool] = ContextVar("light_only", default=False)

MOST_BYTES = 24 * 1024
"""About five hundred lines without a discount, or fifty with ten each."""


class TooHeavy(Exception):
    """What was about to be read is too large for here; nothing has been done."""


async def refuse_heavy(connection: AsyncConnection, whose: ColumnElement[bool], *columns: Any) -> None:
    """Raise TooHeavy where only light work is wanted and these columns of a row hold too much."""
    if not LIGHT_ONLY.get():
        return
    sizes = (func.coalesce(func.pg_column_size(column), 0) for column in columns)
    query: Select[Any] = select(*sizes).where(whose)
    row = (await connection.execute(query)).first()
    if row is not None and sum(row) > MOST_BYTES:
        raise TooHeavy
