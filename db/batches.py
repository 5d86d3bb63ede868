"""Many rows in one statement: a statement a row takes longer than a step may, where a row is a line of an order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, column, func, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.expression import ColumnClause
from sqlalchemy.sql.selectable import TableValuedAlias

from db.schema import JSONB


def batch(rows: Sequence[dict[str, Any]], *columns: ColumnClause[Any]) -> TableValuedAlias:
    """Make rows a table within a statement, to update another from; each has exactly these columns."""
    given: BindParameter[Any] = literal(list(rows), JSONB)
    return func.jsonb_to_recordset(given).table_valued(*columns, name="given").render_derived(with_types=True)


def insert_all(table: Table, rows: Sequence[dict[str, Any]]) -> Insert:
    """Insert rows, at least one, that all have the same columns, none of them a time."""
    names = list(rows[0])
    given = batch(rows, *(column(name, table.c[name].type) for name in names))
    return insert(table).from_select(names, select(*(given.c[name] for name in names)))
