"""Columns of what is personal: sealed where they are written (`sealed_row`), opened by their type when read."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Dialect, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from db import sealing

Change = Callable[[str], str]

WRITTEN = ("note", "comment", "metadata", "evidence", "guest")
"""Under these names a document has what people wrote, or whom it is about: those that an erasure empties."""

TOLD = (*WRITTEN, "message", "ends_in")
"""Likewise in an answer over HTTP."""


class OpenedObject(dict[str, Any]):
    """An object with texts that were sealed, and what they are about."""

    about: str


class OpenedList(list[Any]):
    """Likewise a list."""

    about: str


class SealedText(TypeDecorator[str]):
    """A text of which only the length is seen in the database."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def sealed(self, value: Any, about: str) -> Any:
        return sealing.seal(value, about, self.place) if isinstance(value, str) else value

    def wants_sealing(self, stored: str, newest: str) -> bool:
        """Tell whether what lies in the column is in clear, or sealed under another key than the newest."""
        return not _is_done(stored, newest)

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        if value is not None:
            sealing.refuse_clear(value, self.place)
        return value

    def process_result_value(self, value: str | None, _: Dialect | None) -> str | None:
        return None if value is None else sealing.opened(value, self.place)


class SealedDocument(TypeDecorator[Any]):
    """A document that keeps its shape: of it, texts under some names are sealed, or all but those under some.

    only: the names, wherever they stand; none are all. top: names that are looked for at the top alone, in documents
    of thousands of lines. but: names under which nothing is sealed.
    """

    impl = JSONB
    cache_ok = True

    def __init__(
        self, place: str, only: tuple[str, ...] = (), *, top: tuple[str, ...] = (), but: tuple[str, ...] = ()
    ) -> None:
        super().__init__(none_as_null=True)
        self.place = place
        self.only = only
        self.top = top
        self.but = but

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    def sealed(self, value: Any, about: str) -> Any:
        if sealing.ring() is None or not isinstance(value, (dict, list, str)):
            return value
        return self._changed(value, lambda text: sealing.seal(text, about, self.place))

    def wants_sealing(self, stored: Any, newest: str) -> bool:
        wanting = list[str]()

        def look(text: str) -> str:
            if not _is_done(text, newest):
                wanting.append(text)
            return text

        self._changed(stored, look)
        return bool(wanting)

    def process_bind_param(self, value: Any, _: Dialect) -> Any:
        if value is not None and sealing.ring() is not None:
            self._changed(value, self._refused)
        return value

    def process_result_value(self, value: Any, _: Dialect | None) -> Any:
        abouts = set[str]()

        def opened(text: str) -> str:
            read = sealing.opened(text, self.place)
            if isinstance(read, sealing.Opened):
                abouts.add(read.about)
            return read

        document = self._changed(value, opened) if self.top else _each(value, opened)
        return _with_abouts(document, abouts, self.place) if abouts else document

    def _changed(self, value: Any, change: Change) -> Any:
        if self.top:
            if not isinstance(value, dict):
                return value
            personal = {name: _each(value[name], change) for name in self.top if value.get(name)}
            return {**value, **personal} if personal else value
        return _below(value, self.only, change) if self.only else _all_but(value, self.but, change)

    def _refused(self, text: str) -> str:
        sealing.refuse_clear(text, self.place)
        return text


def _is_done(stored: str, newest: str) -> bool:
    return not stored or stored == sealing.ERASED or stored.startswith(newest)


def _with_abouts(document: Any, abouts: set[str], place: str) -> Any:
    if len(abouts) > 1:
        raise sealing.Misplaced(f"{place} holds what is about {' and about '.join(sorted(abouts))}")
    if isinstance(document, (dict, list)):
        document = OpenedObject(document) if isinstance(document, dict) else OpenedList(document)
        document.about = next(iter(abouts))
    return document


def _below(value: Any, names: tuple[str, ...], change: Change) -> Any:
    """Change what stands under these names, wherever."""
    if isinstance(value, dict):
        return {
            name: (_named if name == "metadata" else _each)(each, change)
            if name in names
            else _below(each, names, change)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_below(each, names, change) for each in value]
    return value


def _each(value: Any, change: Change) -> Any:
    """Change every text; what it is called only where that was sealed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return _renamed(value, change) if _has_sealed_names(value) else {n: _each(v, change) for n, v in value.items()}
    return [_each(each, change) for each in value] if isinstance(value, list) else value


def _has_sealed_names(value: dict[str, Any]) -> bool:
    return next(iter(value), "").startswith(sealing.PREFIX)


def _renamed(value: dict[str, Any], change: Change) -> dict[str, Any]:
    """Change names and texts; they come in the order in which PostgreSQL would have kept them in clear."""
    changed = {change(name): _each(each, change) for name, each in value.items()}
    return dict(sorted(changed.items(), key=lambda each: (len(each[0].encode()), each[0])))


def _named(value: Any, change: Change) -> Any:
    """Change every text and what it is called: people named it too."""
    if isinstance(value, dict):
        return {change(name): _named(each, change) for name, each in value.items()}
    return _each(value, change)


def _all_but(value: Any, names: tuple[str, ...], change: Change) -> Any:
    if isinstance(value, dict):
        return {name: each if name in names else _all_but(each, names, change) for name, each in value.items()}
    if isinstance(value, list):
        return [_all_but(each, names, change) for each in value]
    return change(value) if isinstance(value, str) else value


class SealedMapping(SealedDocument):
    """What people wrote under names that they chose themselves."""

    cache_ok = True

    def _changed(self, value: Any, change: Change) -> Any:
        return _named(value, change)


Sealed = SealedText | SealedDocument


def sealed_text_column(table: str, name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, SealedText(f"{table}.{name}"), nullable=nullable)


def sealed_row(table: Table, about: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Seal those values of a row that are personal."""
    return {
        name: kind.sealed(value, about) if isinstance(kind := table.c[name].type, Sealed) else value
        for name, value in values.items()
    }
