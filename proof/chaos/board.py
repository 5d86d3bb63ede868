"""Where every refund stands: one list for all who wait, so that hundreds of them do not ask one by one."""

import asyncio
import itertools
import time
from collections.abc import Collection
from contextlib import suppress

from tools.client import FINAL, Api, Broken, Json, NotInTime

_LOOK_EVERY_S, _SELDOM_S = 1.0, 3.0
_PAUSE_BY_LOOK = 4
_WHOLE_EVERY = 20


class Board:
    def __init__(self, merchant: Api) -> None:
        self._merchant = merchant
        self._known: dict[str, Json] = {}
        self._changed = asyncio.Condition()

    @property
    def refunds(self) -> dict[str, Json]:
        return dict(self._known)

    def forget(self) -> None:
        """The books have gone back: what was seen is no longer so, and the whole list is read next."""
        self._known.clear()

    async def run(self) -> None:
        for count in itertools.count():
            began = time.monotonic()
            with suppress(NotInTime, Broken):
                await self.look(is_whole=count % _WHOLE_EVERY == 0)
            # A long list costs the API a good deal; to look at it must not keep the API from its work.
            pause = _PAUSE_BY_LOOK * (time.monotonic() - began)
            await asyncio.sleep(min(max(pause, _LOOK_EVERY_S), _SELDOM_S))

    async def look(self, *, is_whole: bool) -> None:
        """Read the list anew, the newest first: the whole of it, or only as far as anything is going on."""
        under_way = min((each["created_at"] for each in self._known.values() if _is_under_way(each)), default="")
        query: dict[str, str | int] = {"limit": 200}
        while True:
            page = await self._merchant.get("/v1/refunds", **query)
            self._known |= {refund["refund_id"]: refund for refund in page["items"]}
            if page["next"] is None or not (is_whole or page["items"][-1]["created_at"] >= under_way):
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


def _is_under_way(refund: Json) -> bool:
    return refund["status"] not in FINAL and not refund["needs_attention"]
