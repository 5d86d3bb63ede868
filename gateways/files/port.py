"""Where files are kept, pictures and archives, as a Protocol: a folder, or a bucket of S3's protocol."""

from typing import Protocol


class StoreDown(Exception):
    """The store does not do it now: nobody knows whether it was done. Every deed may be repeated."""


class FileStore(Protocol):
    """Keeps what it is given under a name, which stands for this content and no other."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep it; when this returns it outlives a power failure. Raises StoreDown."""
        ...

    async def get(self, name: str) -> bytes | None:
        """Give it back, None where there is none. Raises StoreDown."""
        ...

    async def remove(self, name: str) -> None:
        """Remove it, any number of times. Raises StoreDown."""
        ...
