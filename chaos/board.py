"""Where every refund stands: one list for all who wait, so that hundreds of them do not ask one by one."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from showcase.client import FINAL, Api, Broken, Json, NotInTime

_LOOK_EVERY_S = 1.0


class Board:
    def __init__(self, merchant: Api) -> None:
        self._merchant = merchant
        self._known: dict[str, Json] = {}
        self._changed = asyncio.Condition()

    @property
    def refunds(self) -> dict[str, Json]:
        return dict(self._known)

    async def run(self) -> None:
        while True:
            with suppress(NotInTime, Broken):
                await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Read the whole list anew."""
        query: dict[str, str | int] = {"limit": 200}
        while True:
            page = await self._merchant.get("/v1/refunds", **query)
            self._known |= {refund["refund_id"]: refund for refund in page["items"]}
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        async with self._changed:
            self._changed.notify_all()

    async def until(self, refund_id: str, statuses: Collection[str]) -> str:
        """Wait until a refund is in one of these, or over, or needs attention; returns its status."""
        async with self._changed:
            while True:
                refund = self._known.get(refund_id)
                if refund and (refund["status"] in FINAL or refund["status"] in statuses or refund["needs_attention"]):
                    return str(refund["status"])
                await self._changed.wait()
