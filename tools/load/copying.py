"""Copies of an original's rows: the same in all but names, numbers and days, made by one statement a row.

The text of each column is cut at what a copy has of its own, so that nothing is replaced twice.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import Connection, sql

from domain import clock
from tools.load.rows import Row

_DAY = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_AROUND_NOW = timedelta(days=90)
"""Days farther away are none of the story's: a campaign without end, a deadline in ten years."""

_KEYS_ARE_KEPT = 30
_OF_A_CUSTOMER = frozenset({"customers", "campaign_standings"})
"""Where a copy's customer is anybody, they are made apart, once for all of that customer's orders."""

_COUNTED_AFTERWARDS = "audit_counts"

_COUNTED_BY_ITSELF = frozenset({"message_id", "evidence_id", "suspension_id", "number"})
"""Identity columns that nothing refers to."""


@dataclass(frozen=True, slots=True)
class Original:
    """A case with its rows. `customer_id` is set where a copy's customer is anybody; `merchant_id` is its merchant."""

    name: str
    merchant_id: str
    rows: Sequence[Row]
    names: frozenset[str]
    customer_id: str | None

    @property
    def numbers(self) -> dict[str, Row]:
        return {row.number: row for row in self.rows if row.number is not None}


def copy(database: Connection, original: Original, count: int) -> None:
    """Copy an original as often as the table `copies` has a row for its name; `count` says how many they are."""
    numbers = _numbered(database, original, count)
    pattern = _pattern(original, numbers)
    for row in original.rows:
        if row.table != _COUNTED_AFTERWARDS and not (row.table in _OF_A_CUSTOMER and original.customer_id):
            database.execute(_statement(row, original, pattern, numbers))


def _statement(
    row: Row, original: Original, pattern: "re.Pattern[str]", numbers: Mapping[str, sql.Composable]
) -> sql.Composed:
    columns: dict[str, sql.Composable] = {}
    for name, value in row.values.items():
        is_number = row.types[name] == "int8" and value in numbers
        if (row.table == "words" and name == "number") or (
            name in _COUNTED_BY_ITSELF and row.table != "ledger_entries"
        ):
            continue
        if name == "entry_id" and row.table == "audit_entries":
            continue
        columns[name] = numbers[value] if is_number and value else _value(row, name, original, pattern, numbers)
    into = (
        sql.Identifier("pg_temp", "new_audit")
        if row.table == "audit_entries"
        else sql.Identifier(row.schema, row.table)
    )
    recent = sql.SQL(" and days < {}").format(_KEYS_ARE_KEPT) if row.table == "idempotency_keys" else sql.SQL("")
    return sql.SQL("insert into {} ({}) select {} from copies where original = {}{}").format(
        into,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(columns.values()),
        original.name,
        recent,
    )


def _value(
    row: Row, name: str, original: Original, pattern: "re.Pattern[str]", numbers: Mapping[str, sql.Composable]
) -> sql.Composable:
    value, type_ = row.values[name], sql.SQL(row.types[name])
    if value is None:
        return sql.SQL("null")
    if row.table == "webhooks" and name == "copies":
        return sql.SQL("0")
    if value == original.merchant_id:
        return sql.SQL("merchant_id")
    if row.types[name] == "timestamptz":
        return sql.SQL("{}::timestamptz - days * interval '1 day'").format(value)
    if row.types[name] not in ("text", "jsonb", "varchar"):
        return sql.SQL("{}::{}").format(value, type_)
    pieces = list(_pieces(value, original, pattern, numbers))
    return sql.SQL("({})::{}").format(sql.SQL(" || ").join(pieces), type_)


def _pieces(
    value: str, original: Original, pattern: "re.Pattern[str]", numbers: Mapping[str, sql.Composable]
) -> Iterator[sql.Composable]:
    at = 0
    for found in pattern.finditer(value):
        if found[0] == original.customer_id:
            yield sql.SQL("{} || customer_id").format(value[at : found.start()])
        elif found[0] in original.names:
            yield sql.SQL("{} || suffix").format(value[at : found.end()])
        elif found[0] in numbers:
            yield sql.SQL("{} || ({})::text").format(value[at : found.start()], numbers[found[0]])
        elif _is_of_the_story(found[0]):
            before = value[at : found.start()]
            yield sql.SQL("{} || to_char({}::date - days, 'YYYY-MM-DD')").format(before, found[0])
        else:
            continue
        at = found.end()
    yield sql.SQL("{}::text").format(value[at:])


def _is_of_the_story(day: str) -> bool:
    try:
        return abs(date.fromisoformat(day) - clock.now().date()) < _AROUND_NOW
    except ValueError:
        return False


def _pattern(original: Original, numbers: Mapping[str, sql.Composable]) -> "re.Pattern[str]":
    """The longest first, so that the customer is not taken for the case that is in its name."""
    own = {*original.names, *numbers, *([original.customer_id] if original.customer_id else [])}
    longest_first = sorted(own, key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), _DAY.pattern]))


def _numbered(database: Connection, original: Original, count: int) -> dict[str, sql.Composable]:
    """Take numbers for all copies of a numbered row at once; the copy's `place` among them tells which is its."""
    taken: dict[str, sql.Composable] = {}
    for number, row in original.numbers.items():
        column = next(name for name, value in row.values.items() if value == number)
        sequence = f"{row.schema}.{row.table}"
        name = database.execute("select pg_get_serial_sequence(%s, %s)", (sequence, column)).fetchone()
        assert name is not None
        first = database.execute("select nextval(%s::regclass)", name).fetchone()
        assert first is not None
        database.execute("select setval(%s::regclass, %s)", (name[0], first[0] + count))
        taken[number] = sql.SQL("({}::int8 + place)").format(first[0])
    return taken
