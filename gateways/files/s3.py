"""Files in a bucket of S3's protocol, whoever offers it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from gateways.files.port import StoreDown
from gateways.files.shelves import Shelf

if TYPE_CHECKING:
    from obstore.store import S3Config  # it is there for type checkers alone

_TROUBLE = (BaseError, OSError)
"""A bucket that is not there is a file that is not found, to them."""

_TRIES = 2
_ANSWERS_WITHIN = timedelta(seconds=8)
"""All tries together end before the API answers that it is not decided in time."""


class Bucket:
    """Nothing in it may be public: whoever may read a file gets it from a program of ours."""

    def __init__(self, name: str, address: str, region: str, key_id: str, secret: str, shelf: Shelf) -> None:
        """address: where it is, where that is not Amazon; key_id, secret: empty where the machine itself has a role."""
        told: S3Config = {"region": region}
        if key_id:
            told |= {"access_key_id": key_id, "secret_access_key": secret}
        if address:
            told |= {"endpoint": address}
        self._shelf = shelf
        self._store = S3Store(
            name,
            config=told,
            client_options={
                "timeout": _ANSWERS_WITHIN,
                "connect_timeout": _ANSWERS_WITHIN / 2,
                "allow_http": address.startswith("http://"),
            },
            retry_config={"max_retries": _TRIES - 1, "retry_timeout": 2 * _ANSWERS_WITHIN},
        )

    async def put(self, name: str, content: bytes) -> None:
        try:
            kind = {"Content-Type": self._shelf.content_type}
            await self._store.put_async(self._shelf.in_bucket(name), content, attributes=kind)
        except _TROUBLE as trouble:
            raise self._down(trouble) from trouble

    async def get(self, name: str) -> bytes | None:
        try:
            found = await self._store.get_async(self._shelf.in_bucket(name))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except _TROUBLE as trouble:
            raise self._down(trouble) from trouble

    async def remove(self, name: str) -> None:
        try:
            await self._store.delete_async(self._shelf.in_bucket(name))
        except FileNotFoundError:
            return
        except _TROUBLE as trouble:
            raise self._down(trouble) from trouble

    def _down(self, trouble: Exception) -> StoreDown:
        """Their own words go on over many lines, and may have an address with what signs it."""
        return StoreDown(f"the bucket of {self._shelf.what}: {type(trouble).__name__}")
