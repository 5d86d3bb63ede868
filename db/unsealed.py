"""What lies in clear, or under an older key of the ring: counted, and sealed under the newest, some rows at a time.

It is done as the owner of the tables: the programs may change nothing of what was said. Rows that somebody has just
locked are left out: they are counted, and found the next time.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, RowMapping, Select, Table, literal, select, tuple_, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import guests, sealing
from db import schema as t
from db.schema.sealed import Sealed
from db.sealing import Ring

_AT_ONCE = 200

About = Callable[[Mapping[str, Any] | RowMapping, str], str]
"""What a value of a row is about, by the row and the name of its column."""


@dataclass(frozen=True, slots=True)
class ToSeal:
    """Of a table: how many rows have something that is not sealed under the newest key, and how many were sealed."""

    table: str
    found: int
    sealed: int


def _of_refund(row: Mapping[str, Any] | RowMapping, _: str) -> str:
    return sealing.about_refund(row["refund_id"])


def _of_customer(row: Mapping[str, Any] | RowMapping, _: str) -> str:
    return sealing.about_customer(row["merchant_id"], row["customer_id"])


def _of_order(row: Mapping[str, Any] | RowMapping, _: str) -> str:
    return sealing.about_order(row["merchant_id"], row["order_id"])


def _of_refund_or_customer(row: Mapping[str, Any] | RowMapping, name: str) -> str:
    return _of_refund(row, name) if row["refund_id"] else _of_customer(row, name)


def _of_message(row: Mapping[str, Any] | RowMapping, name: str) -> str:
    if row["refund_id"]:
        return _of_refund(row, name)
    recipient = row["recipient"]
    merchant_id = row["merchant_id"]
    return sealing.about_customer(merchant_id, recipient) if recipient else sealing.about_merchant(merchant_id)


def _of_suspension(row: Mapping[str, Any] | RowMapping, name: str) -> str:
    by_row = sealing.about_row("suspension", str(row["suspension_id"]))
    return by_row if name == "appeal" else _of_customer(row, name)


def _of_event(row: Mapping[str, Any] | RowMapping, name: str) -> str:
    if name == "body":
        return sealing.about_row("event", row["event_id"])
    return _of_refund(row, name) if row["refund_id"] else sealing.about_merchant(row["merchant_id"])


def _of_merchant(row: Mapping[str, Any] | RowMapping, _: str) -> str:
    return sealing.about_merchant(row["merchant_id"])


def _of_itself(kind: str, *key: str) -> About:
    return lambda row, _: sealing.about_row(kind, *(str(row[name]) for name in key))


ABOUT: Mapping[Table, About] = {
    t.customers: _of_customer,
    t.guests: _of_itself("guest", "merchant_id", "contact"),
    t.orders: _of_order,
    t.order_versions: _of_order,
    t.refunds: _of_refund,
    t.refund_evidence: _of_refund,
    t.words: _of_refund,
    t.refund_events: _of_refund,
    t.messages: _of_message,
    t.deliveries: _of_itself("delivery", "delivery_id"),
    t.suspensions: _of_suspension,
    t.webhook_events: _of_event,
    t.webhook_attempts: _of_itself("event", "event_id"),
    t.webhooks: _of_itself("webhook", "source", "webhook_id"),
    t.idempotency_keys: _of_itself("answer", "merchant_id", "caller", "key"),
    t.risk_alerts: _of_itself("risk_alert", "alert_id"),
    t.settlement_reports: _of_merchant,
    t.bulk_lines: _of_itself("line", "bulk_id", "line"),
    t.audit_texts: _of_refund_or_customer,
}
"""The tables with columns that are sealed."""


async def count(engine: AsyncEngine, ring: Ring) -> list[ToSeal]:
    """ToSeal what is not sealed under the newest key, table by table."""
    counts = []
    for table in ABOUT:
        found = 0
        async for rows in _pages(engine, table):
            found += sum(bool(_changed(table, row, ring)) for row in rows)
        counts.append(ToSeal(table.name, found, 0))
    return counts


async def seal(engine: AsyncEngine, ring: Ring) -> list[ToSeal]:
    """Seal it, table by table. Raises NoRing where something lies under a key that is not there: it stays as it is."""
    counts = []
    for table in ABOUT:
        found = sealed = 0
        async for rows in _pages(engine, table):
            wanting = [row for row in rows if _changed(table, row, ring)]
            found += len(wanting)
            if wanting:
                async with engine.begin() as connection:
                    sealed += await _seal(connection, table, wanting, ring)
        counts.append(ToSeal(table.name, found, sealed))
    return counts


async def _pages(engine: AsyncEngine, table: Table) -> AsyncIterator[list[Row[Any]]]:
    """Read a table as it lies there, some rows at a time, in the order of its key."""
    key = list(table.primary_key.columns)
    last: list[Any] | None = None
    while True:
        query = _as_it_lies(table).order_by(*key).limit(_AT_ONCE)
        if last is not None:
            query = query.where(tuple_(*key) > tuple_(*(literal(value) for value in last)))
        async with engine.begin() as connection:
            rows = list(await connection.execute(query))
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        last = [rows[-1]._mapping[each.name] for each in key]


async def _seal(connection: AsyncConnection, table: Table, wanting: list[Row[Any]], ring: Ring) -> int:
    """Seal rows that nobody else has locked, as they are by now."""
    key = list(table.primary_key.columns)
    these = tuple_(*key).in_([tuple(row._mapping[each.name] for each in key) for row in wanting])
    locked = _as_it_lies(table).where(these).with_for_update(skip_locked=True)
    sealed = 0
    for row in (await connection.execute(locked)).all():
        if changed := _changed(table, row, ring):
            is_it = [each == row._mapping[each.name] for each in key]
            await connection.execute(update(table).where(*is_it).values(changed))
            sealed += 1
    return sealed


def _as_it_lies(table: Table) -> Select[Any]:
    return select(*(_plain(each).label(each.name) for each in table.c))


def _plain(column: Column[Any]) -> Any:
    kind = column.type
    return type_coerce(column, kind.impl_instance) if isinstance(kind, Sealed) else column


def _changed(table: Table, row: Row[Any], ring: Ring) -> dict[str, Any]:
    """What is to be set of a row, so that all of it is sealed under the newest key; nothing where it is."""
    held = row._mapping
    if table is t.guests:
        return _contact(held, ring)
    changed = {}
    for column in table.c:
        stored, kind = held[column.name], column.type
        if stored is None or not isinstance(kind, Sealed) or not kind.wants_sealing(stored, ring.newest):
            continue
        about = ABOUT[table](held, column.name)
        changed[column.name] = kind.sealed(kind.process_result_value(stored, None), about)
    return changed


def _contact(held: Mapping[str, Any] | RowMapping, ring: Ring) -> dict[str, Any]:
    if held["contact"].startswith(ring.newest) and (held["sealed_contact"] or "").startswith(ring.newest):
        return {}
    kind = t.guests.c.sealed_contact.type
    assert isinstance(kind, Sealed)
    contact = (
        held["contact"] if held["sealed_contact"] is None else kind.process_result_value(held["sealed_contact"], None)
    )
    return guests.written(held["merchant_id"], str(contact))
