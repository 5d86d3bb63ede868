"""Temporal or Postgres comes back from a copy that was taken a minute earlier, in the middle of everything."""

import asyncio
from enum import StrEnum
from itertools import cycle, repeat, zip_longest

from proof.chaos.board import Board
from proof.chaos.killer import Killer
from proof.chaos.older_postgres import copy_postgres, restore_postgres, start_temporal_empty, terminate_runs
from proof.chaos.older_temporal import copy_temporal, restore_temporal
from proof.chaos.restores import Restores
from tools.stack.stack import Stack

_OLD_S = 60.0


class Server(StrEnum):
    TEMPORAL = "temporal"
    POSTGRES = "postgres"


class Restorer:
    """Restores one after the other, each from a copy that was taken since the last."""

    def __init__(self, stack: Stack, board: Board, restores: Restores) -> None:
        self._stack = stack
        self._board = board
        self._restores = restores
        self._ways_to_end_runs = cycle((start_temporal_empty, terminate_runs))

    async def run(self, killer: Killer, temporal: int, postgres: int, kills: int) -> None:
        """Do it so many times, spread over the kills, which wait for one that is late: each is to find work begun."""
        servers = in_turn(temporal, postgres)
        try:
            for place, server in enumerate(servers, start=1):
                await killer.allow((place + 1) * kills // (len(servers) + 1))
                await killer.until(place * kills // (len(servers) + 1))
                await (self._temporal() if server is Server.TEMPORAL else self._postgres())
        finally:
            await killer.allow(kills)
            await self._restores.was_last()

    async def _temporal(self) -> None:
        copy = await asyncio.to_thread(copy_temporal, self._stack.home)
        await asyncio.sleep(_OLD_S)
        await asyncio.to_thread(restore_temporal, self._stack, copy)

    async def _postgres(self) -> None:
        copy = self._stack.home.path / "postgres.copy"
        await copy_postgres(self._stack.description.owner_database_url, copy)
        await asyncio.sleep(_OLD_S)
        async with self._restores.going_back():
            await restore_postgres(self._stack, copy, end_runs=next(self._ways_to_end_runs))
            self._board.forget()


def in_turn(temporal: int, postgres: int) -> list[Server]:
    """Mix the two as far as they go, Postgres first."""
    pairs = zip_longest(repeat(Server.POSTGRES, postgres), repeat(Server.TEMPORAL, temporal))
    return [server for pair in pairs for server in pair if server is not None]
