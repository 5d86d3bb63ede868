"""`make load ORDERS=1000000`: fill a stack's database as two years of fifty merchants would, in minutes.

Every kind of refund is made once through the API, on the stack of MAKEWHOLE_HOME; then its rows are copied by SQL under
other names, numbers and days. It is done when the books balance, both sides' books agree, and each refund that is not
over has its workflow. `make up` and the measurements are started on the same directory afterwards. The last line is one
JSON object.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from db import journal
from db.engine import open_engine, snapshots
from db.sealing import opened
from gateways import registry
from settings import StackSettings
from tools.client import open_http
from tools.load import originals
from tools.load.checks import differences
from tools.load.copying import Original, copy
from tools.load.crowd import DAYS, MERCHANTS, WHALE, Share, count, draw
from tools.load.originals import AS_USUAL, OF_ANYBODY, OPEN, Case, Scene
from tools.load.rows import NotEmpty, give_large_numbers, names_of, refuse_what_is_filled, rows_of, wait_until_quiet
from tools.load.trail import chain, open_trail
from tools.stack import StackError
from tools.stack.keys import MERCHANT_ID
from tools.stack.stack import Stack, StackDescription
from tools.stack.temporal_client import connect
from upkeep import standings
from upkeep.missing import find_lost
from upkeep.reconciler import Reconciler

REFUNDED_BP = 1_000
_OPEN_OF_A_STATUS_BP = 5
_BULK = "-c session_replication_role=replica -c work_mem=64MB -c maintenance_work_mem=256MB"
"""No trigger fires while rows are copied that it has looked at before; `checks.py` looks at all of them afterwards."""


class NotWhole(Exception):
    """The loaded database is not what it must be."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools load")
    parser.add_argument("--orders", type=int, default=100_000, help="at least 1,000")
    parser.add_argument("--refunded-bp", type=int, default=REFUNDED_BP, help="of 10,000 orders so many are refunded")
    wanted = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)  # that open refunds have no workflow yet is no news here
    try:
        with Stack(StackSettings.from_environment()) as stack:
            figures = load(stack.description, max(wanted.orders, 1_000), wanted.refunded_bp)
    except (NotEmpty, NotWhole, StackError) as refused:
        print(f"not loaded: {refused}", file=sys.stderr)
        return 1
    print(json.dumps(figures))
    return 0


def load(
    stack: StackDescription,
    orders: int,
    refunded_bp: int = REFUNDED_BP,
    weights: Mapping[Scene, int] = AS_USUAL,
    days: int = DAYS,
) -> dict[str, Any]:
    """Load so many orders of so many days into a running stack, and refunds of some.

    `weights` say how the refunds that are over are spread over their kinds. Raises NotEmpty, and NotWhole where the
    books do not balance.
    """
    began = time.monotonic()
    with psycopg.connect(stack.owner_database_url) as database:
        refuse_what_is_filled(database)
        give_large_numbers(database)
    cases = asyncio.run(_play(stack))
    _say(f"{len(cases)} originals are made", began)
    shares = _shares(cases, orders, orders * refunded_bp // 10_000, weights)
    whale = _copy_all(stack.owner_database_url, cases, shares, days, began)
    asyncio.run(_settle(stack))
    _say("refunds that are not over have their workflows", began)
    return {**_counted(stack.owner_database_url), "whale_orders": whale, "seconds": round(time.monotonic() - began, 1)}


async def _play(stack: StackDescription) -> Mapping[Scene, Case]:
    async with open_http(stack.api_url) as http:
        return await originals.play(stack.keys.staff(http))


def _shares(cases: Mapping[Scene, Case], orders: int, refunded: int, weights: Mapping[Scene, int]) -> dict[str, Share]:
    """Say how often each case is copied; what is neither refunded nor open is only sold."""
    each_open = max(2, refunded * _OPEN_OF_A_STATUS_BP // 10_000)
    shares = {cases[scene].name: Share(each_open, is_open=True, is_of_anybody=False) for scene in OPEN}
    for scene, weight in weights.items():
        count = max(2, refunded * weight // sum(weights.values()))
        shares[cases[scene].name] = Share(count, is_open=False, is_of_anybody=scene in OF_ANYBODY)
    rest = max(1, orders - sum(each.count for each in shares.values()))
    return {**shares, cases[originals.sold].name: Share(rest, is_open=False, is_of_anybody=True)}


def _copy_all(
    database_url: str, cases: Mapping[Scene, Case], shares: Mapping[str, Share], days: int, began: float
) -> int:
    with psycopg.connect(database_url, options=_BULK) as database, psycopg.connect(database_url) as writing:
        wait_until_quiet(database)
        # By which channels they leave was decided long ago; else the worker would decide it for all copies now.
        database.execute("update messages set planned_at = at where planned_at is null")
        names = {case.name: names_of(database, case.name) for case in cases.values()}
        rows = rows_of(database, names)
        whale = draw(database, shares, MERCHANT_ID, cases[originals.sold].name, days)
        open_trail(database)
        for case in cases.values():
            share = shares[case.name]
            customer_id = case.customer_id if share.is_of_anybody else None
            whole = Original(case.name, MERCHANT_ID, rows[case.name], frozenset(names[case.name]), customer_id)
            copy(database, whole, share.count)
        count(
            database, [name for name, share in shares.items() if share.is_of_anybody], MERCHANT_ID, originals.CUSTOMER
        )
        _say("rows are copied", began)
        chain(database, writing)
        _say("the audit trail is chained", began)
        database.commit()
        _say("committed", began)
        wrong = differences(database)
        _say("the books are checked", began)
    if wrong:
        raise NotWhole(json.dumps(wrong))
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("vacuum (analyze)")
        database.execute("checkpoint")
    _say("vacuumed and analyzed", began)
    return whale


async def _settle(stack: StackDescription) -> None:
    """Give each refund that is not over its workflow, and compare all books with the provider's."""
    engine = open_engine(stack.owner_database_url, pool_size=10)
    client = await connect(stack)
    reconciler = Reconciler(client, engine, registry.open_named(engine, ("sandbox",)))
    while not await reconciler.reconcile() or await find_lost(client, engine):  # noqa: ASYNC110
        await asyncio.sleep(1.0)
    await standings.compare(engine, MERCHANT_ID, WHALE)
    await _refuse_differences(engine)
    await engine.dispose()


async def _refuse_differences(engine: AsyncEngine) -> None:
    async with snapshots(engine).connect() as connection:
        broken = await journal.first_broken_link(connection, MERCHANT_ID)
    if broken is not None:
        raise NotWhole(f"the audit trail of {MERCHANT_ID} does not fit at {broken}")


_DIFFERS = ("The books differ", "The standing of")


def _counted(database_url: str) -> dict[str, Any]:
    with psycopg.connect(database_url) as database:
        statuses = database.execute("select status, count(*) from refunds group by 1 order by 2 desc").fetchall()
        tables = ("orders", "customers", "payouts", "postings", "messages", "audit_entries")
        counts = {table: database.execute(f"select count(*) from {table}").fetchall()[0][0] for table in tables}  # noqa: S608
        told = database.execute("select body from messages where recipient is null").fetchall()
        size = database.execute("select pg_database_size(current_database()) / 1000000").fetchall()[0][0]
    differing = sum(opened(body, "messages.body").startswith(_DIFFERS) for (body,) in told)
    by_status: dict[str, int] = dict(statuses)
    of_books = {"merchants": MERCHANTS, "books_differ": differing, "megabytes": size}
    return {**counts, "refunds": sum(by_status.values()), "by_status": by_status, **of_books}


def _say(what: str, began: float) -> None:
    print(f"{time.monotonic() - began:7.1f} s  {what}", file=sys.stderr, flush=True)
