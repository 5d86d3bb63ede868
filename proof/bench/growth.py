"""`python -m proof.bench growth`: how much longer do statements take with a year of rows, and is a table read whole?

A year is loaded by SQL, with what merchants' systems were told of it. Then refunds, quotes and looks run on that stack
and on one with an empty database, in rounds that interleave them; each server logs how long every statement took. Then
what is over is archived. The year is kept where MAKEWHOLE_HOME names a directory. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from db.archives import Archived
from db.engine import open_engine
from db.whose import Everyones, of_everyone, required
from gateways.files.folder import Folder
from gateways.files.shelves import ARCHIVES
from proof.bench.beside import Running, started
from proof.bench.completions import Completions
from proof.bench.looking import ENDPOINT, Looking, system_of_the_merchant
from proof.bench.server_log import logged
from proof.bench.summary import percentile
from settings import StackSettings
from tools.fresh_home import fresh_home
from tools.load.main import REFUNDED_BP, load
from tools.load.rows import NotEmpty
from tools.load.table_reads import TableReads, forget_reads, reads
from tools.stack.data_dir import DataDir
from tools.stack.postgres import owner_address
from tools.stack.stack import DESCRIPTION, Stack
from upkeep.archiving import Archive

_ROWS_OF_AN_ORDER = 13
_DAYS = 365
_HOT = 100
"""A statement that ran so often on each side is hot, and its 99th of a hundred is one that was."""

_KEPT = timedelta(days=30)
_WARM = 20
_TELLS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_BULK = "-c session_replication_role=replica"
_TOLD = """
insert into webhook_events (merchant_id, refund_id, order_id, sequence, type, status, message, at)
select merchant_id, refund_id, order_id, sequence, 'refund.updated', status, '', at
from refund_events join refunds using (refund_id);
insert into webhook_deliveries
    (event_id, merchant_id, endpoint_id, refund_id, sequence, status, attempts, next_at, since)
select event_id, merchant_id, {endpoint}, refund_id, sequence, 'delivered', 1, at, at from webhook_events;
insert into webhook_attempts (event_id, endpoint_id, url, at, duration_ms, status_code, answer)
select event_id, {endpoint}, 'https://erp.example/refunds', at, 20, 200, '' from webhook_events
"""
_ROWS = "select coalesce(sum(reltuples), 0)::bigint from pg_class where relkind = 'r' and relnamespace = any(%s)"
_OURS = "array['public'::regnamespace, 'sandbox'::regnamespace]"

Times = Mapping[str, Sequence[float]]
"""By statement, how many milliseconds each time took."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench growth")
    parser.add_argument("--rows", type=int, default=10_000_000, help="about so many; what was loaded is told")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--refunds", type=int, default=60, help="in each round, on each side")
    wanted = parser.parse_args(arguments)
    with (
        _year(wanted.rows) as (home, loaded),
        fresh_home(_without_a_home()) as empty,
        started(home) as full,
        started(empty.home) as fresh,
    ):
        sides = {fresh: DataDir(empty.home), full: DataDir(home)}
        told = asyncio.run(_measured(sides, wanted.rounds, wanted.refunds))
    print(json.dumps({**loaded, **told, "load": round(os.getloadavg()[0], 1)}))
    return 0


def _without_a_home() -> StackSettings:
    """Settings of which a new directory is made, whatever MAKEWHOLE_HOME names."""
    return StackSettings.from_environment({**os.environ, "MAKEWHOLE_HOME": ""})


@contextmanager
def _year(rows: int) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A home with about so many rows, loaded where it is not yet, and what is in it."""
    with fresh_home(StackSettings.from_environment()) as settings:
        began = time.monotonic()
        with Stack(settings) as stack:
            url = stack.description.owner_database_url
            try:
                load(stack.description, rows // _ROWS_OF_AN_ORDER, REFUNDED_BP, days=_DAYS)
                _tell(url)
            except NotEmpty:
                print("the year is there already", file=sys.stderr)
            loaded = {**_counted(url), "load_seconds": round(time.monotonic() - began, 1)}
        yield settings.home, loaded


def _tell(database_url: str) -> None:
    """Write what the systems of merchants were told of all that happened: an event, whom, and what was answered."""
    with psycopg.connect(database_url, autocommit=True, options=_BULK) as database:
        for statement in _TOLD.replace("{endpoint}", f"'{ENDPOINT}'").split(";"):
            database.execute(statement.encode())
        database.execute("vacuum (analyze)")
        database.execute("checkpoint")


def _counted(database_url: str) -> dict[str, int]:
    with psycopg.connect(database_url) as database:
        rows = database.execute(_ROWS.replace("%s", _OURS).encode()).fetchall()[0][0]
        size = database.execute("select pg_database_size(current_database()) / 1000000").fetchall()[0][0]
    return {"rows": rows, "megabytes": size}


async def _measured(sides: Mapping[Running, DataDir], rounds: int, refunds: int) -> dict[str, Any]:
    fresh, full = sides
    books = open_engine(full.owner_database_url, pool_size=2, ping_after_s=0.0)
    times: dict[Running, dict[str, list[float]]] = {fresh: defaultdict(list), full: defaultdict(list)}
    async with AsyncExitStack() as opened:
        looking = {
            side: Looking(side, await opened.enter_async_context(Completions(side.owner_database_url)))
            for side in (fresh, full)
        }
        system = await opened.enter_async_context(system_of_the_merchant())
        for side in (fresh, full):
            await looking[side].open(system)
            await looking[side].play(_WARM)
        await _reset(full)
        for number in range(rounds):
            for side in (fresh, full) if number % 2 else (full, fresh):
                async with logged(side.owner_database_url, sides[side].logs / "postgres.log") as log:
                    await looking[side].play(refunds)
                    for statement, took_ms in await log.times():
                        times[side][statement].append(took_ms)
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    hot = compared(times[fresh], times[full])
    whole = [str(each) for each in await reads(books) if _is_whole(each)]
    await forget_reads(books)
    archived = await _archived(sides[full])
    archived["sequential_scans"] = [str(each) for each in await reads(books) if _is_whole(each)]
    await books.dispose()
    print(table(hot))
    return {**figures(hot), "sequential_scans": whole, "archived": archived}


async def _reset(full: Running) -> None:
    """What warmed everything up is not counted; connections go on."""
    async with await psycopg.AsyncConnection.connect(full.owner_database_url, autocommit=True) as books:
        await asyncio.sleep(2)
        await books.execute("select pg_stat_reset()")


def _is_whole(table: TableReads) -> bool:
    return not table.is_small and table.scans > 0


async def _archived(home: DataDir) -> dict[str, Any]:
    """A keeper's round, as a worker does it."""
    database_url = json.loads(home.read(DESCRIPTION) or "")["database_url"]
    engine, began = required(open_engine(database_url, pool_size=3)), time.monotonic()
    with tempfile.TemporaryDirectory() as directory, of_everyone(Everyones.KEEPERS):
        folder = Path(directory) / "archives"
        await Archive(engine, Folder(folder, ARCHIVES)).take(Archived.WEBHOOK_EVENTS, _KEPT)
        files = [file.stat().st_size for file in folder.rglob("*.gz")]
    await engine.dispose()
    with psycopg.connect(owner_address(home, database_url)) as books:
        lines = books.execute("select coalesce(sum(lines), 0) from archives").fetchall()[0][0]
    kilobytes = sum(files) // 1_000
    return {
        "lines": int(lines),
        "files": len(files),
        "kilobytes": kilobytes,
        "seconds": round(time.monotonic() - began, 1),
    }


# What the figures are


@dataclass(frozen=True, slots=True)
class Compared:
    """A hot statement on both sides, in milliseconds."""

    statement: str
    empty: Sequence[float]
    full: Sequence[float]

    @property
    def p99_ratio(self) -> float:
        return percentile(self.full, 0.99) / percentile(self.empty, 0.99)


def compared(empty: Times, full: Times) -> list[Compared]:
    """Pair what is hot on both sides, what took the longest in all first."""
    asked = [each for each in full if each.lstrip("( ").startswith(_TELLS) and "sandbox." not in each]
    hot = [each for each in asked if min(len(full[each]), len(empty.get(each, ()))) >= _HOT]
    return sorted((Compared(each, empty[each], full[each]) for each in hot), key=lambda each: -sum(each.full))


def figures(hot: Sequence[Compared]) -> dict[str, Any]:
    """Of all hot statements together, and of those that took more than half longer by themselves."""
    sides = {
        "empty": [took for each in hot for took in each.empty],
        "full": [took for each in hot for took in each.full],
    }
    p50, p99 = ({side: round(percentile(took, part), 3) for side, took in sides.items()} for part in (0.5, 0.99))
    return {
        "hot_statements": len(hot),
        "executions": {side: len(took) for side, took in sides.items()},
        **{"p50_ms": p50, "p99_ms": p99, "p99_ratio": round(p99["full"] / p99["empty"], 2)},
        "p99_ratio_of_the_median_statement": round(percentile([each.p99_ratio for each in hot], 0.5), 2),
        "slower_by_half": [
            {
                **{"statement": _short(each.statement), "p50_ms": _at(each, 0.5), "p99_ms": _at(each, 0.99)},
                "ratio": round(each.p99_ratio, 2),
            }
            for each in hot
            if each.p99_ratio > 1.5
        ],
    }


def table(hot: Sequence[Compared], most: int = 25) -> str:
    lines = ["executions    p50 empty    p50 full   p99 empty    p99 full   ratio  statement (ms)"]
    for each in hot[:most]:
        took = "".join(f"{ms:12.3f}" for ms in (*_at(each, 0.5), *_at(each, 0.99)))
        lines.append(f"{len(each.full):10}{took}{each.p99_ratio:8.2f}  {_short(each.statement)}")
    return "\n".join(lines)


def _at(each: Compared, part: float) -> list[float]:
    return [round(percentile(side, part), 3) for side in (each.empty, each.full)]


def _short(statement: str) -> str:
    return " ".join(statement.split())[:110]
