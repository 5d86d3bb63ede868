"""A refund's timeline, and the audit trail in which each entry carries the hash of the one before (rule 39)."""

import getpass
import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Insert,
    RowMapping,
    Text,
    column,
    func,
    insert,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import guests, merchant_time, sealing, webhook_events
from db.batches import batch
from db.built import built_once, typed
from db.read_models import AuditRow, Refund, TimelineEvent
from db.refunds import Change, assigned, sealed_columns
from db.rows import read
from db.schema import JSONB, audit_counts, audit_entries, audit_heads, audit_texts, refund_events, refunds
from db.schema.sealed import sealed_row
from domain import merchant_events
from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus
from domain.said import OPERATOR

GENESIS = "0" * 64

NEWS_OF_REFUNDS = "makewhole_refunds"
"""Where PostgreSQL tells of each event of a timeline, by the id of its refund."""

_OF_NOBODY = ""
"""The customer of what concerns none: no id is empty."""

_NOW = merchant_time.statement_now()
"""For the merchant. A transaction may have begun before others that wrote to the same timeline: it waited."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The HTTP request that is being answered, None in a worker; entries written meanwhile name it in their detail."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is being answered: the key that they use, and the person who has it, "" where that is not known."""

    key_id: str
    person: str


speaker: ContextVar[Speaker | None] = ContextVar("speaker", default=None)
"""Whose request is being answered, None in a worker; entries written meanwhile name key and person in their detail."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to a refund: an `event`, a sentence, who did it, and figures for the auditor."""

    event: AuditAction
    message: str
    actor: str
    detail: dict[str, Any]


def by_operator(event: AuditAction, message: str, detail: dict[str, Any]) -> Note:
    """What whoever runs the service has done by a command, without any key: named as the machine names them."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # containers run as numbers that have no name
        user = str(os.getuid())
    return Note(event, message, OPERATOR, {**detail, "user": user})


async def record(connection: AsyncConnection, refund_id: str, note: Note, *, change: Change | None = None) -> None:
    """Append to the timeline, to the audit trail and to what the merchant's endpoints are told, with the change itself.

    `change` is made of the refund by the same statement.
    """
    changed = change or Change()
    about = sealing.about_refund(refund_id)
    said: dict[str, Any] = {"refund_id": refund_id, "event": note.event.value, "actor": note.actor}
    said |= sealed_row(refund_events, about, {"message": note.message})
    said["told_as"] = merchant_events.told_as(note.event)
    said |= _apart(note.detail, about)
    columns = sealed_columns(refund_id, changed.columns)
    await _recorded(changed.status, changed.ends_attention, **said, **columns).on(connection)


@built_once
def _recorded(
    status: RefundStatus | None,
    ends_attention: bool,
    *,
    refund_id: Any,
    event: Any,
    message: Any,
    actor: Any,
    detail: Any,
    told_as: Any,
    texts: Any = None,
    **values: Any,
) -> Insert:
    set_to = assigned(status, values, ends_attention=ends_attention)
    names = ("event_count", "audit_count", *_ABOUT, "status")
    counted = (
        update(refunds)
        .where(refunds.c.refund_id == refund_id)
        .values({**set_to, "event_count": refunds.c.event_count + 1, "audit_count": refunds.c.audit_count + 1})
        .returning(*(refunds.c[name] for name in names))
        .cte("counted")
    )
    happened = {"refund_id": counted.c.refund_id, "sequence": counted.c.event_count, "at": _NOW}
    happened |= {"event": typed(event, Text), "message": typed(message, Text)}
    entry = _entry_of(counted, event, actor, detail)
    told = insert(refund_events).from_select(list(happened), select(*happened.values())).cte("told")
    about = [counted.c[name] for name in ("merchant_id", "refund_id", "order_id", "status")]
    outside = [counted.c.event_count.label("sequence"), _NOW.label("at"), typed(message, Text).label("message")]
    to_tell = webhook_events.told(select(*about, *outside, typed(told_as, Text).label("type")))
    entered = insert(audit_entries).from_select(list(entry), select(*entry.values())).add_cte(told).add_cte(to_tell)
    return entered if texts is None else entered.add_cte(_kept_apart(counted, counted.c.refund_id, texts))


_ABOUT = ("merchant_id", "order_id", "refund_id", "customer_id")


def _entry_of(counted: CTE, action: Any, actor: Any, detail: Any) -> dict[str, Any]:
    """An entry of a refund's story, numbered: one that is gone before it is chained leaves a gap."""
    entry = {name: counted.c[name] for name in _ABOUT} | {"at": _NOW, "refund_number": counted.c.audit_count}
    return entry | {"action": typed(action, Text), "actor": typed(actor, Text), "detail": typed(detail, JSONB)}


async def messages_of(connection: AsyncConnection, refund_id: str, event: AuditAction) -> set[str]:
    """Say in which sentences a refund's timeline tells of an event."""
    told = (refund_events.c.refund_id == refund_id) & (refund_events.c.event == event)
    return set((await connection.execute(select(refund_events.c.message).where(told))).scalars())


async def record_request(connection: AsyncConnection, refund: Refund, note: Note) -> None:
    """Append to the audit trail alone: what somebody asked for, of which the refund's own story tells the outcome.

    It is counted with what is about its customer, since the refund may be locked for long.
    """
    told = _apart({**note.detail, "message": note.message}, sealing.about_refund(refund.refund_id))
    said = {"action": note.event.value, "actor": note.actor, **told}
    about = {"order_id": refund.order_id, "refund_id": refund.refund_id, "customer_id": refund.customer_id}
    await _entered(merchant_id=refund.merchant_id, **about, **said).on(connection)


async def record_of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str, note: Note) -> None:
    """Append to the audit trail what concerns a customer and none of their refunds."""
    entry: dict[str, Any] = {"merchant_id": merchant_id, "customer_id": customer_id}
    about = sealing.about_customer(merchant_id, customer_id)
    entry |= {"action": note.event.value, "actor": note.actor}
    entry |= _apart({**note.detail, "message": note.message}, about)
    await _entered(**entry).on(connection)


async def was_noted(
    connection: AsyncConnection, merchant_id: str, customer_id: str, action: AuditAction, key_id: str, within: timedelta
) -> bool:
    """Whether something was noted of a customer for whoever has a key, so short a time ago."""
    of_customer = (audit_entries.c.merchant_id == merchant_id) & (audit_entries.c.customer_id == customer_id)
    is_it = (audit_entries.c.action == action) & (audit_entries.c.detail["by_key"].astext == key_id)
    lately = select(audit_entries.c.entry_id).where(of_customer, is_it, audit_entries.c.at > func.now() - within)
    return (await connection.execute(lately.limit(1))).first() is not None


async def record_of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str, customer_id: str, note: Note
) -> None:
    """Append to the audit trail what concerns an order and none of its refunds; the figures have no words of people."""
    said = {"action": note.event, "actor": note.actor, "detail": _detail({**note.detail, "message": note.message})}
    await _entered(merchant_id=merchant_id, customer_id=customer_id, order_id=order_id, **said).on(connection)


async def record_of_merchant(connection: AsyncConnection, merchant_id: str, note: Note) -> None:
    """Append to the audit trail what concerns no single order or customer."""
    await record_of_customer(connection, merchant_id, _OF_NOBODY, note)


@built_once
def _entered(
    *, merchant_id: Any, customer_id: Any, action: Any, actor: Any, detail: Any, texts: Any = None, **about: Any
) -> Insert:
    first = upsert(audit_counts).values(merchant_id=merchant_id, customer_id=customer_id, count=1)
    one_more = first.on_conflict_do_update(
        index_elements=["merchant_id", "customer_id"], set_={"count": audit_counts.c["count"] + 1}
    )
    counted = one_more.returning(audit_counts).cte("counted")
    entry = {name: counted.c[name] for name in ("merchant_id", "customer_id")} | {"at": _NOW}
    entry |= {"action": typed(action, Text), "actor": typed(actor, Text), "detail": typed(detail, JSONB)}
    entry |= {"customer_number": counted.c["count"], **{name: typed(value, Text) for name, value in about.items()}}
    entered = insert(audit_entries).from_select(list(entry), select(*entry.values()))
    if texts is None:
        return entered
    return entered.add_cte(_kept_apart(counted, typed(about.get("refund_id", null()), Text), texts))


def _kept_apart(counted: CTE, refund_id: Any, texts: Any) -> CTE:
    """What people wrote lies beside the entry, which has no more of it than a salted hash (`db/personal_data.py`)."""
    given = batch(texts, column("text_id", Text), column("salt", Text), column("said", JSONB))
    whose = counted.c.merchant_id, counted.c.customer_id, refund_id
    values = select(given.c.text_id, *whose, given.c.salt, given.c.said).join_from(given, counted, true())
    names = ["text_id", "merchant_id", "customer_id", "refund_id", "salt", "said"]
    return insert(audit_texts).from_select(names, values).cte("kept_apart")


_WRITTEN = frozenset({"note", "comment", "evidence", "why"})
"""What the words of people are called in the figures of a note; a sentence that the trail keeps has none of them."""


def _apart(figures: dict[str, Any], about: str) -> dict[str, Any]:
    """Take out of the figures what people wrote, to be kept beside the entry; what nobody wrote costs nothing."""
    texts, shown = list[dict[str, Any]](), dict(figures)
    for name in sorted(_WRITTEN & figures.keys()):
        if figures[name]:
            text = {"text_id": secrets.token_hex(12), "salt": secrets.token_hex(16), "said": figures[name]}
            shown[name] = {"text_id": text["text_id"], "sha256": text_hash(text["salt"], text["said"])}
            texts.append(sealed_row(audit_texts, about, text))
    return {"detail": _detail(shown)} | ({"texts": texts} if texts else {})


def text_hash(salt: str, said: Any) -> str:
    """Hash what somebody wrote: whoever has it and its salt sees that an entry is about it."""
    return hashlib.sha256(f"{salt}{json.dumps(said, sort_keys=True, ensure_ascii=False)}".encode()).hexdigest()


def _detail(figures: dict[str, Any]) -> dict[str, Any]:
    known, by = request_id.get(), speaker.get()
    if known is not None:
        figures = {**figures, "request_id": known}
    if by is None:
        return figures
    return figures | {"by_key": by.key_id} | ({"by_person": by.person} if by.person else {})


async def seal(connection: AsyncConnection, merchant_id: str) -> None:
    """Chain the entries that were written since the last time: each gets its place and the hash of the one before.

    Chaining takes a lock on the merchant's head, so it is done apart from the changes, which never wait for it.
    """
    first = {"merchant_id": merchant_id, "sequence": 0, "hash": GENESIS}
    await connection.execute(upsert(audit_heads).values(first).on_conflict_do_nothing())
    locked = select(audit_heads).where(audit_heads.c.merchant_id == merchant_id).with_for_update()
    head = (await connection.execute(locked)).one()
    sequence, previous = head.sequence, head.hash
    unsealed = select(audit_entries).where(audit_entries.c.merchant_id == merchant_id, audit_entries.c.hash.is_(None))
    chained = []
    for row in (await connection.execute(unsealed.order_by(audit_entries.c.entry_id))).all():
        sequence += 1
        sealed = {"sequence": sequence, "previous_hash": previous}
        previous = entry_hash({**row._mapping, **sealed})
        chained.append({"entry_id": row.entry_id, **sealed, "hash": previous})
    if not chained:
        return
    numbers = (column(name, BigInteger) for name in ("entry_id", "sequence"))
    given = batch(chained, *numbers, column("previous_hash", Text), column("hash", Text))
    links = {name: given.c[name] for name in ("sequence", "previous_hash", "hash")}
    of_entry = update(audit_entries).where(audit_entries.c.entry_id == given.c.entry_id)
    await connection.execute(of_entry.values(links))
    of_merchant = update(audit_heads).where(audit_heads.c.merchant_id == merchant_id)
    await connection.execute(of_merchant.values(sequence=sequence, hash=previous))


async def merchants_to_seal(connection: AsyncConnection) -> Sequence[str]:
    query = select(audit_entries.c.merchant_id).where(audit_entries.c.hash.is_(None)).distinct()
    return (await connection.execute(query)).scalars().all()


def said_by(entry: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """Everything that an audit entry says, its place and the hash of the entry before it included, to be hashed.

    It has a number among the entries of its refund, or else of its customer; one that has none is of a time when those
    of all merchants were numbered instead.
    """
    numbered = [name for name in ("refund_number", "customer_number") if entry[name] is not None]
    left_out = {"hash", "refund_number", "customer_number", *(["entry_id"] if numbered else [])} - {*numbered}
    said = {name: value for name, value in entry.items() if name not in left_out}
    return {**said, "at": entry["at"].astimezone(UTC).isoformat()}


def entry_hash(entry: Mapping[str, Any] | RowMapping) -> str:
    """Hash what an entry says."""
    return hashlib.sha256(json.dumps(said_by(entry), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def exported(entry: RowMapping) -> str:
    """Write an entry as a line of JSON: without `hash`, its letters are those that were hashed."""
    return json.dumps({**said_by(entry), "hash": entry["hash"]}, sort_keys=True, ensure_ascii=False)


async def timeline(connection: AsyncConnection, refund_id: str, *, after: int = 0) -> list[TimelineEvent]:
    """Return what happened to a refund, from the event behind this one on."""
    later = (refund_events.c.refund_id == refund_id) & (refund_events.c.sequence > after)
    events = select(refund_events).where(later).order_by(refund_events.c.sequence)
    return [read(TimelineEvent, row) for row in await connection.execute(events)]


async def audit_trail(
    connection: AsyncConnection,
    merchant_id: str,
    order_id: str | None,
    customer_id: str | None,
    *,
    after: int,
    limit: int,
) -> list[AuditRow]:
    """Return the entries of an order, of a customer, or of both, from the one after number `after` on."""
    trail = (
        select(audit_entries)
        .where(audit_entries.c.merchant_id == merchant_id, audit_entries.c.sequence > after)
        .limit(limit)
    )
    if order_id is not None:
        trail = trail.where(audit_entries.c.order_id == order_id)
    if customer_id is not None:
        theirs = await guests.also_known_as(connection, merchant_id, customer_id)
        trail = trail.where(audit_entries.c.customer_id.in_(theirs))
    rows = [read(AuditRow, row) for row in await connection.execute(trail.order_by(audit_entries.c.sequence))]
    return await _with_texts(connection, rows)


ERASED = "[erased]"
"""What stands in the place of what was erased."""


async def _with_texts(connection: AsyncConnection, rows: list[AuditRow]) -> list[AuditRow]:
    """Put what people wrote back where entries tell of it."""
    named = [each["text_id"] for row in rows for each in row.detail.values() if _is_apart(each)]
    if not named:
        return rows
    query = select(audit_texts.c.text_id, audit_texts.c.said).where(audit_texts.c.text_id.in_(named))
    known = {row.text_id: row.said for row in await connection.execute(query)}

    def read_out(value: Any) -> Any:
        return known.get(value["text_id"], ERASED) if _is_apart(value) else value

    return [replace(row, detail={name: read_out(each) for name, each in row.detail.items()}) for row in rows]


def _is_apart(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"text_id", "sha256"}


async def count(connection: AsyncConnection, refund_id: str, event: AuditAction) -> int:
    """How often something has happened to a refund."""
    query = select(func.count()).where(refund_events.c.refund_id == refund_id, refund_events.c.event == event)
    return int((await connection.execute(query)).scalar_one())


async def count_of_day(connection: AsyncConnection, refund_id: str, event: AuditAction) -> int:
    """How often something happened to a refund within the last 24 hours."""
    query = select(func.count()).where(
        refund_events.c.refund_id == refund_id,
        refund_events.c.event == event,
        refund_events.c.at > merchant_time.now() - timedelta(days=1),
    )
    return int((await connection.execute(query)).scalar_one())


async def first_broken_link(connection: AsyncConnection, merchant_id: str) -> int | None:
    """Return the sequence number at which a merchant's chain does not fit, or None where it is whole."""
    previous, expected = GENESIS, 1
    chained = (audit_entries.c.merchant_id == merchant_id) & audit_entries.c.hash.is_not(None)
    entries = select(audit_entries).where(chained).order_by(audit_entries.c.sequence)
    async for row in await connection.stream(entries):
        entry = dict(row._mapping)
        if entry["sequence"] != expected or entry["previous_hash"] != previous or entry_hash(entry) != entry["hash"]:
            return expected
        previous, expected = entry["hash"], expected + 1
    head = select(audit_heads.c.sequence).where(audit_heads.c.merchant_id == merchant_id)
    last = (await connection.execute(head)).scalar_one_or_none() or 0
    return None if last == expected - 1 else expected
