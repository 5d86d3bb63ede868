"""Lists in pages: each says where the next one begins, and none is larger than an answer should be."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import BaseModel

from api import problems

Row = TypeVar("Row")
Entry = TypeVar("Entry", bound=BaseModel)
Place = TypeVar("Place")

MOST_ANSWER_BYTES = 1_000_000
"""About as large as an answer gets; what is longer goes on in the next page."""

_LARGEST = 2**63 - 1

Cursor = Annotated[
    str | None, Query(max_length=300, description="`next` of the page before; left out for the first page")
]
LinesCursor = Annotated[
    str | None,
    Query(max_length=300, description="`next_lines` of the answer before; left out for the first page"),
]
Limit = Annotated[int, Query(ge=1, le=200, description="so many entries a page, fewer where they are long")]


def place(cursor: str | None, name: str = "cursor") -> int:
    """Read the number that a cursor stands for: nought for the first page; raises Problem (`validation_failed`)."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) > _LARGEST:
        raise _wrong(name)
    return int(cursor)


def as_cursor(where: str) -> str:
    """Write the place where a page ended, for who only hands it back."""
    return base64.urlsafe_b64encode(where.encode()).decode()


def read_cursor(cursor: str, read: Callable[[str], Place]) -> Place:
    """Read the place where a page ended; `read` raises ValueError or TypeError for what is none.

    Raises Problem (`validation_failed`).
    """
    try:
        return read(base64.urlsafe_b64decode(cursor).decode())
    except (binascii.Error, ValueError, TypeError) as error:
        raise _wrong("cursor") from error


def _wrong(name: str) -> problems.ProblemRaised:
    return problems.wrong_field(f"/{name}", "take it from `next` of the page before")


class Cut:
    """One page of an answer that has several lists: they are read one after the other, as if they were one.

    A page begins after the entries that the pages before it have shown, and ends where the answer gets too long; each
    entry is on one page, and an answer that is short enough is one page.
    """

    def __init__(self, after: int = 0) -> None:
        self._after = after
        self._passed = 0
        self._size = 0
        self._is_full = False

    @property
    def next(self) -> str | None:
        """The cursor of the next page, once all lists were cut; None where all was shown."""
        return str(self._passed) if self._is_full else None

    def of(
        self,
        rows: Sequence[Row],
        entry_of: Callable[[Row], Entry],
        *,
        skip: Callable[[Row], object] = lambda _: None,
        times: int = 1,
    ) -> list[Entry]:
        """Show the rows that are on this page.

        skip: is told of each that is on another page. times: how much longer an entry is with what goes with it
        elsewhere in the answer.
        """
        shown: list[Entry] = []
        for row in rows:
            self._is_full = self._is_full or self._size > MOST_ANSWER_BYTES * 3 // 4
            if self._is_full or self._passed < self._after:
                skip(row)
            else:
                shown.append(entry_of(row))
                self._size += times * len(shown[-1].model_dump_json())
            self._passed += not self._is_full
        return shown


def same(entry: Entry) -> Entry:
    """Show what is an entry already."""
    return entry


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
