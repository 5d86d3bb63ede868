"""Many races at once, each pair for itself; judged when all of them are over."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.instants.aim import Aim, offsets
from proof.instants.judge import Paid, Pair, Race, judge
from proof.instants.races import POLICIES, RACES, Brink
from proof.instants.shops import Staff, open_shop
from tools.client import FINAL, Json

_SHOPS = 6
_AFTERWARDS_S = 6.0
_TO_THE_END_S = 120.0
_AT_REST = FINAL | {"in_transit", "inspecting", "in_review"}
_PAID = """
select regexp_replace(key, '-[0-9]+-[0-9]+$', '') as refund_id, sum(amount) as amount, count(*) as times
from sandbox.refunds where status = 'succeeded' and merchant_id = any(:merchants) group by refund_id
"""


@dataclass(slots=True)
class Tally:
    """How the races of one pair ended. `both_yes`: one that was taken first, and then the other as well."""

    races: int = 0
    wins: Counter[str] = field(default_factory=Counter)
    both_yes: int = 0
    aim_ms: int = 0
    lies: list[str] = field(default_factory=list)


async def race(
    http: httpx.AsyncClient, engine: AsyncEngine, pair: Pair, *, times: int, at_once: int, seed: int
) -> Tally:
    """Run so many races of a pair, and judge them when nothing moves any more."""
    shops = [await open_shop(http, engine) for _ in range(_SHOPS)]
    for shop in shops:
        await shop.ops.put("/v1/policy", POLICIES[pair])
    aim, gate, around = Aim(), asyncio.Semaphore(at_once), offsets(seed)

    async def run(number: int) -> tuple[Staff, Race]:
        staff = shops[number % _SHOPS]
        async with gate:
            return staff, await RACES[pair](Brink(staff, number, next(around), aim))

    races = await asyncio.gather(*(run(number) for number in range(times)))
    await asyncio.sleep(_AFTERWARDS_S)  # a deadline that comes late would be seen
    tally = await _judge(engine, races)
    tally.aim_ms = round(aim.at_s * 1_000)
    return tally


async def _judge(engine: AsyncEngine, races: Sequence[tuple[Staff, Race]]) -> Tally:
    tally = Tally(len(races))
    shown = [await _at_rest(staff, each.refund_id) for staff, each in races]
    paid = await _paid(engine, {staff.name for staff, _ in races})
    for (_, each), refund in zip(races, shown, strict=True):
        verdict = judge(each, refund, paid.get(each.refund_id, Paid()))
        tally.wins[verdict.winner] += 1
        tally.lies += verdict.lies
        tally.both_yes += len(each.answers) > 1 and all(answer.is_yes for answer in each.answers.values())
    return tally


async def _at_rest(staff: Staff, refund_id: str) -> Json:
    return await staff.merchant.wait_for(refund_id, _AT_REST, within_s=_TO_THE_END_S)


async def _paid(engine: AsyncEngine, merchants: Iterable[str]) -> dict[str, Paid]:
    async with engine.connect() as books:
        rows = await books.execute(text(_PAID), {"merchants": list(merchants)})
        return {row.refund_id: Paid(int(row.amount), row.times) for row in rows}


async def race_all(
    http: httpx.AsyncClient,
    engine: AsyncEngine,
    pairs: Iterable[Pair],
    *,
    times: int,
    at_once: int,
    seed: int,
    say: Callable[[str], None],
) -> dict[Pair, Tally]:
    tallies: dict[Pair, Tally] = {}
    for pair, number in zip(pairs, itertools.count(), strict=False):
        tallies[pair] = tally = await race(http, engine, pair, times=times, at_once=at_once, seed=seed + number)
        won = ", ".join(f"{count} × {who}" for who, count in sorted(tally.wins.items()))
        say(f"{pair}: {won}; {len(tally.lies)} violations")
    return tallies
