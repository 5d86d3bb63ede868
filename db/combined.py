"""Several queries sent as one statement, each of them a column that holds all its rows as JSON.

What queries of the same shapes come to together is built once, and kept: to build it costs the processor more than to
send it. Only the values of their parameters are new each time.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Date,
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

from db.built import Filled
from db.driver import DIALECT, Compiled, DependsOnValues
from db.schema import JSONB
from db.schema.sealed import Sealed

Query = Select[*tuple[Any, ...]]

_MOST_KEPT = 500
"""A process has some dozens of them."""

_KEPT: dict[tuple[Hashable, ...], "_Together"] = {}


async def answers_of(connection: AsyncConnection, queries: Sequence[Query | Filled]) -> list[Result[Any]]:
    """Send queries as one and return the rows of each."""
    if len(queries) < 2:
        return [await _alone(connection, query) for query in queries]
    parts = [_filled(place, query) if isinstance(query, Filled) else _new(query) for place, query in enumerate(queries)]
    together = _together(parts)
    values = [value for part in parts for value in part.values]
    filled = dict(zip(together.parameters, values, strict=True))
    statement = together.statement
    if isinstance(statement, Compiled):
        answered = (await statement.send(connection, filled)).one()
    else:
        answered = (await connection.execute(statement, filled)).one()
    return [columns.result(rows) for columns, rows in zip(together.columns, answered, strict=True)]


async def _alone(connection: AsyncConnection, query: Query | Filled) -> Result[Any]:
    return await query.on(connection) if isinstance(query, Filled) else await connection.execute(query)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the queries. What has the same key is the same query with other values; a key of None is no other's."""

    key: Hashable | None
    parameters: tuple[str, ...]
    values: tuple[Any, ...]
    build: Callable[[], Query]


def _filled(place: int, query: Filled) -> _Part:
    prefix = f"q{place}_"
    names = tuple(prefix + name for name in query.values)
    build = partial(query.built.statement, query, prefix)
    return _Part((query.built, query.shape), names, tuple(query.values.values()), cast(Callable[[], Query], build))


def _new(query: Query) -> _Part:
    """SQLAlchemy's own key says what shape a query has: two with the same key differ in their values alone."""
    key = query._generate_cache_key()
    binds = key.bindparams if key is not None else []
    names = tuple(bind.key for bind in binds)
    return _Part(key and key.key, names, tuple(bind.effective_value for bind in binds), lambda: query)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What one of the queries selects; `readers` make of JSON what the driver would have made of a column."""

    metadata: SimpleResultMetaData
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]

    @classmethod
    def of(cls, table: Subquery) -> "_Columns":
        readers = [(place, _from_json(column.type)) for place, column in enumerate(table.c)]
        metadata = SimpleResultMetaData(tuple(table.c.keys()))
        return cls(metadata, tuple((place, read) for place, read in readers if read is not None))

    def result(self, rows: list[list[Any]]) -> Result[Any]:
        for place, read in self.readers:
            for row in rows:
                row[place] = None if row[place] is None else read(row[place])
        return IteratorResult(self.metadata, map(tuple, rows))


@dataclass(frozen=True, slots=True)
class _Together:
    """Queries as one statement; `parameters` are the names of theirs, in the order of the queries."""

    statement: Compiled | Query
    parameters: tuple[str, ...]
    columns: tuple[_Columns, ...]

    @classmethod
    def of(cls, parts: Sequence[_Part]) -> "_Together":
        tables = [part.build().subquery(f"q{number}") for number, part in enumerate(parts)]
        columns = [select(_rows(table)).scalar_subquery().label(table.name) for table in tables]
        names = tuple(name for part in parts for name in part.parameters)
        return cls(_compiled(select(*columns), names), names, tuple(map(_Columns.of, tables)))


def _compiled(statement: Query, parameters: tuple[str, ...]) -> Compiled | Query:
    try:
        return Compiled(statement, parameters)
    except DependsOnValues:
        return statement


def _together(parts: Sequence[_Part]) -> _Together:
    """Find what queries of these shapes come to together."""
    names = [name for part in parts for name in part.parameters]
    if any(part.key is None for part in parts) or len(set(names)) < len(names):  # one query twice has the same names
        return _Together.of(parts)
    shape = tuple(part.key for part in parts)
    if shape not in _KEPT:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        _KEPT[shape] = _Together.of(parts)
    return _KEPT[shape]


def _rows(table: Subquery) -> Any:
    """All rows of a query in its order, as JSON: a list for each."""
    return func.coalesce(func.json_agg(func.json_build_array(*table.c)), text("'[]'"), type_=JSONB)


_AS_IN_JSON = String, Integer, Boolean, Numeric, JSON, ARRAY
"""What Postgres writes into JSON is what the driver would have made of it. Numeric is what whole numbers sum up to."""


def _from_json(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(type_, DateTime):
        return datetime.fromisoformat
    if isinstance(type_, Date):
        return date.fromisoformat
    if isinstance(type_, Sealed):
        return partial(_opened, type_)
    if isinstance(type_, _AS_IN_JSON):
        return None
    raise TypeError(f"a column of type {type_!r} can't be read at once with others: name its type, or teach it here")


def _opened(type_: Sealed, stored: Any) -> Any:
    return type_.process_result_value(stored, DIALECT)
