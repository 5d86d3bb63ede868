"""Statements that are built once say what they would say if they were built anew, and fail as SQLAlchemy's do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, DateTime, Executable, Select, Text, func, literal, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.at_once import at_once
from db.built import Built, Filled, built_once, one_of, typed
from db.driver import DependsOnValues
from db.engine import open_engine, snapshots
from db.schema import JSONB, audit_heads
from tools.stack.stack import Stack

_BUILT: list[str] = []


@built_once
def _together(up_to: int, *, word: Any, document: Any, moment: Any, numbers: Any) -> Select[Any]:
    _BUILT.append(f"up to {up_to}")
    some = select(func.generate_series(1, up_to, type_=BigInteger).label("n")).subquery()
    columns = typed(word, Text).label("word"), typed(document, JSONB).label("document")
    return select(some.c.n.label("n"), *columns, typed(moment, DateTime(timezone=True)).label("moment")).where(
        one_of(some.c.n, numbers), some.c.n.in_([1, 2, 3, 5, 8])
    )


@built_once
def _of_keeper(*, keeper: Any) -> Select[Any]:
    return select(audit_heads).where(audit_heads.c.merchant_id == keeper)


@built_once
def _slept(*, seconds: Any) -> Select[Any]:
    return select(func.pg_sleep(typed(seconds, BigInteger)))


def asked(number: int) -> Filled:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
    return _together(6, word=f"w{number}", document={"n": [number, None]}, moment=moment, numbers=[number, 8])


async def test_it_is_built_once_for_each_shape_and_filled_in_each_time(engine: AsyncEngine) -> None:
    _BUILT.clear()
    async with engine.connect() as connection:
        rows = [(await asked(number).on(connection)).all() for number in (1, 2, 4, 8)]
        other = await _together(9, word="w", document=None, moment=None, numbers=[5, 8]).on(connection)
        found = {row.n: (row.word, row.document, row.moment) for row in other}

    assert _BUILT == ["up to 6", "up to 9"]
    assert list(map(tuple, rows[0])) == [(1, "w1", {"n": [1, None]}, datetime(2026, 1, 2, tzinfo=UTC))]
    assert [[row.n for row in each] for each in rows] == [[1], [2], [], []]
    assert found == {5: ("w", None, None), 8: ("w", None, None)}


async def test_several_at_once_find_what_each_finds_alone_also_where_they_are_the_same(engine: AsyncEngine) -> None:
    async def found(connection: AsyncConnection, number: int) -> list[Any]:
        return [tuple(row) for row in await asked(number).on(connection)]

    async with engine.connect() as connection:
        alone = [await found(connection, number) for number in (1, 2, 3, 4)]
        for _ in range(2):
            async with at_once(connection) as reads:
                together = [reads.begin(found, number) for number in (1, 2, 3, 4)]
                new = reads.select(select(literal(5)))

            assert [each.result() for each in together] == alone
            assert new.result().scalar_one() == 5


@built_once
def _numbered(**numbers: Any) -> Select[Any]:
    return select(*(typed(number, BigInteger).label(name) for name, number in numbers.items()))


async def test_values_of_any_number_and_of_any_collection_are_one_parameter(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for some in ((1, 5), {1, 5}, [5, 1], dict.fromkeys((1, 5)), [1, 5, 1, 99]):
            found = await _together(9, word="w", document=None, moment=None, numbers=some).on(connection)
            assert {row.n for row in found} == {1, 5}
        assert not (await _together(9, word="w", document=None, moment=None, numbers=()).on(connection)).all()


async def test_one_may_be_a_part_of_another(engine: AsyncEngine) -> None:
    @built_once
    def beside(other: Built[Any], *, word: Any, **values: Any) -> Select[Any]:
        part = other.part(**values).cte("part")
        return select(typed(word, Text).label("word"), part)

    async with engine.connect() as connection:
        for number in (1, 2):
            part = _numbered(one=number, two=2 * number)
            row = (await beside(part.built, word="w", **part.named).on(connection)).one()
            assert tuple(row) == ("w", number, 2 * number)


async def test_a_list_that_would_change_the_statement_is_refused(engine: AsyncEngine) -> None:
    @built_once
    def within(*, keepers: Any) -> Executable:
        return select(audit_heads).where(audit_heads.c.merchant_id.in_(keepers))

    async with engine.connect() as connection:
        with pytest.raises(DependsOnValues):
            await within(keepers=["a"]).on(connection)


async def test_what_the_database_refuses_is_raised_as_by_sqlalchemy(stack: Stack) -> None:
    engine = open_engine(stack.description.owner_database_url, statement_s=2.0)
    try:
        async with engine.connect() as connection:
            with pytest.raises(OperationalError) as slow:
                await _slept(seconds=30).on(connection)
            await connection.rollback()
            same = (await connection.execute(text("select 1"))).scalar_one()
    finally:
        await engine.dispose()

    assert isinstance(slow.value.orig, psycopg.errors.QueryCanceled)
    assert same == 1


async def test_a_lost_connection_makes_room_for_another(engine: AsyncEngine) -> None:
    async with engine.connect() as lost, engine.connect() as other:
        number = (await lost.execute(text("select pg_backend_pid()"))).scalar_one()
        await other.execute(text("select pg_terminate_backend(:number, 60000)"), {"number": number})
        with pytest.raises(DBAPIError) as error:
            await _of_keeper(keeper="anyone").on(lost)
        assert error.value.connection_invalidated
        assert lost.invalidated
    async with engine.connect() as connection:
        assert (await _of_keeper(keeper="nobody").on(connection)).all() == []


async def test_one_that_is_called_off_leaves_its_connection_to_nobody(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        asking = asyncio.create_task(_slept(seconds=30).on(connection))
        await asyncio.sleep(0.2)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert connection.invalidated


async def test_what_only_read_keeps_its_prepared_statements(engine: AsyncEngine) -> None:
    known = text("select count(*) from pg_prepared_statements where statement like '%FROM audit_heads%'")
    async with snapshots(engine).connect() as connection:
        await _of_keeper(keeper="nobody").on(connection)
        number = (await connection.execute(text("select pg_backend_pid()"))).scalar_one()
    async with snapshots(engine).connect() as connection:
        assert (await connection.execute(text("select pg_backend_pid()"))).scalar_one() == number
        assert (await connection.execute(known)).scalar_one() >= 1


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_its_values_are_named_whatever_their_order(names: list[str]) -> None:
    @built_once
    def said(**values: Any) -> Executable:
        return select(*(typed(values[name], Text) for name in sorted(values)))

    one = said(**{name: name for name in names})
    other = said(**{name: name for name in reversed(names)})

    assert dict(one.values) == dict(other.values)
