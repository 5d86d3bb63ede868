"""A span for each transaction of a trace, with how many statements it sent; what they say stays in the database."""

from typing import Any

from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

_SPAN, _STATEMENTS = "makewhole.span", "makewhole.statements"


def trace_transactions(engine: AsyncEngine, tracer: Tracer | None) -> None:
    """Do it from now on, if there is a tracer; those who only read (`snapshots`) take part if made afterwards."""
    if tracer is None:
        return

    def began(connection: Connection) -> None:
        if not get_current_span().get_span_context().is_valid:
            return  # a keeper looks for work each second: that is no trace of anything
        connection.info[_SPAN] = tracer.start_span(
            "transaction", kind=SpanKind.CLIENT, attributes={"db.system.name": "postgresql"}
        )
        connection.info[_STATEMENTS] = 0

    def sent(connection: Connection, *_: Any) -> None:
        if _SPAN in connection.info:
            connection.info[_STATEMENTS] += 1

    def ended(connection: Connection) -> None:
        span: Span | None = connection.info.pop(_SPAN, None)
        if span is not None:
            span.set_attribute(_STATEMENTS, connection.info.pop(_STATEMENTS))
            span.end()

    event.listen(engine.sync_engine, "begin", began)
    event.listen(engine.sync_engine, "after_cursor_execute", sent)
    for name in ("commit", "rollback"):
        event.listen(engine.sync_engine, name, ended)
