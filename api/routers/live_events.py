"""What happens to a refund, as it happens: server-sent events, by the same projection that `GET` reads."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from api import discretion, problems
from api.access import AnyCaller, Services, ServicesDep
from api.described import described, json_schema
from api.live import TooManyWatch, Watch
from api.paths import RefundId
from api.schemas.live import LiveEvent
from api.shares import give_up_turn, key_of
from db import journal, refunds
from db.api_keys import Caller

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])

_STREAM: dict[str, Any] = {
    "description": "Events by and by, each with its `id` and one line of `data`.",
    "content": {"text/event-stream": {"schema": json_schema(LiveEvent)}},
}
_PING_EVERY_S = 15.0
_LASTS_S = 900.0
"""Then it ends, and whoever still watches comes back with a key that still has to be good."""

_COME_BACK_AFTER_MS = 1_000
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
    await _look(services, caller, refund_id, last_event_id or 0)  # who may not see it is told so by a status
    key = key_of(request.scope) or ""
    stream = _events(services, key, refund_id, last_event_id or 0)
    first = await anext(stream, None)
    if first is None:
        raise problems.try_again("too many watch refunds here now")
    return StreamingResponse(_with_first(first, stream), media_type="text/event-stream", headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _with_first(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in others:
        yield each


async def _events(services: Services, key: str, refund_id: str, after: int) -> AsyncIterator[bytes]:
    """Yield what is to be sent; nothing at all where too many watch."""
    try:
        with services.live.watching(refund_id) as watch:
            yield format_sse_event(retry=_COME_BACK_AFTER_MS)
            give_up_turn()
            async for each in _until_over(services, watch, key, refund_id, after):
                yield each
    except TooManyWatch:
        return


async def _until_over(services: Services, watch: Watch, key: str, refund_id: str, after: int) -> AsyncIterator[bytes]:
    pings, is_news = round(_LASTS_S / _PING_EVERY_S), True
    while pings and not watch.is_over:
        if is_news:
            caller = await services.callers.find(key)
            if caller is None:  # it has ended meanwhile
                return
            for each in await _look(services, caller, refund_id, after):
                after = each.sequence
                yield format_sse_event(id=str(after), data_str=each.model_dump_json())
        else:
            pings -= 1
            yield KEEPALIVE_COMMENT
        is_news = await watch.news(_PING_EVERY_S)


async def _look(services: Services, caller: Caller, refund_id: str, after: int) -> list[LiveEvent]:
    """Return what happened since then, as far as this caller is told; raises Problem (`not_found`)."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        happened = await journal.timeline(connection, refund_id, after=after)
    shown = (LiveEvent.of(refund.status, each) for each in happened)
    return discretion.told_live(shown, caller, to_receiver=refund.beneficiary is not None)
