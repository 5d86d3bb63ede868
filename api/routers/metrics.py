"""How refunds, workers and this process are, as Prometheus reads it."""

import hmac
import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api import exposition, problems
from api.access import ServicesDep
from api.described import described

log = logging.getLogger("api")

router = APIRouter()

_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

IN_TEXT: dict[str, Any] = {
    "description": "Figures in Prometheus' text format.",
    "content": {
        "text/plain": {"schema": {"type": "string"}, "example": 'makewhole_refunds_open{status="in_review"} 3\n'}
    },
}


class _Told(Collector):
    """Hands on what was read before: collectors can't wait for a database."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


@router.get(
    "/metrics",
    tags=["operations"],
    response_class=PlainTextResponse,
    responses={200: IN_TEXT},
    **described("getMetrics", "unauthenticated"),
)
async def read_metrics(request: Request, services: ServicesDep) -> PlainTextResponse:
    """Figures of all refunds, of the workers and of this process, in the text format of Prometheus.

    They name no merchant. Where `MAKEWHOLE_METRICS_TOKEN` is set they are for who sends it: `Authorization: Bearer …`.
    What the database tells is the same from every process; what begins with `makewhole_http` is this one's own.
    """
    wanted, sent = services.watched.token, request.headers.get("authorization", "")
    if wanted and not hmac.compare_digest(sent.encode(), f"Bearer {wanted}".encode()):
        raise problems.unauthenticated("send the token of MAKEWHOLE_METRICS_TOKEN: `Authorization: Bearer …`")
    try:
        told = list(exposition.families(await services.watched.figures.read()))
    except (SQLAlchemyError, OSError) as trouble:
        log.warning("the figures could not be read: %s", type(trouble).__name__)
        told = [exposition.silent()]
    text = generate_latest(_Told(told)) + generate_latest(services.watched.times.registry)
    return PlainTextResponse(text, media_type=_FORMAT)
