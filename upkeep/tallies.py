"""What has ended is added up for those who watch: one worker at a time, each end once, also when it dies half-way."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from db import keepers, tallies
from db.tallies import NAME, EndedRefund, EndTally
from domain.explain.stages import stages
from upkeep.keepers import Keeper

_EVERY = timedelta(seconds=5)
_AT_ONCE = 500


def keeper(engine: AsyncEngine) -> Keeper:
    async def work() -> bool:
        return await add_up(engine)

    return Keeper(NAME, _EVERY, work)


async def add_up(engine: AsyncEngine, at_once: int = _AT_ONCE) -> bool:
    """Add up all that has ended since the last time, so many in a transaction; tell whether no other worker is at it.

    The first time it begins with what ends from then on: what was before it nobody has watched.
    """
    while True:
        async with engine.begin() as connection:
            before = await tallies.all_before(connection)
            place = await keepers.take_place(connection, NAME, EndTally(before).stored())
            if place is None:
                return False
            tally = EndTally.read(place)
            assert tally.until is not None
            if tally.until >= before:
                return True
            those, tally.until = await tallies.ended(connection, tally.until, before, limit=at_once)
            for each in those:
                add(tally, each)
            await keepers.note_place(connection, NAME, tally.stored())
        if len(those) < at_once:
            return True


def add(tally: EndTally, ended: EndedRefund) -> None:
    """Count an end, and the stages that led to it."""
    tally.ended[ended.status] += 1
    took = stages(ended.moments)
    if took.whole is not None:
        tally.whole.add(took.whole.total_seconds())
    for stage, duration in took.each.items():
        seconds = duration.total_seconds()
        tally.add_stage(stage, seconds)
        if seconds > ended.slas_s.get(stage, seconds):
            tally.late[stage] += 1
