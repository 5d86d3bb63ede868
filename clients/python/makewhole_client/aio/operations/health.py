# Written by `make client`; change the document, or the async half, instead.
"""Operations: health."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import health as calls
from makewhole_client.models import Alive, Ready


class AsyncHealthCalls(AsyncAsks):
    async def check_liveness(
        self,
    ) -> Alive:
        """Tell that the process answers; it asks nobody else."""
        return await self._ask(calls.check_liveness())

    async def check_readiness(
        self,
    ) -> Ready:
        """Tell whether Postgres and Temporal answer, and whether their clocks are this machine's."""
        return await self._ask(calls.check_readiness())
