"""Traces, where OpenTelemetry's own settings (`OTEL_…`) say where they go; else nothing of them is imported or done."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.trace import Tracer
from temporalio.client import Plugin

from settings import Settings


@dataclass(frozen=True, slots=True)
class Tracing:
    """Who takes part: Temporal's client and workers by plugins, logs by filters, all else by the tracer."""

    plugins: Sequence[Plugin] = ()
    filters: Sequence[logging.Filter] = ()
    tracer: Tracer | None = None


def tracing_as(service: str, settings: Settings) -> Tracing:
    """Begin to send traces of this process where they are wanted; service: its name, if `OTEL_…` has no other."""
    if not settings.traces:
        return Tracing()
    from temporal_client.spans import sent_as

    return Tracing([sent_as(service)], [WithTrace()], trace.get_tracer("makewhole"))


class WithTrace(logging.Filter):
    """Says of each record to which trace it belongs, if to any."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        record.trace_id = trace.format_trace_id(context.trace_id) if context.is_valid else None
        record.span_id = trace.format_span_id(context.span_id) if context.is_valid else None
        return True
