"""What the originals have left in the tables, ours and the provider's: each row with the case that it belongs to."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection, sql

from db.schema import guests, metadata
from db.schema.sealed import SealedDocument, SealedText

_NUMBERED = {
    "ledger_entries": "entry_id",
    "points_lots": "lot_id",
    "points_spends": "spend_id",
    "campaign_rewards": "reward_id",
}
"""Numbers that other rows and stored JSON refer to, by table."""

_UNTOUCHED = frozenset(
    {"policies", "campaigns", "api_keys", "audit_heads", "compared_books", "refund_marks", "risk_alerts"}
)
"""Of a merchant, or of what several cases share, not of a case."""

_FIRST_NUMBER = 10**12
"""Originals get numbers so large that a number of twelve more digits in a stored document can be nothing else."""

_MOST_BEFORE = 1_000
_UNDER_WAY = """
select (select count(*) from sandbox.webhooks where copies > 0)
     + (select count(*) from webhooks where handled_at is null)
     + (select count(*) from words where taken_up_at is null) + (select count(*) from audit_entries where hash is null)
"""
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """`values` are PostgreSQL's text of each column, None for null; `types` how to read them."""

    schema: str
    table: str
    values: Mapping[str, str | None]
    types: Mapping[str, str]

    @property
    def text(self) -> str:
        return "\n".join(value for value in self.values.values() if value is not None)

    @property
    def number(self) -> str | None:
        """The number by which other rows know it."""
        return self.values[_NUMBERED[self.table]] if self.table in _NUMBERED else None


class NotEmpty(Exception):
    """There are so many rows already that the originals' would hardly be found among them."""


def refuse_what_is_filled(database: Connection) -> None:
    """Raise NotEmpty where the database was loaded before."""
    there = database.execute("select count(*) from (select from orders limit %s) counted", (_MOST_BEFORE,)).fetchone()
    if there == (_MOST_BEFORE,):
        raise NotEmpty(f"there are {_MOST_BEFORE} orders or more already: load into a new directory")


def give_large_numbers(database: Connection) -> None:
    """Have the originals numbered from high on, in each table from another number."""
    for place, (table, column) in enumerate(_NUMBERED.items(), start=1):
        sequence = (
            "select setval(pg_get_serial_sequence(%s, %s), greatest(%s, nextval(pg_get_serial_sequence(%s, %s))))"
        )
        database.execute(sequence, (table, column, place * _FIRST_NUMBER, table, column))
    database.commit()


def wait_until_quiet(database: Connection) -> None:
    """Wait until the provider has told everything, each word is taken up, and the audit trail is chained."""
    while database.execute(_UNDER_WAY).fetchone() != (0,):
        database.rollback()
        time.sleep(_LOOK_EVERY_S)
    database.rollback()


def names_of(database: Connection, case: str) -> set[str]:
    """Name what is named by us, the carrier or the provider: refunds, coupons, bookings, labels, texts, webhooks."""
    like = f"%{case}%"
    refunds = {row[0] for row in database.execute("select refund_id from refunds where order_id like %s", (like,))}
    coupons = "select coupon_id from coupons where customer_id like %s and coupon_id not like %s"
    labels = "select goods_return ->> 'rma' from refunds where order_id like %s and goods_return ->> 'rma' <> ''"
    refunds |= {row[0] for row in database.execute(labels, (like,))}
    of_parcels = "select token, tracking_number from return_labels where refund_id = any(%s)"
    refunds |= {name for row in database.execute(of_parcels, (list(refunds),)) for name in row}
    texts = "select text_id from audit_texts where refund_id = any(%s) or customer_id like %s"
    written = {row[0] for row in database.execute(texts, (list(refunds), like))}
    named = refunds | written | {row[0] for row in database.execute(coupons, (like, like))}
    bookings = "select key from ledger_entries join postings using (entry_id) where owner like %s and key like %s"
    booked = {row[0] for row in database.execute(bookings, (like, "adjustment:%"))}
    of_provider = "select refund_ref from sandbox.refunds where charge_ref like %s"
    references = {row[0] for row in database.execute(of_provider, (like,))}
    told = "select webhook_id from sandbox.webhooks where body->'data'->>'reference' = any(%s)"
    return {case, *named, *booked, *references, *(row[0] for row in database.execute(told, (list(references),)))}


def rows_of(database: Connection, names: Mapping[str, set[str]]) -> dict[str, list[Row]]:
    """Read what belongs to each case, by the names in it; of a numbered row what only has its number as well."""
    every = re.compile("|".join(re.escape(name) for own in names.values() for name in own))
    whose = {name: case for case, own in names.items() for name in own}
    found: dict[str, list[Row]] = {case: [] for case in names}
    tables = sorted(_tables(database), key=lambda table: table[1] not in _NUMBERED)
    for schema, table in tables:
        for row in _read(database, schema, table, every):
            known = every.search(row.text)
            assert known is not None
            found[whose[known[0]]].append(row)
            if row.number is not None:
                whose[row.number] = whose[known[0]]
        every = re.compile("|".join(map(re.escape, whose)))
    return found


def _tables(database: Connection) -> Sequence[tuple[str, str]]:
    found = database.execute(
        "select schemaname, tablename from pg_tables where schemaname in ('public', 'sandbox') order by 1, 2"
    )
    return [(schema, table) for schema, table in found if table not in _UNTOUCHED and not table.startswith("alembic")]


def _read(database: Connection, schema: str, table: str, named: "re.Pattern[str]") -> Iterator[Row]:
    columns = database.execute(
        "select column_name, udt_name from information_schema.columns where table_schema = %s and table_name = %s"
        " order by ordinal_position",
        (schema, table),
    ).fetchall()
    types: dict[str, str] = dict(columns)
    as_text = sql.SQL(", ").join([sql.SQL("{}::text").format(sql.Identifier(name)) for name in types])
    whole = sql.Identifier(schema, table)
    query = sql.SQL("select {} from {} as whole where whole::text ~ {}").format(as_text, whole, named.pattern)
    for values in database.execute(query):
        read = dict(zip(types, values, strict=True))
        yield Row(schema, table, _opened(table, read) if schema == "public" else read, types)


def _opened(table: str, values: dict[str, str | None]) -> dict[str, str | None]:
    """What is sealed is so for its own row: copies of it lie in clear, as what was there before anything was sealed."""
    read = dict(values)
    for column in metadata.tables[table].c:
        stored, kind = values[column.name], column.type
        if stored is not None and isinstance(kind, SealedText):
            read[column.name] = kind.process_result_value(stored, None)
        elif stored is not None and isinstance(kind, SealedDocument):
            read[column.name] = json.dumps(kind.process_result_value(json.loads(stored), None), ensure_ascii=False)
    if table == guests.name and read["sealed_contact"] is not None:
        return read | {"contact": read["sealed_contact"], "sealed_contact": None}
    return read
