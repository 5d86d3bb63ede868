"""An object of a payload, field by field: what is read is remembered, and of the rest nothing is lost unnoticed."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from domain.sale.guests import phone_number
from importers.amounts import Inexact, minor_units
from importers.outcome import Notes, Unreadable

_OF_MONEY = re.compile(
    r"amount|price|total|tax|fee|discount|dut(y|ies)|tip|money|cost|refund|shipping|payment|credit|gift|deposit|rounding"
)
_NOTHING = re.compile(r"-?0*(\.0*)?")


class Fields:
    """One object. Every accessor marks its field as read; `close` gives account of those that nobody read."""

    def __init__(self, value: object, path: str, notes: Notes) -> None:
        if not isinstance(value, Mapping):
            raise Unreadable(path or "/", "here is an object expected")
        self._value: Mapping[str, object] = value
        self._read: set[str] = set()
        self.path = path
        self.notes = notes

    def at(self, name: str) -> str:
        """Lead to a field."""
        return f"{self.path}/{name}"

    def has(self, name: str) -> bool:
        """Whether something stands there; null, an empty text, list or object are nothing."""
        return self._value.get(name) not in (None, "", [], {})

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def raw(self, name: str) -> object:
        self._read.add(name)
        return self._value.get(name)

    def text(self, name: str) -> str:
        """Read a text or a number as text; empty where there is none."""
        said = self.raw(name)
        if said is None:
            return ""
        if isinstance(said, str):
            return said.strip()
        if isinstance(said, (int, Decimal)) and not isinstance(said, bool):
            return str(said)
        raise Unreadable(self.at(name), "here is a text expected")

    def must(self, name: str) -> str:
        if not (said := self.text(name)):
            raise Unreadable(self.at(name), "this must be there")
        return said

    def flag(self, name: str) -> bool:
        said = self.raw(name)
        if said is not None and not isinstance(said, bool):
            raise Unreadable(self.at(name), "here is true or false expected")
        return bool(said)

    def count(self, name: str) -> int:
        said = self.raw(name)
        if not isinstance(said, int) or isinstance(said, bool):
            raise Unreadable(self.at(name), "here is a whole number expected")
        return said

    def money(self, name: str, currency: str) -> int:
        """Read an amount in minor units; nothing there is zero."""
        said = self.raw(name)
        if said is None or said == "":
            return 0
        try:
            return minor_units(said, currency)
        except Inexact as inexact:
            raise Unreadable(self.at(name), str(inexact)) from inexact

    def time(self, name: str, zone: str = "") -> datetime | None:
        """Read a time; one without an offset is in UTC where `zone` says so, else refused."""
        said = self.text(name)
        if not said:
            return None
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise Unreadable(self.at(name), f"{said[:60]!r} is no time as RFC 3339 writes it") from None
        if moment.tzinfo is None and zone != "UTC":
            raise Unreadable(self.at(name), f"{said!r} says no offset from UTC")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def must_time(self, name: str, zone: str = "") -> datetime:
        moment = self.time(name, zone)
        if moment is None:
            raise Unreadable(self.at(name), "this must be there")
        return moment

    def object(self, name: str) -> "Fields | None":
        """Read an object; PHP writes an empty one as a list."""
        said = self.raw(name)
        return None if said in (None, "", []) else Fields(said, self.at(name), self.notes)

    def objects(self, name: str) -> "list[Fields]":
        said = self.raw(name)
        if said is None:
            return []
        if not isinstance(said, list):
            raise Unreadable(self.at(name), "here is a list expected")
        return [Fields(each, f"{self.at(name)}/{place}", self.notes) for place, each in enumerate(said)]

    def phone(self, name: str) -> str:
        """Read a phone number where it is one as E.164 writes it; others can't be called, and are told of."""
        said = self.text(name).replace(" ", "").replace("-", "").replace("(", "").replace(")", "")
        try:
            return phone_number(said) if said else ""
        except ValueError:
            self.notes.ignored[_without_places(self.at(name))] = "a phone number without its country's code is nobody's"
            return ""

    def close(self, why: Mapping[str, str]) -> None:
        """Give account of what was not read; `why` names what is left out knowingly. Raises Unreadable for money."""
        for name in self._unread():
            if name in why:
                self.notes.ignored[_without_places(self.at(name))] = why[name]
            elif _OF_MONEY.search(name) and _may_be_money(self._value[name]):
                raise Unreadable(self.at(name), "nobody here knows this field, and it may be money: nothing is guessed")
            else:
                self.notes.unread.add(_without_places(self.at(name)))

    def leave_rest(self, why: str) -> None:
        """Leave out all that was not read, knowingly."""
        if any(self._unread()):
            self.notes.ignored[f"{_without_places(self.path)}/*"] = why

    def _unread(self) -> Iterator[str]:
        return (name for name in self._value if name not in self._read and self.has(name))


def _without_places(path: str) -> str:
    """A field's path without its file and the places in lists, so that it is named once."""
    return re.sub(r"/[0-9]+(?=/|$)", "/*", path.partition("#")[2])


def _may_be_money(value: object) -> bool:
    """Whether an amount other than zero may be in it."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (int, Decimal)):
        return value != 0
    if isinstance(value, str):
        return bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value)) and not _NOTHING.fullmatch(value)
    if isinstance(value, Mapping):
        return any(_may_be_money(each) for each in value.values())
    return isinstance(value, list) and any(_may_be_money(each) for each in value)
