"""A refund is one trace: from the request through the workflow and its steps to the gateway and the database."""

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
from temporalio.worker import Replayer

from settings import Settings
from temporal_client.payloads import PLAIN
from temporal_client.runner import workflow_runner
from temporal_client.spans import SAID
from tests.histories.scenarios import SCENARIOS
from tests.histories.test_replay import recorded
from tests.shop import IN_TIME_S, Shop
from tests.system.collector import CollectedSpan
from tests.system.conftest import WatchedStack
from workflows.refund import RefundWorkflow

REPOSITORY = Path(__file__).parents[2]


async def of_trace(watched: WatchedStack, trace_id: str, *names: str) -> list[CollectedSpan]:
    """The spans of a trace when all that are named have come: each program sends its own, in the order they ended."""

    def of_it(spans: list[CollectedSpan]) -> list[CollectedSpan]:
        return [each for each in spans if each.trace_id == trace_id]

    return of_it(await watched.collector.until(lambda spans: set(names) <= {each.name for each in of_it(spans)}))


@contextmanager
def traced(shop: Shop, trace_id: str, span_id: str) -> Iterator[None]:
    """What is asked for meanwhile belongs to this trace."""
    shop.http.headers["traceparent"] = f"00-{trace_id}-{span_id}-01"
    try:
        yield
    finally:
        del shop.http.headers["traceparent"]


def ancestors(span: CollectedSpan, spans: list[CollectedSpan]) -> list[str]:
    by_id = {each.span_id: each for each in spans}
    names = []
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return names


async def test_a_refund_is_one_trace_from_the_request_to_the_gateway_and_the_database(
    watched: WatchedStack, watched_shop: Shop
) -> None:
    shop, trace_id, span_id = watched_shop, secrets.token_hex(16), secrets.token_hex(8)
    await shop.order("traced")
    with traced(shop, trace_id, span_id):
        refund = await shop.refund("traced")
    await shop.until(refund, "completed")

    ours = await of_trace(watched, trace_id, "POST /v1/refunds", "RunWorkflow:Refund")

    requests = {(span.service, span.parent_id) for span in ours if span.name == "POST /v1/refunds"}
    assert requests == {("makewhole-api", span_id)}
    ways = [ancestors(span, ours) for span in ours if span.name == "gateway refund"]
    assert ways
    for way in ways:  # of each attempt: a slow one is made again
        assert [name for name in way if not name.startswith("Start")] == [
            "RunActivity:pay_out", "RunWorkflow:Refund", "POST /v1/refunds"
        ]  # fmt: skip
        assert way.index("StartWorkflow:Refund") == len(way) - 2
    within = {name for span in ours if span.name == "transaction" for name in ancestors(span, ours)[:1]}
    assert {"POST /v1/refunds", "RunActivity:pay_out", "RunActivity:hold_settlement"} <= within
    assert {span.service for span in ours} == {"makewhole-api", "makewhole-worker"}


async def test_nothing_that_people_said_leaves_and_no_attribute_that_is_not_named(
    watched: WatchedStack, watched_shop: Shop
) -> None:
    shop, word = watched_shop, f"planted{secrets.token_hex(6)}"
    trace_id, of_a_stranger = secrets.token_hex(16), secrets.token_hex(16)
    await shop.merchant.put(f"/v1/customers/{word}", {"name": word, "email": f"{word}@shop.example"})
    await shop.order("said", customer_id=word)
    with traced(shop, trace_id, secrets.token_hex(8)):
        refund = await shop.refund("said", note=word, reason="changed_mind")
    await shop.until(refund, "in_review")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "reject", "note": word})
    await shop.until(refund, "rejected")
    said = {"traceparent": f"00-{of_a_stranger}-{secrets.token_hex(8)}-01", "Authorization": f"Bearer {word}"}
    await shop.http.get(f"/v1/orders?customer_id={word}", headers=said)

    await of_trace(watched, trace_id, "RunWorkflow:Refund")
    spans = await watched.collector.until(lambda spans: any(each.trace_id == of_a_stranger for each in spans))

    assert not [body for body in watched.collector.bodies if word.encode() in body]
    assert {name for span in spans for name in span.attributes} <= SAID


async def test_a_line_of_the_log_names_the_trace_that_it_belongs_to(watched: WatchedStack, watched_shop: Shop) -> None:
    trace_id = secrets.token_hex(16)
    said = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01", "Request-Id": f"req-{trace_id}"}

    answer = await watched_shop.http.get("/v1/refunds", headers=said)

    async with asyncio.timeout(IN_TIME_S):
        while True:
            lines = (watched.stack.home.logs / "api.log").read_text(encoding="utf-8").splitlines()
            about = [json.loads(line) for line in lines if said["Request-Id"] in line]
            if about:
                break
            await asyncio.sleep(0.2)
    assert (answer.status_code, {line["trace_id"] for line in about}) == (401, {trace_id})


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), create_tracer_provider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


async def test_refunds_that_began_without_traces_go_on_with_them_and_replays_tell_nothing_twice(
    exporter: InMemorySpanExporter,
) -> None:
    traced = OpenTelemetryPlugin(add_temporal_spans=True)
    replayer = Replayer(
        workflows=[RefundWorkflow], data_converter=PLAIN, workflow_runner=workflow_runner(), plugins=[traced]
    )

    for scenario in SCENARIOS:
        await replayer.replay_workflow(recorded(scenario.__name__))

    assert [span.name for span in exporter.get_finished_spans() if span.name.startswith("StartActivity")] == []


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "shop"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_for_who_says_where_they_go(told: dict[str, str], wanted: bool) -> None:
    settings = Settings.from_environment({"MAKEWHOLE_DATABASE_URL": "postgresql://localhost/shop", **told})

    assert settings.traces is wanted


def test_where_nobody_wants_traces_nothing_of_them_is_imported() -> None:
    program = (
        "import sys, worker, api.program\nassert not [name for name in sys.modules if 'opentelemetry.sdk' in name]"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
