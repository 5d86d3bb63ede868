# Written by `make client`; change the document, or the async half, instead.
"""Requests: webhook events."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import (
    DeliveryStatus,
    MerchantEvent,
    RedeliveryBody,
    RotationAnswer,
    RotationBody,
    WebhookEndpointAnswer,
    WebhookEndpointBody,
    WebhookEndpointList,
    WebhookEventAnswer,
    WebhookEventList,
)


def list_webhook_endpoints() -> Call[WebhookEndpointList]:
    return Call("GET", "/v1/webhook-endpoints", call.json_of(WebhookEndpointList))


def put_webhook_endpoint(endpoint_id: str, body: WebhookEndpointBody) -> Call[WebhookEndpointAnswer]:
    return Call(
        "PUT", f"/v1/webhook-endpoints/{call.in_path(endpoint_id)}", call.json_of(WebhookEndpointAnswer), body=body
    )


def get_webhook_endpoint(endpoint_id: str) -> Call[WebhookEndpointAnswer]:
    return Call("GET", f"/v1/webhook-endpoints/{call.in_path(endpoint_id)}", call.json_of(WebhookEndpointAnswer))


def delete_webhook_endpoint(endpoint_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/webhook-endpoints/{call.in_path(endpoint_id)}", call.as_nothing)


def rotate_webhook_secret(
    endpoint_id: str, body: RotationBody, *, idempotency_key: str | None = None
) -> Call[RotationAnswer]:
    return Call(
        "POST",
        f"/v1/webhook-endpoints/{call.in_path(endpoint_id)}/secret",
        call.json_of(RotationAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )


def list_webhook_events(
    *,
    refund_id: str | None = None,
    order_id: str | None = None,
    type: MerchantEvent | None = None,
    endpoint_id: str | None = None,
    status: DeliveryStatus | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[WebhookEventList]:
    return Call(
        "GET",
        "/v1/webhook-events",
        call.json_of(WebhookEventList),
        query={
            "refund_id": refund_id,
            "order_id": order_id,
            "type": type,
            "endpoint_id": endpoint_id,
            "status": status,
            "cursor": cursor,
            "limit": limit,
        },
    )


def get_webhook_event(event_id: str) -> Call[WebhookEventAnswer]:
    return Call("GET", f"/v1/webhook-events/{call.in_path(event_id)}", call.json_of(WebhookEventAnswer))


def redeliver_webhook_event(
    event_id: str, body: RedeliveryBody, *, idempotency_key: str | None = None
) -> Call[WebhookEventAnswer]:
    return Call(
        "POST",
        f"/v1/webhook-events/{call.in_path(event_id)}/redelivery",
        call.json_of(WebhookEventAnswer),
        headers={"idempotency-key": call.key_or_new(idempotency_key)},
        body=body,
    )
