"""Killing the worker at random moments of its work, which must change nothing but how long it takes."""

import asyncio
import secrets
from collections.abc import Callable

from sqlalchemy import text

from db.whose import of_merchant
from tools.demo.cases.shop import DemoShop

_WITHIN_S = 1.5
_LOOK_EVERY_S = 0.1
_DONE = "select count(*) from steps join refunds using (refund_id) where merchant_id = :merchant"
_dice = secrets.SystemRandom()


class WorkerKiller:
    """Kills at most `most` times, each time a random moment after the worker was seen at work again."""

    def __init__(self, kill: Callable[[], None], shop: DemoShop, most: int = 3) -> None:
        self.kills = 0
        self._kill = kill
        self._shop = shop
        self._most = most

    async def run(self) -> None:
        done = 0
        while self.kills < self._most:
            done = await self._more_than(done)
            await asyncio.sleep(_dice.uniform(0, _WITHIN_S))
            await asyncio.to_thread(self._kill)
            self.kills += 1

    async def _more_than(self, before: int) -> int:
        """Wait until the worker has done more steps than `before`; returns how many."""
        while True:
            done = await self._steps_done()
            if done > before:
                return done
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _steps_done(self) -> int:
        with of_merchant(self._shop.merchant_id):
            async with self._shop.engine.connect() as books:
                return int((await books.execute(text(_DONE), {"merchant": self._shop.merchant_id})).scalar_one())
