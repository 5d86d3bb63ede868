"""What a merchant's systems were told, with what they answered."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import IdempotencyKey, MerchantOrOps, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paging import Cursor, Limit, page, place
from api.paths import EventId
from api.schemas.common import Id
from api.schemas.webhook_endpoints import (
    RedeliveryBody,
    WebhookAttemptAnswer,
    WebhookDeliveryAnswer,
    WebhookEventAnswer,
    WebhookEventList,
)
from db import webhook_deliveries, webhook_endpoints, webhook_events
from db.webhook_events import Attempt, Delivery, DeliveryStatus, Event, EventFilter
from domain.merchant_events import MerchantEvent

_LOGGED = 20

router = APIRouter(prefix="/v1/webhook-events", tags=["webhook events"])


@router.get("", **described("listWebhookEvents"))
async def list_events(
    services: ServicesDep,
    caller: MerchantOrOps,
    refund_id: Annotated[Id | None, Query(description="Only those about this refund.")] = None,
    order_id: Annotated[Id | None, Query(description="Only those about this order.")] = None,
    type: Annotated[MerchantEvent | None, Query(description="Only these.")] = None,
    endpoint_id: Annotated[Id | None, Query(description="Only what this endpoint is told.")] = None,
    status: Annotated[DeliveryStatus | None, Query(description="Only what an endpoint has so far.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> WebhookEventList:
    """List what was told, the newest first, to whom, and what they answered. It is kept for 30 days."""
    wanted = EventFilter(refund_id, order_id, type, endpoint_id, status, place(cursor), limit)
    async with services.snapshots.connect() as connection:
        found = await webhook_events.search(connection, caller.merchant_id, wanted)
        shown, more = page(found, limit, lambda event: event.number, lambda event: 2 * len(event.body or "") + 5_000)
        return WebhookEventList(items=await _answers(connection, shown), next=more)


@router.get("/{event_id}", **described("getWebhookEvent", "not_found"))
async def get_event(event_id: EventId, services: ServicesDep, caller: MerchantOrOps) -> WebhookEventAnswer:
    """Read an event, to whom it was told, and what they answered."""
    async with services.snapshots.connect() as connection:
        return await _answer(connection, await _found(connection, caller.merchant_id, event_id))


@router.post(
    "/{event_id}/redelivery",
    status_code=202,
    response_model=WebhookEventAnswer,
    **described("redeliverWebhookEvent", "not_found", "conflicting_state"),
)
async def redeliver(
    event_id: EventId,
    body: RedeliveryBody,
    services: ServicesDep,
    caller: MerchantOrOps,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Send an event again under its own id, whether it was taken or given up; it keeps no other waiting."""

    async def send_again(connection: AsyncConnection) -> WebhookEventAnswer:
        event = await _found(connection, caller.merchant_id, event_id)
        await webhook_endpoints.hold(connection, caller.merchant_id)
        known = await webhook_endpoints.of_merchant(connection, caller.merchant_id)
        told = {each.endpoint_id for each in await webhook_events.deliveries_of(connection, [event_id])}
        wanted = told if body.endpoint_id is None else {body.endpoint_id}
        if body.endpoint_id is not None and body.endpoint_id not in {each.endpoint_id for each in known}:
            raise problems.not_found(f"webhook endpoint {body.endpoint_id!r}")
        to = [each.endpoint_id for each in known if each.endpoint_id in wanted and each.is_enabled]
        if not to:
            raise problems.conflicting_state("no endpoint that it could be sent to is enabled")
        await webhook_events.send_again(connection, event, to)
        await webhook_deliveries.wake(connection, caller.merchant_id, to)
        return await _answer(connection, event)

    path = f"/v1/webhook-events/{event_id}/redelivery"
    request = IdempotentRequest(services.engine, caller, idempotency_key, path, body)
    answer, _ = await request.once(202, send_again)
    return answer


async def _found(connection: AsyncConnection, merchant_id: str, event_id: str) -> Event:
    event = await webhook_events.find(connection, merchant_id, event_id)
    if event is None:
        raise problems.not_found(f"webhook event {event_id!r}")
    return event


async def _answer(connection: AsyncConnection, event: Event) -> WebhookEventAnswer:
    return (await _answers(connection, [event]))[0]


async def _answers(connection: AsyncConnection, events: Sequence[Event]) -> list[WebhookEventAnswer]:
    ids = [event.event_id for event in events]
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in await webhook_events.deliveries_of(connection, ids):
        deliveries[delivery.event_id].append(delivery)
    attempts: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in await webhook_events.attempts_of(connection, ids):
        attempts[attempt.event_id, attempt.endpoint_id].append(attempt)
    return [
        WebhookEventAnswer(
            event_id=event.event_id,
            type=event.type,
            refund_id=event.refund_id,
            order_id=event.order_id,
            sequence=event.sequence,
            at=event.at,
            body=event.body,
            deliveries=[
                _delivery(each, attempts[event.event_id, each.endpoint_id]) for each in deliveries[event.event_id]
            ],
        )
        for event in events
    ]


def _delivery(delivery: Delivery, attempts: Sequence[Attempt]) -> WebhookDeliveryAnswer:
    return WebhookDeliveryAnswer(
        endpoint_id=delivery.endpoint_id,
        status=delivery.status,
        attempts=delivery.attempts,
        next_at=delivery.next_at if delivery.status is DeliveryStatus.PENDING else None,
        log=[
            WebhookAttemptAnswer(
                at=each.at,
                url=each.url,
                duration_ms=each.duration_ms,
                status_code=each.status_code,
                answer=each.answer,
                trouble=each.trouble,
            )
            for each in attempts[-_LOGGED:]
        ],
    )
