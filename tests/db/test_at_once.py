"""Readers that are asked at once find what each of them would find alone, in as few statements as they have turns."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    String,
    bindparam,
    func,
    literal,
    null,
    select,
    text,
    values,
)
from sqlalchemy import column as a_column
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import refund_runs
from db.at_once import at_once
from db.schema import JSONB, policies
from db.schema import refunds as stored

_MOMENTS = [
    datetime(2026, 11, 28, 17, 29, 26, 980_001, UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=8))),
]
_WORDS = ["", "it's", '"quoted" \\ and /', "退款 🎁", "a\nb\tc", "null", "[1]"]
_NUMBERS = [0, -1, 2**63 - 1, -(2**63)]
_DOCUMENTS: list[Any] = [{}, [], None, {"a": [1, 2.5, "x", None, True], "退": {"b": 10**20}}]


async def _all_kinds(connection: AsyncConnection) -> list[Any]:
    rows = [
        (n, _MOMENTS[n % 4], _WORDS[n % 7], _NUMBERS[n % 4], None if n % 3 else bool(n % 2), _DOCUMENTS[n % 4])
        for n in range(28)
    ]
    columns = a_column("n", BigInteger), a_column("at", DateTime(timezone=True)), a_column("word", String)
    more = a_column("number", BigInteger), a_column("yes", Boolean), a_column("document", JSONB)
    given = values(*columns, *more, name="given").data(rows)
    return [tuple(row) for row in await connection.execute(select(given).order_by(given.c.n.desc()))]


async def _counted(connection: AsyncConnection, up_to: int) -> int:
    series = select(func.generate_series(1, up_to, type_=BigInteger).label("n")).subquery()
    return int(await connection.scalar(select(func.sum(series.c.n))))


async def _nothing(connection: AsyncConnection) -> Any:
    return (await connection.execute(select(policies).where(policies.c.merchant_id == "nobody"))).one_or_none()


async def _one_after_another(connection: AsyncConnection, times: int) -> list[int]:
    return [await _counted(connection, each) for each in range(1, times + 1)]


async def _several_itself(connection: AsyncConnection) -> int:
    before = await _counted(connection, 1)
    async with at_once(connection) as reads:
        some = [reads.begin(_one_after_another, times) for times in (1, 3, 2)]
    return before + sum(sum(each.result()) for each in some) + await _counted(connection, 2)


async def test_each_finds_what_it_would_find_alone(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        alone = [
            await _all_kinds(connection),
            await _counted(connection, 10),
            await _nothing(connection),
            await _one_after_another(connection, 4),
            await _several_itself(connection),
        ]
        async with at_once(connection) as reads:
            together = [
                reads.begin(_all_kinds),
                reads.begin(_counted, 10),
                reads.begin(_nothing),
                reads.begin(_one_after_another, 4),
                reads.begin(_several_itself),
            ]

    assert [each.result() for each in together] == alone
    assert len(alone[0]) == 28


async def test_what_nobody_has_to_wait_for_is_one_statement(engine: AsyncEngine, tmp_path: Path) -> None:
    async with engine.connect() as connection:
        with _telling(connection, tmp_path / "sent") as sent:
            async with at_once(connection) as reads:
                reads.begin(_counted, 10)
                reads.begin(_nothing)
                reads.begin(_all_kinds)
            at_first = sent()
            async with at_once(connection) as reads:
                reads.begin(_one_after_another, 5)
                reads.begin(_several_itself)
            in_all = sent()

    assert at_first == 1
    assert in_all - at_first == 5


@contextmanager
def _telling(connection: AsyncConnection, path: Path) -> Iterator[Callable[[], int]]:
    """Count the statements that the connection sends, as libpq tells of them."""
    driver: Any = connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]
    with path.open("w") as told:
        driver.pgconn.trace(told.fileno())
        yield lambda: path.read_text().count("\tBind\t")
        driver.pgconn.untrace()


async def test_queries_of_one_shape_are_each_answered_by_their_own_values(engine: AsyncEngine) -> None:
    async def found_in(connection: AsyncConnection, *numbers: int) -> list[int]:
        known = select(literal(7).label("n")).subquery()
        query = select(known.c.n + literal(numbers[0])).where(known.c.n.in_(numbers)).limit(numbers[-1])
        return list((await connection.execute(query)).scalars())

    async def asked(connection: AsyncConnection, query: Any) -> Any:
        return await connection.scalar(query)

    ten, eleven, twelve = (select(literal(number).label("n")) for number in (10, 11, 12))
    found: list[Any] = []
    async with engine.connect() as connection:
        for numbers in ((1, 7, 5), (7, 2), (3, 4), (7, 7, 7, 1)):
            async with at_once(connection) as reads:
                some = [reads.begin(found_in, *numbers), reads.begin(found_in, 7, 1)]
            found.append([each.result() for each in some])
        for queries in ((ten, ten), (ten, eleven), (twelve, ten)):
            async with at_once(connection) as reads:
                others = [reads.begin(asked, query) for query in queries]
            found.append([each.result() for each in others])

    assert found == [[[8], [14]], [[14], [14]], [[], [14]], [[14], [14]], [10, 10], [10, 11], [12, 10]]


async def test_the_first_error_is_raised_and_nobody_is_left_waiting(engine: AsyncEngine) -> None:
    async def fails(connection: AsyncConnection, name: str) -> None:
        await _counted(connection, 1)
        raise LookupError(name)

    async def never_ends(_: AsyncConnection) -> None:
        await asyncio.Event().wait()

    async with engine.connect() as connection:
        with pytest.raises(LookupError, match="one"):
            async with at_once(connection) as reads:
                reads.begin(_one_after_another, 3)
                reads.begin(fails, "one")
                reads.begin(fails, "two")
        with pytest.raises(ZeroDivisionError):
            async with at_once(connection) as reads:
                left = reads.begin(never_ends)
                raise ZeroDivisionError
        assert left.cancelled()
        assert await _counted(connection, 3) == 6


async def test_what_postgres_refuses_is_everybodys_error(engine: AsyncEngine) -> None:
    async def divides(connection: AsyncConnection) -> None:
        await connection.execute(select(literal(1) / bindparam("by", 0)))

    async with engine.connect() as connection:
        with pytest.raises(Exception, match="division by zero"):
            async with at_once(connection) as reads:
                reads.begin(_counted, 1)
                reads.begin(divides)


async def test_what_locks_or_changes_rows_is_refused(engine: AsyncEngine) -> None:
    async def locks(connection: AsyncConnection) -> None:
        await connection.execute(select(stored).with_for_update())

    async with engine.connect() as connection:
        with pytest.raises(TypeError, match="only plain reads"):
            async with at_once(connection) as reads:
                reads.begin(locks)
        with pytest.raises(TypeError, match="only plain reads"):
            async with at_once(connection) as reads:
                reads.begin(refund_runs.confirm_started, "rf_1")


async def test_a_column_whose_type_nobody_knows_is_refused_instead_of_read_wrongly(engine: AsyncEngine) -> None:
    async def untyped(connection: AsyncConnection) -> None:
        await connection.execute(select(func.greatest(null(), text("now()"))))

    async with engine.connect() as connection:
        with pytest.raises(TypeError, match="name its type"):
            async with at_once(connection) as reads:
                reads.begin(_counted, 1)
                reads.begin(untyped)
