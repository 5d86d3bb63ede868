# Written by `make client`; change the document, or the async half, instead.
"""Operations: bulk refunds."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import bulk_refunds as calls
from makewhole_client.models import BulkAnswer, BulkConfirmation, BulkList, BulkStop, LineStatus


class AsyncBulkRefundsCalls(AsyncAsks):
    async def request_bulk_refunds(self, body: bytes, *, idempotency_key: str | None = None) -> BulkAnswer:
        """Ask for up to 10,000 refunds, a JSON object a line as `POST /v1/refunds` takes it; nothing of it begins
        yet."""
        return await self._ask(calls.request_bulk_refunds(body, idempotency_key=idempotency_key))

    async def list_bulk_refunds(
        self,
    ) -> BulkList:
        """List the newest bulks."""
        return await self._ask(calls.list_bulk_refunds())

    async def get_bulk_refunds(
        self,
        bulk_id: str,
        *,
        lines_cursor: str | None = None,
        line_status: LineStatus | None = None,
        limit: int | None = None,
    ) -> BulkAnswer:
        """Read how far a bulk has come, and what has become of each line."""
        return await self._ask(
            calls.get_bulk_refunds(bulk_id, lines_cursor=lines_cursor, line_status=line_status, limit=limit)
        )

    def pages_of_bulk_refunds(
        self, bulk_id: str, *, line_status: LineStatus | None = None, limit: int | None = None
    ) -> AsyncIterator[BulkAnswer]:
        """Read how far a bulk has come, and what has become of each line. Page after page of its lines."""
        return self._pages(
            lambda page: calls.get_bulk_refunds(bulk_id, line_status=line_status, limit=limit, lines_cursor=page)
        )

    async def confirm_bulk_refunds(
        self, bulk_id: str, body: BulkConfirmation, *, idempotency_key: str | None = None
    ) -> BulkAnswer:
        """Confirm what the preview comes to; it begins when the grace is over, and can be stopped until then as a
        whole."""
        return await self._ask(calls.confirm_bulk_refunds(bulk_id, body, idempotency_key=idempotency_key))

    async def stop_bulk_refunds(
        self, bulk_id: str, body: BulkStop | None = None, *, idempotency_key: str | None = None
    ) -> BulkAnswer:
        """Stop a bulk, at any time: what has begun goes on, nothing new begins once this is answered."""
        return await self._ask(calls.stop_bulk_refunds(bulk_id, body, idempotency_key=idempotency_key))
