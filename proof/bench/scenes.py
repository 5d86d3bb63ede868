"""What `make bench` measures, in the order of a round: what is compared comes close together.

Others on the machine come and go; within half a minute they weigh on both sides alike.
"""

from collections.abc import Awaitable, Callable, Sequence

from proof.bench import floors
from proof.bench.floors import Floors
from proof.bench.measuring import Scene
from proof.bench.refunding import Done, Refunding, Times

ONE, FEW, MANY = 1, 8, 30
PLAIN, RICH, RETURN = "refund, plain", "refund, rich", "full return"
DBOS, DBOS_TWICE, DBOS_RICH = "DBOS, plain", "DBOS, plain, two processes", "DBOS, rich"
EMPTY, SAME_SHAPE, BARE = "empty workflow", "same shape, empty steps", "bare start with inserts"

_OURS = ("worker", "temporal", "door", "postgres", "api", "lane", "provider")
_ON_DBOS = ("dbos", "postgres", "provider")
_FLOOR = ("temporal", "door", "floor", "postgres")
PROGRAMS = {
    **dict.fromkeys((PLAIN, RICH, RETURN), _OURS),
    **dict.fromkeys((DBOS, DBOS_TWICE, DBOS_RICH), _ON_DBOS),
    **dict.fromkeys((EMPTY, SAME_SHAPE, BARE), _FLOOR),
}
"""Which programs do it, as `machine.py` names them."""

_COUNTS = {ONE: 25, FEW: 60, MANY: 120}
_RETURNS = {ONE: 6, FEW: 24, MANY: 45}
_STARTS = 60
"""Of these the percentiles of a POST are taken, so there are more of them."""


def to_warm_up(played: Sequence[Scene]) -> list[Scene]:
    """One scene of each name, with the most callers there are: it opens every connection."""
    return list({scene.name: scene for scene in sorted(played, key=lambda scene: scene.callers)}.values())


def scenes(
    ours: Refunding, on_dbos: Refunding, on_dbos_twice: Refunding, floor: Floors, *, is_quick: bool
) -> list[Scene]:
    """List the scenes; quick ones leave out eight callers, and do everything less often."""
    every = (ONE, MANY) if is_quick else (ONE, FEW, MANY)
    counts = {callers: count // 2 if is_quick else count for callers, count in _COUNTS.items()}
    returns = {callers: max(count // 2, 3) if is_quick else count for callers, count in _RETURNS.items()}
    starts = counts | {ONE: _STARTS // 2 if is_quick else _STARTS}
    played = [
        scene
        for each in reversed(every)
        for scene in (
            Scene(PLAIN, each, starts[each], ours.plain_orders, timed(ours.refund)),
            Scene(DBOS, each, counts[each], on_dbos.plain_orders, timed(on_dbos.refund)),
            Scene(SAME_SHAPE, each, counts[each], floors.names, floor.same_shape),
            Scene(EMPTY, each, counts[each], floors.names, floor.empty),
            Scene(RICH, each, counts[each], ours.rich_orders, timed(ours.refund)),
            Scene(RETURN, each, returns[each], ours.rich_orders, timed(ours.full_return)),
        )
    ]
    twice = Scene(DBOS_TWICE, MANY, counts[MANY], on_dbos_twice.plain_orders, timed(on_dbos_twice.refund))
    rich = Scene(DBOS_RICH, MANY, counts[MANY], on_dbos.rich_orders, timed(on_dbos.refund))
    bare = Scene(BARE, ONE, starts[ONE], floors.names, floor.bare_start)
    return [played[0], twice, *played[1:5], rich, *played[5:-6], bare, *played[-6:]]


def timed(do: Callable[[str], Awaitable[Done]]) -> Callable[[str], Awaitable[Times]]:
    async def times(order_id: str) -> Times:
        return (await do(order_id)).times

    return times
