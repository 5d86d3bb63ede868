"""`make bench`: refunds through HTTP beside the same functions on DBOS, and beside Temporal with nothing to do.

All sides in one run, in rounds that interleave them, on the same machine, each on a Postgres of the same kind. That a
refund is complete PostgreSQL says by NOTIFY; that an empty workflow has ended, Temporal. The last line is one JSON
object. What is compared with what: docs/proof.md.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import psycopg
from temporalio.client import Client

from domain import clock
from proof.bench.bill import Bill, bill_of
from proof.bench.completions import Completions
from proof.bench.dbos_stack import DbosStack, dbos_stack
from proof.bench.floors import Floors
from proof.bench.measuring import Scene, measure
from proof.bench.refunding import Refunding
from proof.bench.report import Counted, figures, table
from proof.bench.scenes import scenes, to_warm_up
from proof.bench.statements import count, medians
from proof.bench.summary import Key, Sample
from proof.bench.wire import Wire
from settings import StackSettings
from tools.client import Api, open_http
from tools.fresh_home import fresh_home, patient
from tools.stack.stack import Stack, StackDescription
from tools.stack.temporal_client import connect
from workflows.contract import workflow_id

_WARM = 30
"""So many of each scene run before anything is counted: every connection has prepared its statements then."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench speed")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="less of everything, and not with eight callers")
    wanted = parser.parse_args(arguments)
    settings = replace(patient(StackSettings.from_environment()), database_url="")
    began, load = clock.now(), os.getloadavg()
    with fresh_home(settings) as fresh, Stack(fresh) as stack, dbos_stack(settings, stack.description) as other:
        rounds, counted = asyncio.run(_measure(stack, other, wanted.rounds, is_quick=wanted.quick))
    machine = {"cores": os.cpu_count(), "load_before": round(load[0], 1), "load_after": round(os.getloadavg()[0], 1)}
    minutes = round((clock.now() - began).total_seconds() / 60, 1)
    print(table(rounds, counted))
    print(json.dumps({**figures(rounds, counted), "at": f"{began:%Y-%m-%d %H:%M}", "minutes": minutes, **machine}))
    return 0


async def _measure(
    stack: Stack, other: DbosStack, wanted: int, *, is_quick: bool
) -> tuple[list[dict[Key, Sample]], Counted]:
    async with AsyncExitStack() as opened:
        known = stack.description
        completions = await opened.enter_async_context(Completions(known.owner_database_url))
        ours = Refunding(Wire([known.api_url]), known.keys, completions)
        at_others = await opened.enter_async_context(Completions(other.database_url))
        one_by_one = Refunding(Wire([other.api_url]), other.keys, at_others)
        by_two = Refunding(Wire([other.api_url, other.second_url]), other.keys, at_others)
        await ours.open()
        await one_by_one.open()
        client = await connect(known)
        bills = await _bills(client, ours)
        await _compare(other, one_by_one, bills[1])
        books = await opened.enter_async_context(await psycopg.AsyncConnection.connect(known.owner_database_url))
        floor = Floors(client, books, len(bills[0].local), len(bills[0].durable))
        await floor.open()
        await opened.enter_async_context(_floor_worker(known))
        played = scenes(ours, one_by_one, by_two, floor, is_quick=is_quick)
        rounds = await _rounds(played, wanted)
        for name, shop in (("makewhole", ours), ("DBOS", one_by_one), ("DBOS, two processes", by_two)):
            print(f"{name}: told to come again later {shop.told_to_wait} times", file=sys.stderr)
        return rounds, await _count(stack, bills)


async def _bills(client: Client, ours: Refunding) -> tuple[Bill, Bill, Bill]:
    """What a plain refund, a rich one and a return cost Temporal: the cheapest of three, as slowness adds to them."""
    refunded = [
        [await ours.refund(order_id) for order_id in await ours.plain_orders(3)],
        [await ours.refund(order_id) for order_id in await ours.rich_orders(3)],
        [await ours.full_return(order_id) for order_id in await ours.rich_orders(3)],
    ]
    bills = []
    for alike in refunded:
        handles = [client.get_workflow_handle(workflow_id(done.refund_id)) for done in alike]
        for handle in handles:
            await handle.result()
        bills.append(min([await bill_of(client, handle) for handle in handles], key=lambda bill: bill.events))
    plain, rich, returned = bills
    return plain, rich, returned


async def _compare(other: DbosStack, on_dbos: Refunding, rich: Bill) -> None:
    """Make sure that DBOS does what makewhole does: the same steps of the same names, in the same order."""
    done = await on_dbos.refund((await on_dbos.rich_orders(1))[0])
    await asyncio.sleep(1)  # the last step is noted after it is done
    async with await psycopg.AsyncConnection.connect(other.database_url) as books:
        steps = "select function_name from dbos.operation_outputs where workflow_uuid = %s order by function_id"
        rows = await (await books.execute(steps, [workflow_id(done.refund_id)])).fetchall()
    there, here = [name for (name,) in rows], [*rich.local, *rich.durable]
    if there != here:
        raise RuntimeError(f"DBOS did {there}, makewhole {here}")


async def _rounds(played: Sequence[Scene], wanted: int) -> list[dict[Key, Sample]]:
    for scene in to_warm_up(played):
        await measure(scene, min(_WARM, scene.count))
    rounds: list[dict[Key, Sample]] = []
    for number in range(wanted):
        rounds.append({})
        for scene in played:
            sample = rounds[-1][scene.key] = await measure(scene)
            said = f"round {number + 1}: {scene.name}, {scene.callers} callers: {sample.per_s:.1f}/s"
            print(said, file=sys.stderr, flush=True)
    return rounds


async def _count(stack: Stack, bills: tuple[Bill, Bill, Bill]) -> Counted:
    """Count statements at the end, as logging them all costs time."""
    async with open_http(stack.description.api_url) as http:
        counts = await count(stack, Api(http, stack.description.keys.merchant), warm=5, counted=10)
    return Counted(*bills, statements=medians(counts))


@asynccontextmanager
async def _floor_worker(known: StackDescription) -> AsyncIterator[None]:
    environment = {**os.environ, **known.temporal_variables, **known.payload_variables}
    command: tuple[Any, ...] = (sys.executable, "-m", "proof.bench.floor_worker")
    worker = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, env=environment)
    try:
        yield
    finally:
        assert worker.stdin is not None
        worker.stdin.close()
        await worker.wait()
