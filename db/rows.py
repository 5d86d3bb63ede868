"""How a row becomes a model: by the names of its columns, enums and documents made of what is stored."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from sqlalchemy import Row

from db import sealing
from db.codec import from_json
from db.schema.sealed import OpenedList, OpenedObject
from db.sealing import Opened

Model = TypeVar("Model")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class StoredDocument(Generic[Value]):
    """A document as Postgres keeps it. To read a large one takes its time, so it is read where it is needed."""

    kind: type[Value]
    json: Any

    def read(self) -> Value:
        return from_json(self.kind, self.json)


def read(kind: type[Model], row: Row[*tuple[Any, ...]]) -> Model:
    """Read a row that has a column for each field of a model. Raises Misplaced for what is of another refund."""
    values = {}
    for name, convert in _fields(cast(Hashable, kind)):
        values[name] = convert(in_its_place(row, getattr(row, name)))
    return kind(**values)


_OPENED = Opened, OpenedObject, OpenedList


def in_its_place(row: Row[*tuple[Any, ...]], value: Any) -> Any:
    """Return a value of a row. Raises Misplaced where it was sealed about another refund than the row is of."""
    if type(value) in _OPENED and value.about.startswith(sealing.about_refund("")) and hasattr(row, "refund_id"):
        sealing.refuse_moved(value, sealing.about_refund(row.refund_id))
    return value


@cache
def _fields(kind: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((each.name, _converter(hints[each.name])) for each in fields(kind))


def _converter(hint: Any) -> Callable[[Any], Any]:
    """Enums and documents are made of what is stored; everything else is as Postgres says."""
    if get_origin(hint) in (Union, UnionType):
        (wanted,) = (each for each in get_args(hint) if each is not type(None))
        convert = _converter(wanted)
        return lambda stored: None if stored is None else convert(stored)
    if get_origin(hint) is StoredDocument:
        (document,) = get_args(hint)
        return lambda stored: StoredDocument(document, stored)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return lambda stored: stored
