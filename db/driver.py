"""Compiled statements, handed to the driver itself: what SQLAlchemy does for each execution is done once for all."""

from asyncio import CancelledError
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, cast

import psycopg
from sqlalchemy import Connection, Dialect, Executable, Result
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT: Dialect = PGDialectAsync_psycopg()  # type: ignore[no-untyped-call]
_NO_COLUMNS = SimpleResultMetaData(())

_Converter = Callable[[Any], Any]


class DependsOnValues(TypeError):
    """The SQL of a statement is another for each number of values: let it say `any_` instead of `in_`."""


class Compiled:
    """One statement as SQL, with what its values and its columns are converted by.

    parameters: the keys of those that are filled in; what else is compared keeps its value. Raises DependsOnValues.
    """

    def __init__(self, statement: Executable, parameters: Collection[str]) -> None:
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        assert isinstance(compiled, SQLCompiler)
        if any(bind.key in parameters for bind in compiled.post_compile_params):
            raise DependsOnValues(str(compiled))
        self._sql = compiled.string.encode()
        converters = cast(dict[str, _Converter], compiled._bind_processors)
        names = {bind.key: name for bind, name in compiled.bind_names.items() if bind.key in parameters}
        self._parameters = {key: (name, converters.get(name)) for key, name in names.items()}
        expanded = compiled._post_compile_expanded_state
        if expanded is not None:
            converters = converters | cast(dict[str, _Converter], expanded.processors)
        left = {name: value for name, value in compiled.params.items() if name not in names.values()}
        self._fixed = {name: _converted(value, converters.get(name)) for name, value in left.items()}
        self._columns = SimpleResultMetaData([column.keyname for column in compiled._result_columns])
        readers = [column.type._cached_result_processor(_DIALECT, None) for column in compiled._result_columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]

    async def send(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Result[Any]:
        """Send it with these values within the connection's transaction; raises what SQLAlchemy raises."""
        sync = connection.sync_connection
        assert sync is not None
        if not sync.in_transaction():
            sync.begin()
        driver: psycopg.AsyncConnection[Any] = sync.connection.driver_connection  # type: ignore[assignment]
        cursor = driver.cursor()
        try:
            await cursor.execute(self._sql, {**self._fixed, **self._converted(values)})
            rows = await cursor.fetchall() if cursor.description else None
        except (psycopg.Error, CancelledError) as error:
            await connection.run_sync(self._raise, error, values)
        if rows is None:
            return IteratorResult(_NO_COLUMNS, iter(()))
        for place, read in self._readers:
            rows = [(*row[:place], read(row[place]), *row[place + 1 :]) for row in rows]
        return IteratorResult(self._columns, iter(rows))

    def _converted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        converted = {}
        for key, value in values.items():
            name, converter = self._parameters[key]
            converted[name] = _converted(value, converter)
        return converted

    def _raise(self, connection: Connection, error: BaseException, values: Mapping[str, Any]) -> NoReturn:
        """Raise an error of the driver as SQLAlchemy would, and let its pool know of connections that are lost."""
        try:
            raise error
        except BaseException:  # SQLAlchemy asks which one is being handled
            connection._handle_dbapi_exception(error, self._sql.decode(), dict(values), None, None)


def _converted(value: Any, converter: _Converter | None) -> Any:
    return value if converter is None else converter(value)
