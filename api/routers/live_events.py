"""What happens to a refund, as it happens: server-sent events, by the same projection that `GET` reads."""

import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from sqlalchemy.exc import SQLAlchemyError

from api import discretion, problems
from api.access import AnyCaller, Services, ServicesDep
from api.described import described, json_schema
from api.live import COME_BACK_AFTER_MS, TooManyOfOne, TooManyWatch, Watch
from api.paths import RefundId
from api.schemas.live import LiveEvent
from api.shares import give_up_turn, key_of
from db import journal, refunds
from db.api_keys import Caller
from db.refunds import RefundNotFound

log = logging.getLogger("api")

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])

_STREAM: dict[str, Any] = {
    "description": "Events by and by, each with its `id` and one line of `data`.",
    "content": {"text/event-stream": {"schema": json_schema(LiveEvent)}},
}
_PING_EVERY_S = 15.0
_LASTS_S = 900.0
"""Then it ends, and whoever still watches comes back with a key that still has to be good."""

_LastEventId = Annotated[
    int | None, Header(ge=0, description="The `id` of the last event that came: what followed it comes now.")
]


@router.get(
    "/{refund_id}/events",
    response_class=StreamingResponse,
    responses={200: _STREAM},
    **described("watchRefund", "not_found"),
)
async def watch_refund(
    refund_id: RefundId,
    request: Request,
    services: ServicesDep,
    caller: AnyCaller,
    last_event_id: _LastEventId = None,
) -> StreamingResponse:
    """Watch a refund: what has happened so far, then what happens, until you hang up or a quarter of an hour is over.

    Customers watch their own. Come back with `Last-Event-ID`, as browsers do by themselves: nothing is missed, and
    nothing comes twice.
    """
    stream = _events(services, caller, key_of(request.scope) or "", refund_id, last_event_id or 0)
    first = await anext(stream)  # who may not see it is told so by a status
    return StreamingResponse(_with_first(first, stream), media_type="text/event-stream", headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _with_first(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in others:
        yield each


async def _events(services: Services, caller: Caller, key: str, refund_id: str, after: int) -> AsyncIterator[bytes]:
    """Yield what is to be sent; raises Problem before the first of it, and never later."""
    try:
        with services.live.watching(refund_id, caller) as watch:
            happened = await _look(services, caller, refund_id, after)
            yield format_sse_event(retry=COME_BACK_AFTER_MS)
            give_up_turn()
            for each in happened:
                after = each.sequence
                yield _told(each)
            async for line in _until_over(services, watch, key, refund_id, after):
                yield line
    except TooManyWatch as full:
        raise problems.try_again("too many watch refunds here now") from full
    except TooManyOfOne as enough:
        raise problems.too_many_requests("you watch as many refunds as one may: close some") from enough


async def _until_over(services: Services, watch: Watch, key: str, refund_id: str, after: int) -> AsyncIterator[bytes]:
    pings = round(_LASTS_S / _PING_EVERY_S)
    while pings:
        is_news = await watch.news(_PING_EVERY_S)
        if watch.is_over:
            yield format_sse_event(retry=services.live.when_to_come_back_ms())
            return
        if not is_news:
            pings -= 1
            yield KEEPALIVE_COMMENT
            continue
        happened = await _happened(services, key, refund_id, after)
        if happened is None:
            return
        for each in happened:
            after = each.sequence
            yield _told(each)


async def _happened(services: Services, key: str, refund_id: str, after: int) -> list[LiveEvent] | None:
    """Return what has happened since; None where the stream ends, as its key has, or as nobody can say now.

    Whoever comes back is told why.
    """
    try:
        async with services.live.looks:
            caller = await services.callers.find(key)
            return None if caller is None else await _look(services, caller, refund_id, after)
    except (SQLAlchemyError, OSError, RefundNotFound) as trouble:
        log.warning("a stream of %s ends: %s", refund_id, type(trouble).__name__)
        return None


def _told(happened: LiveEvent) -> bytes:
    return format_sse_event(id=str(happened.sequence), data_str=happened.model_dump_json())


async def _look(services: Services, caller: Caller, refund_id: str, after: int) -> list[LiveEvent]:
    """Return what happened since then, as far as this caller is told; raises RefundNotFound."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.find_watched(connection, caller, refund_id)
        happened = await journal.timeline(connection, refund_id, after=after)
    shown = (LiveEvent.of(refund.status, each) for each in happened)
    return discretion.told_live(shown, caller, to_receiver=refund.is_of_a_gift)
