"""Many rows in one statement: a statement a row takes longer than a step may, where a row is a line of an order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, column, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.expression import ColumnClause
from sqlalchemy.sql.selectable import TableValuedAlias

from db.built import Filled, built_once
from db.schema import JSONB

Rows = Sequence[dict[str, Any]] | BindParameter[Any]
"""Rows, or the parameter of a statement that is built once, which a list of them is filled in for."""


def batch(rows: Rows, *columns: ColumnClause[Any]) -> TableValuedAlias:
    """Make rows a table within a statement, to update another from; each has exactly these columns."""
    given: Any = type_coerce(rows, JSONB) if isinstance(rows, BindParameter) else literal(list(rows), JSONB)
    return func.jsonb_to_recordset(given).table_valued(*columns, name="given").render_derived(with_types=True)


def inserted(table: Table, rows: Sequence[dict[str, Any]]) -> Filled:
    """Insert rows, at least one, by a statement that is built once for each set of columns."""
    return _inserted(table, tuple(rows[0]), rows=rows)


@built_once
def _inserted(table: Table, names: tuple[str, ...], *, rows: Any) -> Insert:
    return insert_all(table, names, rows)


def insert_all(table: Table, names: Sequence[str], rows: Rows) -> Insert:
    """Insert rows that all have these columns, none of them a time."""
    given = batch(rows, *(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(list(names), select(*(given.c[name] for name in names)))
