# Written by `make client`; change the document, or the async half, instead.
"""Operations: api keys."""

from collections.abc import AsyncIterator

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import api_keys as calls
from makewhole_client.models import (
    ApiKeyAnswer,
    ApiKeyBody,
    ApiKeyList,
    CallerAnswer,
    CustomerKeyBody,
    KeyRotationBody,
    NewApiKeyAnswer,
)


class AsyncApiKeysCalls(AsyncAsks):
    async def make_api_key(self, body: ApiKeyBody, *, idempotency_key: str | None = None) -> NewApiKeyAnswer:
        """Make a key of your merchant."""
        return await self._ask(calls.make_api_key(body, idempotency_key=idempotency_key))

    async def list_api_keys(self, *, cursor: str | None = None, limit: int | None = None) -> ApiKeyList:
        """List the keys of your merchant, also those that have ended, the newest first."""
        return await self._ask(calls.list_api_keys(cursor=cursor, limit=limit))

    def iterate_api_keys(self, *, limit: int | None = None) -> AsyncIterator[ApiKeyAnswer]:
        """List the keys of your merchant, also those that have ended, the newest first. One after the other, over
        all pages."""
        return self._items(lambda page: calls.list_api_keys(limit=limit, cursor=page))

    async def rotate_api_key(
        self, key_id: str, body: KeyRotationBody, *, idempotency_key: str | None = None
    ) -> NewApiKeyAnswer:
        """Make a key that replaces another, for the same role and person; the old one ends when the overlap is
        over."""
        return await self._ask(calls.rotate_api_key(key_id, body, idempotency_key=idempotency_key))

    async def revoke_api_key(self, key_id: str) -> None:
        """Revoke a key at once, any number of times."""
        return await self._ask(calls.revoke_api_key(key_id))

    async def make_customer_key(
        self, customer_id: str, body: CustomerKeyBody | None = None, *, idempotency_key: str | None = None
    ) -> NewApiKeyAnswer:
        """Make a key by which a customer of yours sees their own refunds, and nothing else."""
        return await self._ask(calls.make_customer_key(customer_id, body, idempotency_key=idempotency_key))

    async def get_caller(
        self,
    ) -> CallerAnswer:
        """Read who you are here, and what you may do."""
        return await self._ask(calls.get_caller())
