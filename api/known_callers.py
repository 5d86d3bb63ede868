"""Whose a key is, remembered for seconds: a caller who sends many requests is looked up in one of them."""

import hashlib
import time
from collections import OrderedDict

from sqlalchemy.ext.asyncio import AsyncEngine

from db import api_keys
from db.api_keys import Caller

REMEMBERED_FOR_S = 5.0
"""So long a key that is taken out of the database still works."""

_MOST = 10_000


class KnownCallers:
    """Finds callers by their keys. Only keys that are known are remembered, by their hash."""

    def __init__(self, reads: AsyncEngine) -> None:
        self._reads = reads
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def find(self, key: str) -> Caller | None:
        """Return whose a key is, None where nobody knows it; raises DBAPIError where the database does not answer."""
        hashed = hashlib.sha256(key.encode()).digest()
        found_at, caller = self._known.get(hashed, (0.0, None))
        if caller is not None and time.monotonic() - found_at < REMEMBERED_FOR_S:
            return caller
        async with self._reads.connect() as connection:
            caller = await api_keys.identify(connection, key)
        if caller is not None:
            self._known[hashed] = time.monotonic(), caller
            self._known.move_to_end(hashed)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return caller
