# Written by `make client`; change the document, or the async half, instead.
"""Operations: api keys."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
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


class ApiKeysCalls(Asks):
    def make_api_key(self, body: ApiKeyBody, *, idempotency_key: str | None = None) -> NewApiKeyAnswer:
        """Make a key of your merchant."""
        return self._ask(calls.make_api_key(body, idempotency_key=idempotency_key))

    def list_api_keys(self, *, cursor: str | None = None, limit: int | None = None) -> ApiKeyList:
        """List the keys of your merchant, also those that have ended, the newest first."""
        return self._ask(calls.list_api_keys(cursor=cursor, limit=limit))

    def iterate_api_keys(self, *, limit: int | None = None) -> Iterator[ApiKeyAnswer]:
        """List the keys of your merchant, also those that have ended, the newest first. One after the other, over
        all pages."""
        return self._items(lambda page: calls.list_api_keys(limit=limit, cursor=page))

    def rotate_api_key(
        self, key_id: str, body: KeyRotationBody, *, idempotency_key: str | None = None
    ) -> NewApiKeyAnswer:
        """Make a key that replaces another, for the same role and person; the old one ends when the overlap is
        over."""
        return self._ask(calls.rotate_api_key(key_id, body, idempotency_key=idempotency_key))

    def revoke_api_key(self, key_id: str) -> None:
        """Revoke a key at once, any number of times."""
        return self._ask(calls.revoke_api_key(key_id))

    def make_customer_key(
        self, customer_id: str, body: CustomerKeyBody | None = None, *, idempotency_key: str | None = None
    ) -> NewApiKeyAnswer:
        """Make a key by which a customer of yours sees their own refunds, and nothing else."""
        return self._ask(calls.make_customer_key(customer_id, body, idempotency_key=idempotency_key))

    def get_caller(
        self,
    ) -> CallerAnswer:
        """Read who you are here, and what you may do."""
        return self._ask(calls.get_caller())
