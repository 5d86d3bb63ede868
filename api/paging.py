"""Lists in pages: each says where the next one begins, and none is larger than an answer should be."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import BaseModel

from api import problems

Row = TypeVar("Row")
Line = TypeVar("Line", bound=BaseModel)

MOST_ANSWER_BYTES = 1_000_000
"""About as large as an answer gets; what is longer goes on in the next page."""

_LARGEST = 2**63 - 1

Cursor = Annotated[
    str | None, Query(max_length=300, description="`next` of the page before; left out for the first page")
]
LinesCursor = Annotated[
    str | None,
    Query(max_length=300, description="`next_lines` of the answer before; left out for the first page of lines"),
]
Limit = Annotated[int, Query(ge=1, le=200, description="so many entries a page, fewer where they are long")]


def place(cursor: str | None, name: str = "cursor") -> int:
    """Read the number that a cursor stands for: nought for the first page; raises Problem (`validation_failed`)."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) > _LARGEST:
        raise problems.wrong_field(f"/{name}", "take it from `next` of the page before")
    return int(cursor)


def lines_from(
    after: int, rows: Sequence[Row], line_of: Callable[[Row], Line], skip: Callable[[Row], object]
) -> tuple[list[Line], str | None]:
    """Show a page of lines, from the one after the first `after` on; each is shown again in its explanation."""
    for row in rows[:after]:
        skip(row)
    shown: list[Line] = []
    size = 0
    for row in rows[after:]:
        if size > MOST_ANSWER_BYTES * 3 // 4:
            return shown, str(after + len(shown))
        shown.append(line_of(row))
        size += 2 * len(shown[-1].model_dump_json())
    return shown, None


def page(
    rows: Sequence[Row], limit: int, number_of: Callable[[Row], int], size_of: Callable[[Row], int]
) -> tuple[Sequence[Row], str | None]:
    """Cut a page off `rows`, which are one more than the limit if there are more; and name the next one.

    size_of: about how many bytes a row becomes. A row that is too long for any page has one for itself.
    """
    shown, size = 0, 0
    for row in rows[:limit]:
        size += size_of(row)
        if shown and size > MOST_ANSWER_BYTES:
            break
        shown += 1
    return rows[:shown], str(number_of(rows[shown - 1])) if shown < len(rows) else None
