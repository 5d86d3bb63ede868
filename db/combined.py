"""Several queries sent as one statement, each of them a column that holds all its rows as JSON.

What queries of the same shapes come to together is built once, and kept: to build it costs the processor more than to
send it. Only the values of their parameters are new each time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    DateTime,
    Integer,
    Numeric,
    Result,
    Select,
    String,
    Subquery,
    func,
    select,
    text,
)
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from db.schema import JSONB

Query = Select[*tuple[Any, ...]]

_MOST_KEPT = 500
"""A process has some dozens of them."""

_KEPT: dict[tuple[Any, ...], "_Together"] = {}


async def answers_of(connection: AsyncConnection, queries: Sequence[Query]) -> list[Result[Any]]:
    """Send queries as one and return the rows of each."""
    if len(queries) < 2:
        return [await connection.execute(query) for query in queries]
    together, values = _together(queries)
    answered = (await connection.execute(together.statement, values)).one()
    return [columns.result(rows) for columns, rows in zip(together.columns, answered, strict=True)]


@dataclass(frozen=True, slots=True)
class _Columns:
    """What one of the queries selects; `readers` make of JSON what the driver would have made of a column."""

    names: tuple[str, ...]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]

    @classmethod
    def of(cls, table: Subquery) -> "_Columns":
        readers = [(place, _from_json(column.type)) for place, column in enumerate(table.c)]
        return cls(tuple(table.c.keys()), tuple((place, read) for place, read in readers if read is not None))

    def result(self, rows: list[list[Any]]) -> Result[Any]:
        for place, read in self.readers:
            for row in rows:
                row[place] = None if row[place] is None else read(row[place])
        return IteratorResult(SimpleResultMetaData(self.names), map(tuple, rows))


@dataclass(frozen=True, slots=True)
class _Together:
    """Queries as one statement. `parameters` are the names of theirs, in the order of their cache keys."""

    statement: Query
    parameters: tuple[str, ...]
    columns: tuple[_Columns, ...]

    @classmethod
    def of(cls, queries: Sequence[Query], parameters: tuple[str, ...]) -> "_Together":
        tables = [query.subquery(f"q{number}") for number, query in enumerate(queries)]
        columns = [select(_rows(table)).scalar_subquery().label(table.name) for table in tables]
        return cls(select(*columns), parameters, tuple(map(_Columns.of, tables)))


def _together(queries: Sequence[Query]) -> tuple[_Together, dict[str, Any]]:
    """Find what queries of these shapes come to together, with the values that their parameters have now.

    SQLAlchemy's own key says what shape a query has: two with the same key differ in the values of parameters alone.
    """
    keys = [query._generate_cache_key() for query in queries]
    known = [key for key in keys if key is not None]
    binds = [bind for key in known for bind in key.bindparams]
    names = tuple(bind.key for bind in binds)
    if len(known) < len(keys) or len(set(names)) < len(names):  # no key, or one query twice, whose names are the same
        return _Together.of(queries, names), {}
    shape = tuple(key.key for key in known)
    if shape not in _KEPT:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        _KEPT[shape] = _Together.of(queries, names)
    together = _KEPT[shape]
    return together, {name: bind.effective_value for name, bind in zip(together.parameters, binds, strict=True)}


def _rows(table: Subquery) -> Any:
    """All rows of a query in its order, as JSON: a list for each."""
    return func.coalesce(func.json_agg(func.json_build_array(*table.c)), text("'[]'"), type_=JSONB)


_AS_IN_JSON = String, Integer, Boolean, Numeric, JSON, ARRAY
"""What Postgres writes into JSON is what the driver would have made of it. Numeric is what whole numbers sum up to."""


def _from_json(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(type_, DateTime):
        return datetime.fromisoformat
    if isinstance(type_, _AS_IN_JSON):
        return None
    raise TypeError(f"a column of type {type_!r} can't be read at once with others: name its type, or teach it here")
