"""A span for each transaction of a trace, with how many statements it sent; what they say stays in the database."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(slots=True)
class _Open:
    span: Span
    statements: int = 0


def trace_transactions(engine: AsyncEngine, tracer: Tracer | None) -> None:
    """Do it from now on, if there is a tracer; those who only read (`snapshots`) take part if made afterwards."""
    if tracer is None:
        return
    under_way: WeakKeyDictionary[Connection, _Open] = WeakKeyDictionary()

    def began(connection: Connection) -> None:
        if get_current_span().get_span_context().is_valid:  # a keeper's look for work is no trace of anything
            said = {"db.system.name": "postgresql"}
            under_way[connection] = _Open(tracer.start_span("transaction", kind=SpanKind.CLIENT, attributes=said))

    def sent(connection: Connection, *_: Any) -> None:
        if (found := under_way.get(connection)) is not None:
            found.statements += 1

    def ended(connection: Connection) -> None:
        if (found := under_way.pop(connection, None)) is not None:
            found.span.set_attribute("makewhole.statements", found.statements)
            found.span.end()

    event.listen(engine.sync_engine, "begin", began)
    event.listen(engine.sync_engine, "after_cursor_execute", sent)
    for name in ("commit", "rollback"):
        event.listen(engine.sync_engine, name, ended)
