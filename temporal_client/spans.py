"""What is sent of spans, and how Temporal's client and workers take part: imported where traces are wanted alone.

What leaves is what `SAID` names: ids, routes, words of the house. What people wrote stays, and what an error says.
"""

from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes, AttributeValue
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider

SAID = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code"),
        *("db.system.name", "makewhole.statements", "makewhole.gateway"),
        *("temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalActivityType"),
        *("error.type", "exception.type"),
    }
)
"""The attributes that leave. None holds what a customer, a reviewer or a merchant's system has said."""


class Discreet(SpanExporter):
    """Hands on what may leave: an error keeps its type, and neither its sentence nor its traceback."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_said(span.attributes),
        events=[Event(each.name, _said(each.attributes), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _said(attributes: Attributes) -> Mapping[str, AttributeValue]:
    return {name: value for name, value in (attributes or {}).items() if name in SAID}


def sent_as(service: str) -> OpenTelemetryPlugin:
    """Send traces of this process from now on; service: its name, unless `OTEL_SERVICE_NAME` has another."""
    named = Resource({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    provider = create_tracer_provider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    set_global_textmap(TraceContextTextMapPropagator())  # whatever else callers send along goes nowhere
    return OpenTelemetryPlugin(add_temporal_spans=True)
