"""What the database says of all refunds and of the workers, for those who watch: read once in some seconds at most.

It is the same whichever process of the API is asked, and whatever comes to ask for it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from db import deliveries, keepers, tallies, webhook_deliveries
from db.deliveries import Delay
from db.gauges import Gauges, gauges
from db.keepers import Rounds
from db.tallies import EndTally
from db.webhook_deliveries import Lag
from db.whose import Everyones, of_everyone
from domain.delivery.channels import Channel

KEPT_S = 2.0
"""Prometheus asks every 15 s by habit, each of several of them, and so may anybody who finds the address."""


@dataclass(frozen=True, slots=True)
class FiguresRead:
    """How things stood in one moment."""

    gauges: Gauges
    tally: EndTally
    keepers: Mapping[str, Rounds]
    webhooks: Lag
    messages: Mapping[Channel, Delay]


class WatchedFigures:
    def __init__(self, reads: AsyncEngine, now_s: Callable[[], float] = time.monotonic) -> None:
        self._reads = reads
        self._now_s = now_s
        self._turn = asyncio.Lock()
        self._kept: tuple[float, FiguresRead] | None = None

    async def read(self) -> FiguresRead:
        """Read them, or return what was read just now; raises what the database raises."""
        async with self._turn:
            now_s = self._now_s()
            if self._kept is None or now_s - self._kept[0] >= KEPT_S:
                self._kept = now_s, await self._read()
            return self._kept[1]

    async def _read(self) -> FiguresRead:
        with of_everyone(Everyones.METRICS):
            async with self._reads.connect() as connection:
                return FiguresRead(
                    await gauges(connection),
                    await tallies.look(connection),
                    await keepers.rounds(connection),
                    await webhook_deliveries.lag(connection),
                    await deliveries.delays(connection),
                )
