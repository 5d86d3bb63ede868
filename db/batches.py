"""Many rows in one statement: a statement a row takes longer than a step may, where a row is a line of an order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, func, literal
from sqlalchemy.sql.expression import ColumnClause
from sqlalchemy.sql.selectable import TableValuedAlias

from db.schema import JSONB


def batch(rows: Sequence[dict[str, Any]], *columns: ColumnClause[Any]) -> TableValuedAlias:
    """Make rows a table within a statement, to update another from; each has exactly these columns."""
    given: BindParameter[Any] = literal(list(rows), JSONB)
    return func.jsonb_to_recordset(given).table_valued(*columns, name="given").render_derived(with_types=True)
