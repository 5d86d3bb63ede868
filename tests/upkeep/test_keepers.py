"""What a worker does again and again: no case stops the others, and nothing ends silently."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from db import api_keys, keepers, refund_runs, refunds
from db.locks import alone
from tests.shop import ANYTHING, IN_TIME_S, Shop
from tests.upkeep.scenes import awaiting_return
from upkeep.keepers import Keeper, KeeperEnded, each_by_itself, keep, one_at_a_time
from upkeep.reconciler import Reconciler

NEVER = timedelta(hours=1)
AT_ONCE = timedelta()


async def test_a_refund_that_can_not_be_revived_keeps_no_other_from_it(shop: Shop, reconciler: Reconciler) -> None:
    broken, sound = [await awaiting_return(shop), await another_awaiting_return(shop)]
    async with shop.engine.begin() as connection:
        kept = (await refunds.get(connection, broken["refund_id"])).quote.json
        await refunds.change(connection, broken["refund_id"], quote={"no": "quote"})
    await asyncio.sleep(6)  # what is younger is not looked at
    for refund in (broken, sound):
        await shop.workflow(refund).terminate("by mistake")

    await reconciler.revive_lost()

    await shop.until_event(sound, "revived")
    async with shop.engine.begin() as connection:
        await refunds.change(connection, broken["refund_id"], quote=kept)
    await reconciler.revive_lost()
    await shop.until_event(broken, "revived")


async def another_awaiting_return(shop: Shop) -> dict[str, object]:
    await shop.order("o2")
    refund = await shop.refund("o2", kind="return")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    return await shop.until(refund, "awaiting_return")


async def test_a_merchant_with_a_long_id_gets_its_refunds_too(shop: Shop, other_shop: Shop) -> None:
    """Of before ids of merchants had a length; Temporal takes 64 bytes where workers are kept fair among them."""
    merchant_id = f"{other_shop.merchant_id}-" + "长" * 40
    keys = {role: f"{key}_new" for role, key in other_shop.keys.items()}  # that the API has not met under another id
    async with shop.engine.begin() as connection:
        for role, key in keys.items():
            await api_keys.remember(connection, key=key, merchant_id=f"{other_shop.merchant_id}-old", role=role)
        renamed = "update api_keys set merchant_id = %s where merchant_id = %s"
        await connection.exec_driver_sql(renamed, (merchant_id, f"{other_shop.merchant_id}-old"))
    long_named = Shop(merchant_id, keys, shop.http, shop.engine, shop.temporal)
    await long_named.policy(auto_approve=ANYTHING)
    await long_named.order()

    done = await long_named.approved_refund()

    assert done["status"] == "completed"


async def test_work_that_fails_comes_round_again_whatever_it_failed_of(engine: AsyncEngine) -> None:
    rounds: list[int] = []
    stop = asyncio.Event()

    async def work() -> bool:
        rounds.append(len(rounds))
        if len(rounds) < 3:
            raise AssertionError("nobody thought of this")
        stop.set()
        return True

    await asyncio.wait_for(keep(engine, [Keeper("test", AT_ONCE, work)], until=stop), IN_TIME_S)

    assert len(rounds) >= 3


async def test_a_keeper_that_ends_ends_the_worker(engine: AsyncEngine) -> None:
    async def work() -> bool:
        raise asyncio.CancelledError

    those = [Keeper("mortal", AT_ONCE, work), Keeper("other", NEVER, work)]

    with pytest.raises(KeeperEnded, match="mortal"):
        await asyncio.wait_for(keep(engine, those, until=asyncio.Event()), IN_TIME_S)


async def test_when_work_was_last_done_is_noted(engine: AsyncEngine) -> None:
    stop, name = asyncio.Event(), f"test-{secrets.token_hex(4)}"
    did = iter([False, True])

    async def work() -> bool:
        return next(did, True)

    keeping = asyncio.create_task(keep(engine, [Keeper(name, timedelta(seconds=0.1), work)], until=stop))
    async with asyncio.timeout(IN_TIME_S):
        while name not in (rounds := await rounds_of(engine)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        stop.set()
        await keeping

    assert rounds[name].age_s >= 0
    assert rounds[name].troubles == 0


async def rounds_of(engine: AsyncEngine) -> Mapping[str, keepers.Rounds]:
    async with engine.connect() as connection:
        return await keepers.rounds(connection)


async def test_what_fails_is_counted_also_of_rounds_that_are_not_noted(engine: AsyncEngine) -> None:
    name = f"test-{secrets.token_hex(4)}"

    async def do(what: str) -> None:
        if what != "sound":
            raise KeyError(what)

    for worker in (1, 2):  # what the second counts comes on top of what the first has
        stop, rounds = asyncio.Event(), iter(["not noted", "fails"])

        async def work(rounds: Iterator[str] = rounds) -> bool:
            match next(rounds, "noted"):
                case "noted":
                    return True
                case "fails":
                    raise AssertionError("nobody thought of this")
            await asyncio.gather(each_by_itself("do", ["broken", "sound", "broken"], do))
            return False

        keeping = asyncio.create_task(keep(engine, [Keeper(name, AT_ONCE, work)], until=stop))
        async with asyncio.timeout(IN_TIME_S):
            while name not in (told := await rounds_of(engine)) or told[name].troubles < 3 * worker:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            stop.set()
            await keeping

    assert (await rounds_of(engine))[name].troubles == 2 * 3


async def test_what_comes_round_every_moment_does_not_write_so_each_time(engine: AsyncEngine) -> None:
    stop, name = asyncio.Event(), f"test-{secrets.token_hex(4)}"
    rounds = iter(range(1_000))
    notes: list[str] = []

    async def work() -> bool:
        if next(rounds) == 20:
            stop.set()
        return True

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "keeper_rounds" in statement:
            notes.append(statement)

    await asyncio.wait_for(keep(engine, [Keeper(name, timedelta(milliseconds=1), work)], until=stop), IN_TIME_S)
    event.remove(engine.sync_engine, "after_cursor_execute", heard)

    assert 1 <= len(notes) < 20


async def test_what_goes_wrong_with_one_concerns_no_other() -> None:
    done: list[str] = []

    async def do(what: str) -> None:
        if what == "b":
            raise KeyError(what)
        done.append(what)

    await each_by_itself("do", ["a", "b", "c"], do)

    assert done == ["a", "c"]


async def test_long_work_is_done_by_one_worker_at_a_time(engine: AsyncEngine) -> None:
    """However long: who holds the lock is in no transaction, which Postgres would end where it only waits."""
    number = secrets.randbits(31)
    holder = "select state from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid = %s"

    async with alone(engine, number) as mine:
        async with engine.connect() as connection:
            state = (await connection.exec_driver_sql(holder, (number,))).scalar_one()
        async with alone(engine, number) as others:
            pass
    async with alone(engine, number) as next_one:
        pass

    assert (mine, others, next_one) == (True, False, True)
    assert state == "idle"


async def test_what_one_worker_is_at_another_leaves_to_it_and_does_the_next_time(engine: AsyncEngine) -> None:
    number, done = secrets.randbits(31), []

    async def work() -> None:
        done.append("round")

    keeper = Keeper("count", AT_ONCE, one_at_a_time(engine, number, work))
    async with alone(engine, number):
        meanwhile = await keeper.work()
    afterwards = await keeper.work()

    assert (meanwhile, afterwards, done) == (False, True, ["round"])


async def test_any_number_of_refunds_can_be_asked_for(engine: AsyncEngine) -> None:
    ids = [f"rf_{number}" for number in range(70_000)]

    async with engine.connect() as connection:
        over = await refund_runs.over_for(connection, ids, timedelta())
        still_open = await refund_runs.still_open(connection, ids)

    assert (over, still_open) == ({}, set())
