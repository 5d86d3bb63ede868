"""Takes traces as an OpenTelemetry collector does: OTLP over HTTP, in protobuf."""

import asyncio
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.shop import IN_TIME_S


@dataclass(frozen=True)
class CollectedSpan:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: frozenset[str]


@dataclass
class Collector:
    """bodies: what was sent, as it came."""

    address: str
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[CollectedSpan]:
        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in resource.resource.attributes}
                for span in (span for scope in resource.scope_spans for span in scope.spans):
                    said = {each.key for each in span.attributes}
                    said |= {each.key for happened in span.events for each in happened.attributes}
                    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                    found.append(CollectedSpan(named["service.name"], span.name, *ids, frozenset(said)))
        return found

    async def until(self, is_so: Callable[[list[CollectedSpan]], bool]) -> list[CollectedSpan]:
        async with asyncio.timeout(IN_TIME_S):
            while True:
                spans = self.spans()
                if is_so(spans):
                    return spans
                await asyncio.sleep(0.3)


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            if self.path == "/v1/traces":
                collector.bodies.append(gzip.decompress(body) if is_packed else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.address = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield collector
        server.shutdown()
