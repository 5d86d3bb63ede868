# Written by `make client`; change the document, or the async half, instead.
"""Operations: refund rights."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import refund_rights as calls
from makewhole_client.models import AppealBody, RightsAnswer, SuspensionBody


class AsyncRefundRightsCalls(AsyncAsks):
    async def get_suspension(self, customer_id: str) -> RightsAnswer:
        """Tell whether a customer may ask for refunds; customers see their own."""
        return await self._ask(calls.get_suspension(customer_id))

    async def suspend_customer(
        self, customer_id: str, body: SuspensionBody | None = None, *, idempotency_key: str | None = None
    ) -> RightsAnswer:
        """Refuse a customer's new refunds for a while; the newest word counts, and the customer is told why."""
        return await self._ask(calls.suspend_customer(customer_id, body, idempotency_key=idempotency_key))

    async def reinstate_customer(self, customer_id: str) -> RightsAnswer:
        """Give the right back, any number of times; refunds so far no longer count towards a suspension."""
        return await self._ask(calls.reinstate_customer(customer_id))

    async def appeal_suspension(
        self, customer_id: str, body: AppealBody, *, idempotency_key: str | None = None
    ) -> RightsAnswer:
        """Say what speaks against a suspension, once; operations read it in their inbox."""
        return await self._ask(calls.appeal_suspension(customer_id, body, idempotency_key=idempotency_key))
