# Written by `make client`; change the document, or the async half, instead.
"""Operations: orders."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import orders as calls
from makewhole_client.models import (
    DisputeAnswer,
    DisputeBody,
    ExternalRefundAnswer,
    ExternalRefundBody,
    OrderAnswer,
    OrderBody,
    OrderList,
    OrderPageAnswer,
    OrderSummary,
    PageLinkAnswer,
)


class AsyncOrdersCalls(AsyncAsks):
    async def list_orders(
        self, *, customer_id: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> OrderList:
        """List orders by their ids."""
        return await self._ask(calls.list_orders(customer_id=customer_id, cursor=cursor, limit=limit))

    def iterate_orders(
        self, *, customer_id: str | None = None, limit: int | None = None
    ) -> AsyncIterator[OrderSummary]:
        """List orders by their ids. One after the other, over all pages."""
        return self._items(lambda page: calls.list_orders(customer_id=customer_id, limit=limit, cursor=page))

    async def put_order(self, order_id: str, body: OrderBody) -> OrderAnswer:
        """Push an order as sold; what it spent and earned is booked once, when it first arrives as paid."""
        return await self._ask(calls.put_order(order_id, body))

    async def get_order(
        self, order_id: str, *, lines_cursor: str | None = None, version: int | None = None
    ) -> OrderAnswer:
        """Read an order: what is still refundable, its refunds so far, the state of every entitlement."""
        return await self._ask(calls.get_order(order_id, lines_cursor=lines_cursor, version=version))

    def pages_of_order(self, order_id: str, *, version: int | None = None) -> AsyncIterator[OrderAnswer]:
        """Read an order: what is still refundable, its refunds so far, the state of every entitlement. Page after
        page of its lines."""
        return self._pages(lambda page: calls.get_order(order_id, version=version, lines_cursor=page))

    async def get_order_page(self, order_id: str, *, lines_cursor: str | None = None) -> OrderPageAnswer:
        """Read an order as its customer may see it; customers read their own, and guests the one that they proved."""
        return await self._ask(calls.get_order_page(order_id, lines_cursor=lines_cursor))

    def pages_of_order_page(self, order_id: str) -> AsyncIterator[OrderPageAnswer]:
        """Read an order as its customer may see it; customers read their own, and guests the one that they proved.
        Page after page of its lines."""
        return self._pages(lambda page: calls.get_order_page(order_id, lines_cursor=page))

    async def make_page_link(self, order_id: str) -> PageLinkAnswer:
        """Hand a customer over to the page of an order, without a code: the shop knows already who they are."""
        return await self._ask(calls.make_page_link(order_id))

    async def note_external_refund(
        self, order_id: str, body: ExternalRefundBody, *, idempotency_key: str | None = None
    ) -> ExternalRefundAnswer:
        """Say that money went back elsewhere: at the provider's dashboard, in a shop, by bank."""
        return await self._ask(calls.note_external_refund(order_id, body, idempotency_key=idempotency_key))

    async def note_dispute(
        self, order_id: str, body: DisputeBody, *, idempotency_key: str | None = None
    ) -> DisputeAnswer:
        """Say what the bank says of a dispute."""
        return await self._ask(calls.note_dispute(order_id, body, idempotency_key=idempotency_key))
