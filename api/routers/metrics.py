"""How refunds and workers are, as Prometheus reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from api.access import ServicesDep
from api.described import described
from db import keepers, webhook_deliveries
from db.gauges import Gauges, gauges
from db.webhook_deliveries import Lag
from db.whose import Everyones, of_everyone
from domain.lifecycle import RefundStatus

router = APIRouter()

_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


IN_TEXT: dict[str, Any] = {
    "description": "Figures in Prometheus' text format.",
    "content": {
        "text/plain": {"schema": {"type": "string"}, "example": 'makewhole_refunds_open{status="in_review"} 3\n'}
    },
}


@router.get(
    "/metrics",
    tags=["operations"],
    response_class=PlainTextResponse,
    responses={200: IN_TEXT},
    **described("getMetrics"),
)
async def read_metrics(services: ServicesDep) -> PlainTextResponse:
    """Gauges of all refunds and of the workers, in the text format of Prometheus: open, naming no merchant."""
    with of_everyone(Everyones.METRICS):
        async with services.snapshots.connect() as connection:
            counted, ages = await gauges(connection), await keepers.ages(connection)
            waiting = await webhook_deliveries.lag(connection)
    lines = [*_lines(counted, ages), *_lines_of_webhooks(waiting), ""]
    return PlainTextResponse("\n".join(lines), media_type=_FORMAT)


def _lines(counted: Gauges, ages: Mapping[str, float]) -> Iterator[str]:
    final = {str(status): counted.ended.get(status, 0) for status in RefundStatus if status.is_final}
    under_way = {str(status): counted.open.get(status, 0) for status in RefundStatus if not status.is_final}
    yield from _gauge("makewhole_refunds_open", "Refunds under way, by status.", "status", under_way)
    yield from _gauge("makewhole_refunds_ended_last_day", "Refunds that ended in the last 24 hours.", "status", final)
    asking = {"": counted.asking}
    yield from _gauge("makewhole_refunds_needing_attention", "Refunds that ask people for help now.", "", asking)
    longest = {"": round(counted.longest_asking_s, 3)}
    name = "makewhole_needs_attention_oldest_seconds"
    yield from _gauge(name, "How long the longest open call for help has waited; 0 for none.", "", longest)
    name = "makewhole_waiting_for_balance_minor"
    help_ = "Payouts that wait for a merchant's balance at a provider, in minor units."
    yield from _gauge(name, help_, "currency", counted.waiting_for_balance)
    rounded = {keeper: round(age, 3) for keeper, age in sorted(ages.items())}
    name = "makewhole_keeper_age_seconds"
    yield from _gauge(name, "Since when the workers' sweeps last came round, by keeper.", "keeper", rounded)


def _lines_of_webhooks(waiting: Lag) -> Iterator[str]:
    name = "makewhole_webhooks_pending"
    yield from _gauge(name, "Webhooks to merchants that are not delivered.", "", {"": waiting.pending})
    name = "makewhole_webhook_lag_seconds"
    oldest = {"": round(waiting.longest_untried_s, 3)}
    yield from _gauge(name, "How long the oldest that was never tried has waited; 0 for none.", "", oldest)
    name = "makewhole_webhook_endpoints_failing"
    yield from _gauge(name, "Enabled endpoints that take nothing now.", "", {"": waiting.failing})


def _gauge(name: str, help_: str, label: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} gauge"
    for value, figure in values.items():
        labels = f'{{{label}="{value}"}}' if label else ""
        yield f"{name}{labels} {figure}"
