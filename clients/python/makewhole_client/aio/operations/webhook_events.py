# Written by `make client`; change the document, or the async half, instead.
"""Operations: webhook events."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import webhook_events as calls
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


class AsyncWebhookEventsCalls(AsyncAsks):
    async def list_webhook_endpoints(
        self,
    ) -> WebhookEndpointList:
        """List where events go, without the secrets."""
        return await self._ask(calls.list_webhook_endpoints())

    async def put_webhook_endpoint(self, endpoint_id: str, body: WebhookEndpointBody) -> WebhookEndpointAnswer:
        """Tell where events go, under a name of your own, or change it; a disabled one is enabled by it."""
        return await self._ask(calls.put_webhook_endpoint(endpoint_id, body))

    async def get_webhook_endpoint(self, endpoint_id: str) -> WebhookEndpointAnswer:
        """Read an endpoint, without its secrets."""
        return await self._ask(calls.get_webhook_endpoint(endpoint_id))

    async def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Forget an endpoint: nothing more is sent there."""
        return await self._ask(calls.delete_webhook_endpoint(endpoint_id))

    async def rotate_webhook_secret(
        self, endpoint_id: str, body: RotationBody, *, idempotency_key: str | None = None
    ) -> RotationAnswer:
        """Make a new secret; until the overlap is over, each event is signed with it and with those of before."""
        return await self._ask(calls.rotate_webhook_secret(endpoint_id, body, idempotency_key=idempotency_key))

    async def list_webhook_events(
        self,
        *,
        refund_id: str | None = None,
        order_id: str | None = None,
        type: MerchantEvent | None = None,
        endpoint_id: str | None = None,
        status: DeliveryStatus | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> WebhookEventList:
        """List what was told, the newest first, to whom, and what they answered."""
        return await self._ask(
            calls.list_webhook_events(
                refund_id=refund_id,
                order_id=order_id,
                type=type,
                endpoint_id=endpoint_id,
                status=status,
                cursor=cursor,
                limit=limit,
            )
        )

    def iterate_webhook_events(
        self,
        *,
        refund_id: str | None = None,
        order_id: str | None = None,
        type: MerchantEvent | None = None,
        endpoint_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[WebhookEventAnswer]:
        """List what was told, the newest first, to whom, and what they answered. One after the other, over all
        pages."""
        return self._items(
            lambda page: calls.list_webhook_events(
                refund_id=refund_id,
                order_id=order_id,
                type=type,
                endpoint_id=endpoint_id,
                status=status,
                limit=limit,
                cursor=page,
            )
        )

    async def get_webhook_event(self, event_id: str) -> WebhookEventAnswer:
        """Read an event, to whom it was told, and what they answered."""
        return await self._ask(calls.get_webhook_event(event_id))

    async def redeliver_webhook_event(
        self, event_id: str, body: RedeliveryBody, *, idempotency_key: str | None = None
    ) -> WebhookEventAnswer:
        """Send an event again under its own id, whether it was taken or given up; it keeps no other waiting."""
        return await self._ask(calls.redeliver_webhook_event(event_id, body, idempotency_key=idempotency_key))
