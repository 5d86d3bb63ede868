"""What is personal is sealed for whom or what it is about, and for its column; what lay in clear is so afterwards."""

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table, make_url, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from db import customers, evidence, guests, journal, sealing, unsealed
from db import schema as t
from db.customers import Customer
from db.engine import open_engine
from db.migrate import upgrade
from db.schema.sealed import Sealed, SealedDocument, SealedText
from db.sealing import Misplaced, NoRing, Ring, Unsealed
from db.whose import of_merchant
from tests.db.test_rows import is_given, value
from tests.shop import IN_TIME_S
from tools.stack.stack import Stack

SAID = "planted words"

FIRST, SECOND = ({each: secrets.token_bytes(32)} for each in ("first", "second"))


@pytest.fixture
async def books(stack: Stack) -> AsyncIterator[AsyncEngine]:
    """A database of its own, as a version left it that sealed nothing: a row in each table, with words in clear."""
    owner = stack.description.owner_database_url
    name = f"sealed_{secrets.token_hex(4)}"
    url = make_url(owner).set(database=name).render_as_string(False)
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    upgrade(url)
    with psycopg.connect(url) as connection:
        connection.execute("set session_replication_role = replica")  # neither foreign keys nor triggers
        for table in unsealed.ABOUT:
            put(connection, table)
    engine = open_engine(url, pool_size=2)
    with sealing.using(Ring(FIRST)), of_merchant("m"):
        yield engine
    await engine.dispose()
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def put(connection: psycopg.Connection[Any], table: Table) -> None:
    columns = [each for each in table.c if is_given(each) and each.name != "sealed_contact"]
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in columns)
    places = sql.SQL(", ").join(sql.Placeholder() for _ in columns)
    insert = sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table.name), names, places)
    connection.execute(insert, [in_clear(each) for each in columns])


def in_clear(column: Any) -> Any:
    if column.name == "contact":
        return "+4915112345678"
    if not isinstance(column.type, Sealed):
        return value(column, "m")
    return SAID if isinstance(column.type, SealedText) else Jsonb(document(column.type))


def document(kind: SealedDocument) -> Any:
    """Words wherever they are sealed there, and what is not sealed beside them."""
    if kind.top:
        return {**{name: [[SAID, {"email": SAID}]] for name in kind.top}, "lines": [{"line_id": "l1"}]}
    said = {name: {SAID: SAID} if name == "metadata" else SAID for name in kind.only}
    names = said or {"said": SAID, **dict.fromkeys(kind.but, "r")}
    return {**names, "lines": [names]}


async def as_it_lies(books: AsyncEngine) -> str:
    async with books.connect() as connection:
        rows = [
            row
            for table in unsealed.ABOUT
            for row in await connection.scalars(text(f"select each::text from {table.name} each"))  # noqa: S608
        ]
    return "\n".join(rows)


async def as_it_reads(books: AsyncEngine) -> dict[str, list[Any]]:
    async with books.connect() as connection:
        return {
            table.name: list(map(tuple, (await connection.execute(select(table))).all())) for table in unsealed.ABOUT
        }


async def left(books: AsyncEngine, ring: Ring) -> int:
    return sum(each.found for each in await unsealed.count(books, ring))


def test_every_table_with_something_sealed_is_gone_through() -> None:
    assert set(unsealed.ABOUT) == {
        table for table in t.metadata.tables.values() if any(isinstance(each.type, Sealed) for each in table.c)
    }


async def test_what_lay_in_clear_is_read_as_ever_and_is_sealed_afterwards(books: AsyncEngine) -> None:
    ring = sealing.ring()
    assert ring is not None
    before = await as_it_reads(books)
    assert SAID in await as_it_lies(books) and await left(books, ring) == len(unsealed.ABOUT)

    await unsealed.seal(books, ring)

    there = await as_it_lies(books)
    assert (SAID in there, "+4915112345678" in there) == (False, False)
    assert await left(books, ring) == 0
    assert but_guests(await as_it_reads(books)) == but_guests(before)
    async with books.connect() as connection:
        assert await guests.contacts_of(connection, "m", "customer_id-m") == ["+4915112345678"]


def but_guests(read: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """All but a guest's contact, which is a mark by now."""
    return {table: rows for table, rows in read.items() if table != "guests"}


async def test_under_a_new_key_all_is_sealed_again_and_copies_of_before_say_nothing_without_the_old_one(
    books: AsyncEngine,
) -> None:
    await unsealed.seal(books, Ring(FIRST))
    older = await as_it_lies(books)
    both = Ring({**SECOND, **FIRST})
    with sealing.using(both):
        read = await as_it_reads(books)
        async with books.begin() as connection:
            assert set(await guests.stored(connection, "m", ["+4915112345678"])) == {"+4915112345678"}

        assert await left(books, both) == len(unsealed.ABOUT)
        await unsealed.seal(books, both)
        assert await left(books, both) == 0

    with sealing.using(Ring(SECOND)):
        assert but_guests(await as_it_reads(books)) == but_guests(read)
        with pytest.raises(NoRing, match="'first' is not among those of MAKEWHOLE_ENCRYPTION_KEYS"):
            sealing.opened(one_sealed(older), "refunds.note")


def one_sealed(dump: str) -> str:
    start = dump.index(f"{sealing.PREFIX}first|refund/")
    return dump[start : dump.index(",", start)]


async def test_without_its_key_it_is_not_read_and_nothing_of_it_is_lost(books: AsyncEngine) -> None:
    await unsealed.seal(books, Ring(FIRST))
    before = await as_it_lies(books)

    for other in (Ring(SECOND), None):
        with sealing.using(other), pytest.raises(NoRing, match="MAKEWHOLE_ENCRYPTION_KEYS"):
            await as_it_reads(books)
    with sealing.using(Ring(SECOND)), pytest.raises(NoRing):
        await unsealed.seal(books, Ring(SECOND))
    with sealing.using(Ring({"first": secrets.token_bytes(32)})), pytest.raises(Misplaced):
        await as_it_reads(books)

    assert await as_it_lies(books) == before
    assert SAID in str(await as_it_reads(books))


async def test_what_is_moved_to_another_refund_customer_or_column_is_refused(books: AsyncEngine) -> None:
    await unsealed.seal(books, Ring(FIRST))
    async with books.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))
        for table, key in ((t.refund_events, "refund_id"), (t.customers, "customer_id")):
            await connection.execute(update(table).values({key: "another"}))
        await connection.execute(text("update refund_evidence set refund_id = 'another'"))
    async with books.connect() as connection:
        with pytest.raises(Misplaced, match="refund/refund_id-m"):
            await journal.timeline(connection, "another")
        with pytest.raises(Misplaced, match="customer/m/customer_id-m"):
            await customers.find(connection, "m", "another")
        with pytest.raises(Misplaced):
            await evidence.of_refund(connection, "another")
    async with books.begin() as connection:
        await connection.execute(text("update customers set name = email"))
    async with books.connect() as connection:
        with pytest.raises(Misplaced, match=r"customers\.name holds what was not sealed for it"):
            await customers.find(connection, "m", "another")


async def test_no_program_writes_in_clear_what_is_personal(books: AsyncEngine) -> None:
    async with books.connect() as connection:
        with pytest.raises(Exception, match=r"customers\.name is written in clear") as refused:
            await connection.execute(update(t.customers).values(name=SAID))
        assert isinstance(refused.value.__cause__, Unsealed)
        with pytest.raises(Exception, match=r"customers\.metadata is written in clear"):
            await connection.execute(update(t.customers).values(metadata={"key": SAID}))
        await customers.put(connection, "m", Customer("new", name=SAID, metadata={"key": SAID}))
        known = await customers.find(connection, "m", "new")
        assert known is not None and (known.name, known.metadata) == (SAID, {"key": SAID})


async def test_a_command_counts_what_lies_in_clear_seals_it_and_says_that_nothing_is_left(books: AsyncEngine) -> None:
    ring = " ".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in FIRST.items())

    said = [db_command(task, books, MAKEWHOLE_ENCRYPTION_KEYS=ring) for task in ("unsealed", "seal", "unsealed")]

    assert [each.returncode for each in said] == [1, 0, 0]
    assert said[0].stdout.endswith(f"{len(unsealed.ABOUT)} rows are left that are not sealed under the newest key\n")
    assert "refunds: 1 rows, 0 sealed" in said[0].stdout and "refunds: 1 rows, 1 sealed" in said[1].stdout
    assert said[2].stdout == "0 rows are left that are not sealed under the newest key\n"
    assert SAID not in await as_it_lies(books)
    without = db_command("unsealed", books)
    assert without.returncode == 2 and "MAKEWHOLE_ENCRYPTION_KEYS is not set" in without.stderr


def db_command(task: str, books: AsyncEngine, **said: str) -> subprocess.CompletedProcess[str]:
    url = books.url.set(drivername="postgresql").render_as_string(False)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKEWHOLE_")}
    told = {**plain, "MAKEWHOLE_DATABASE_URL": url, **said}
    command = [sys.executable, "-m", "db", task]
    return subprocess.run(command, env=told, capture_output=True, text=True, timeout=IN_TIME_S, check=False)
