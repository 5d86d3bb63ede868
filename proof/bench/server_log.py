"""What one refund sends to Postgres, read from the server's own log: every statement of every transaction."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tools.stack.stack import Stack

_LINE = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (LOG|DETAIL):  (.*)$", re.DOTALL)
_STEP = re.compile(r"duration: ([\d.]+) ms  (parse|bind|execute|statement)\b[^:]*: (.*)$", re.DOTALL)
_OF_A_MERCHANT = re.compile(r"makewhole\.merchant = '[^*']")
_BEGINS = re.compile(r"^\d{4}-\d\d-\d\d ")
_SENDS = ("execute", "statement")
_SETTLES_S = 1.0


@dataclass(slots=True)
class Transaction:
    """What one connection sent from BEGIN to its end; `parses` are statements that it had parsed before."""

    statements: list[str] = field(default_factory=list)
    parses: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)

    def is_about(self, *ids: str) -> bool:
        """Whether one of these ids was handed over, and not to the sandbox, which is no part of makewhole."""
        is_named = any(id_ in parameters for parameters in self.parameters for id_ in ids)
        return is_named and not any("sandbox." in statement for statement in self.statements)

    @property
    def is_of_a_merchant(self) -> bool:
        """Whether it sees the rows of one merchant alone."""
        return _OF_A_MERCHANT.search(self.statements[0]) is not None

    @property
    def makes_a_refund(self) -> bool:
        return any(statement.startswith("INSERT INTO refunds ") for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Counts:
    """What one refund costs Postgres, BEGIN and COMMIT counted; `post` is its share of the request for it.

    `of_everyone` are transactions that see more than its merchant's rows, which none needs.
    """

    statements: int
    transactions: int
    parses: int
    post_statements: int
    post_transactions: int
    of_everyone: int

    @classmethod
    def of(cls, transactions: list[Transaction]) -> "Counts":
        posted = [each for each in transactions if each.makes_a_refund]
        return cls(
            sum(len(each.statements) for each in transactions),
            len(transactions),
            sum(len(each.parses) for each in transactions),
            sum(len(each.statements) for each in posted),
            len(posted),
            sum(not each.is_of_a_merchant for each in transactions),
        )


@asynccontextmanager
async def everything_logged(stack: Stack) -> AsyncIterator["ServerLog"]:
    """Have Postgres log every statement within the block."""
    async with logged(stack.description.owner_database_url, stack.home.logs / "postgres.log") as log:
        yield log


@asynccontextmanager
async def logged(owner_database_url: str, path: Path) -> AsyncIterator["ServerLog"]:
    """Likewise the Postgres whose owner and whose log these are."""
    with psycopg.connect(owner_database_url, autocommit=True) as books:
        _log_above(books, "0")
        try:
            await asyncio.sleep(_SETTLES_S)
            yield ServerLog(path)
        finally:
            _log_above(books, "-1")


class ServerLog:
    """The log from here on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size
        self._parsed: set[tuple[str, str]] = set()

    async def transactions(self) -> list[Transaction]:
        """Return what ended since the last time, once it is written."""
        return list(_transactions(await self._written(), self._parsed))

    async def times(self) -> list[tuple[str, float]]:
        """Return each statement that was executed since the last time, and how many milliseconds that took."""
        return list(_times(await self._written()))

    async def statements_of(self, processes: Collection[int]) -> list[str]:
        """Return each statement that these connections have sent since the last time, by PostgreSQL's own pids."""
        theirs = [said for process, _, said in _entries(await self._written()) if int(process) in processes]
        steps = (_STEP.match(said) for said in theirs)
        return [step[3].strip() for step in steps if step and step[2] in _SENDS]

    async def _written(self) -> str:
        await asyncio.sleep(_SETTLES_S)
        with self._path.open("rb") as log:
            log.seek(self._from)
            written = log.read()
        self._from += len(written)
        return written.decode(errors="replace")


def _transactions(written: str, parsed: set[tuple[str, str]]) -> Iterator[Transaction]:
    """Tell them one after the other; `parsed` is what each connection has parsed so far.

    Which connection does something is a matter of time, and each parses a statement once: only the second time counts.
    """
    going_on: dict[str, Transaction] = {}
    for process, kind, said in _entries(written):
        if kind == "DETAIL":
            if process in going_on:
                going_on[process].parameters.append(said)
            continue
        step = _STEP.match(said)
        if step is None:
            continue
        phase, statement = step[2], step[3].strip()
        known = going_on.setdefault(process, Transaction())
        if phase == "parse":
            if (process, statement) in parsed:
                known.parses.append(statement)
            parsed.add((process, statement))
        elif phase in _SENDS:
            known.statements.append(statement)
            if statement.startswith(("COMMIT", "ROLLBACK")):
                yield going_on.pop(process)


def _times(written: str) -> Iterator[tuple[str, float]]:
    """To plan is to bind; to parse is done once by each connection, and is not counted."""
    bound: dict[str, float] = {}
    for process, kind, said in _entries(written):
        step = _STEP.match(said) if kind == "LOG" else None
        if step is None:
            continue
        took_ms, phase, statement = float(step[1]), step[2], step[3].strip()
        if phase == "bind":
            bound[process] = took_ms
        elif phase in ("execute", "statement"):
            yield statement, took_ms + bound.pop(process, 0.0)


def _entries(written: str) -> Iterator[tuple[str, str, str]]:
    """Read the log entry by entry: process, kind, and what it says, which may have many lines."""
    entry = ""
    for line in [*written.splitlines(), "2000-01-01 "]:
        if not _BEGINS.match(line):
            entry += "\n" + line
            continue
        if found := _LINE.match(entry):
            yield found[1], found[2], found[3]
        entry = line


def _log_above(books: psycopg.Connection[Any], milliseconds: str) -> None:
    books.execute(f"alter system set log_min_duration_statement = {milliseconds}".encode())
    books.execute("select pg_reload_conf()")
