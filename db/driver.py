"""Compiled statements, handed to the driver itself: what SQLAlchemy does for each execution is done once for all."""

from asyncio import CancelledError
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, cast

import psycopg
from psycopg import AsyncRawCursor
from sqlalchemy import Connection, Dialect, Executable, Result
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

DIALECT: Dialect = PGDialectAsync_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
"""With Postgres' own $1 nothing has to be parsed: psycopg parses a long statement each time that it is sent."""

_Converter = Callable[[Any], Any]


class DependsOnValues(TypeError):
    """The SQL of a statement is another for each number of values: let it say `one_of` instead of `in_`."""


class Compiled:
    """One statement as SQL, with what its values and its columns are converted by.

    parameters: the keys of those that are filled in; what else is compared keeps its value. Raises DependsOnValues.
    """

    def __init__(self, statement: Executable, parameters: Collection[str]) -> None:
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=DIALECT, compile_kwargs={"render_postcompile": True}
        )
        assert isinstance(compiled, SQLCompiler)
        if any(bind.key in parameters for bind in compiled.post_compile_params):
            raise DependsOnValues(str(compiled))
        self._sql = compiled.string.encode()
        converters = cast(dict[str, _Converter], compiled._bind_processors)
        expanded = compiled._post_compile_expanded_state
        if expanded is not None:
            converters = converters | cast(dict[str, _Converter], expanded.processors)
        keys = {name: bind.key for bind, name in compiled.bind_names.items() if bind.key in parameters}
        assert set(keys.values()) == set(parameters), "each of the values has its place"
        names = list(enumerate(compiled.positiontup or ()))
        self._filled = [(place, keys[name], converters.get(name)) for place, name in names if name in keys]
        self._values = [
            None if name in keys else _converted(compiled.params[name], converters.get(name)) for _, name in names
        ]
        self._has_rows = bool(compiled._result_columns)
        self._columns = SimpleResultMetaData([column.keyname for column in compiled._result_columns])
        readers = [column.type._cached_result_processor(DIALECT, None) for column in compiled._result_columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]

    async def send(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Result[Any]:
        """Send it with these values within the connection's transaction; raises what SQLAlchemy raises."""
        sync = connection.sync_connection
        assert sync is not None
        if not sync.in_transaction():
            sync.begin()
        driver: psycopg.AsyncConnection[Any] = sync.connection.driver_connection  # type: ignore[assignment]
        cursor = AsyncRawCursor(driver)
        try:
            await cursor.execute(self._sql, self._in_order(values))
            rows = await cursor.fetchall() if self._has_rows else []
        except (psycopg.Error, CancelledError) as error:
            await connection.run_sync(self._raise, error, values)
        if sync._has_events or sync.engine._has_events:  # whoever listens to an engine hears of every statement
            sync.dispatch.after_cursor_execute(sync, cursor, self._sql.decode(), values, None, False)
        if self._readers:
            rows = [self._read(row) for row in rows]
        return IteratorResult(self._columns, iter(rows))

    def _read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        cells = list(row)
        for place, read in self._readers:
            cells[place] = read(cells[place])
        return tuple(cells)

    def _in_order(self, values: Mapping[str, Any]) -> list[Any]:
        converted = self._values.copy()
        for place, key, converter in self._filled:
            converted[place] = _converted(values[key], converter)
        return converted

    def _raise(self, connection: Connection, error: BaseException, values: Mapping[str, Any]) -> NoReturn:
        """Raise an error of the driver as SQLAlchemy would, and let its pool know of connections that are lost."""
        try:
            raise error
        except BaseException:  # SQLAlchemy asks which one is being handled
            connection._handle_dbapi_exception(error, self._sql.decode(), dict(values), None, None)


def _converted(value: Any, converter: _Converter | None) -> Any:
    return value if converter is None else converter(value)
