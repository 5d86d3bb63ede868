"""Row-level security: of another merchant a transaction sees nothing, whatever is asked, and without a word nothing."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Identity, LargeBinary, Table, Text, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from db.migrate import upgrade
from db.schema import metadata
from tools.stack.stack import Stack

OF_NOBODY = {
    "alembic_version": "which migrations were made",
    "keeper_rounds": "when upkeep last came round",
    "watermarks": "how far upkeep has looked",
    "rate_counts": "how often who did what, counted before it is known who they are",
    "webhooks": "what senders posted, each by its name: one who is open to all may speak of any merchant, and behind a "
    "policy no index by a field of a body would be used",
}
"""Tables without a policy, each with what is in it, or why."""

PROTECTED = sorted(metadata.tables.keys() - OF_NOBODY)


@pytest.fixture(scope="module")
def books(stack: Stack) -> Iterator[tuple[str, str]]:
    """A database of its own, as its owner and as the application have it: in each table a row of a, and one of b."""
    addresses = stack.description.owner_database_url, stack.description.database_url
    name = f"rows_{secrets.token_hex(4)}"
    owner, programs = (make_url(url).set(database=name).render_as_string(False) for url in addresses)
    with psycopg.connect(addresses[0], autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        upgrade(owner, programs)
        with psycopg.connect(owner) as connection:
            connection.execute("set session_replication_role = replica")  # neither foreign keys nor triggers
            for table in PROTECTED:
                for merchant in ("a", "b"):
                    put(connection, table, merchant)
        yield owner, programs
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def put(connection: psycopg.Connection[Any], table: str, merchant: str) -> None:
    columns = [each for each in metadata.tables[table].c if is_given(each)]
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in columns)
    places = sql.SQL(", ").join(sql.Placeholder() for _ in columns)
    insert = sql.SQL("insert into {} ({}) values ({})").format(sql.Identifier(table), names, places)
    connection.execute(insert, [value(each, merchant) for each in columns])


def is_given(column: Column[Any]) -> bool:
    return not isinstance(column.server_default, Identity) and column.name != "rate_bp"  # of a coupon, or an amount


def value(column: Column[Any], merchant: str) -> Any:
    """What a merchant has there: texts name it, and what belongs together is named alike."""
    if column.name == "merchant_id":
        return merchant
    kinds: list[tuple[Any, Any]] = [
        (ARRAY, []),
        (JSONB, "{}"),
        (Text, f"{column.name}-{merchant}"),
        (Boolean, True),
        (DateTime, datetime(2026, 11, 1, tzinfo=UTC)),
        (Date, datetime(2026, 11, 1, tzinfo=UTC).date()),
        (LargeBinary, f"{column.name}-{merchant}".encode()),
    ]
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return next((given for kind, given in kinds if isinstance(plain, kind)), 1)


@pytest.fixture
def application(books: tuple[str, str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(books[1]) as connection:
        yield connection


def seen(connection: psycopg.Connection[Any], table: str) -> set[str]:
    """Whose rows of a table are seen."""
    query = sql.SQL("select to_jsonb({0}) from {0}").format(sql.Identifier(table))
    return {whose(row[0]) for row in connection.execute(query)}


def whose(row: dict[str, Any]) -> str:
    return str(row.get("merchant_id") or row.get("refund_id") or row["event_id"]).rpartition("-")[2]


def of_each(*merchants: str) -> dict[str, set[str]]:
    return {table: set(merchants) for table in PROTECTED}


def named(table: Table) -> str:
    return next(name for name in ("merchant_id", "refund_id", "event_id") if name in table.c)


def test_every_table_has_the_policy_or_is_known_to_hold_nothing_of_one_merchant(
    application: psycopg.Connection[Any],
) -> None:
    tables = application.execute(
        "select relname, relrowsecurity from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
    ).fetchall()
    policies = application.execute("select tablename, cmd, permissive, qual, with_check from pg_policies").fetchall()

    assert {name for name, has_some in tables if not has_some} == OF_NOBODY.keys()
    assert sorted(name for name, *_ in policies) == PROTECTED
    for table, command, permissive, qual, with_check in policies:
        assert (command, permissive, with_check) == ("ALL", "PERMISSIVE", None), table
        assert qual.startswith("\nCASE current_setting('makewhole.merchant'::text, true)\n    WHEN '*'::text"), table


def test_nobody_sees_anything_unless_it_is_said_whose_rows(application: psycopg.Connection[Any]) -> None:
    unsaid = {table: seen(application, table) for table in PROTECTED}
    said = {}
    for whose_rows in ("", "a", "*", "c"):
        application.rollback()
        application.execute("select set_config('makewhole.merchant', %s, true)", [whose_rows])
        said[whose_rows] = {table: seen(application, table) for table in PROTECTED}
    application.rollback()  # from here on the session has it as empty, no longer as unknown
    afterwards = {table: seen(application, table) for table in PROTECTED}

    nothing = of_each()
    assert unsaid == nothing == afterwards == said[""] == said["c"]
    assert said["a"] == of_each("a")
    assert said["*"] == of_each("a", "b")


@pytest.mark.parametrize("table", PROTECTED)
def test_nothing_of_another_merchant_is_changed_deleted_or_added(
    application: psycopg.Connection[Any], table: str
) -> None:
    application.execute("set local makewhole.merchant = 'a'")
    name = sql.Identifier(named(metadata.tables[table]))
    theirs = "b" if named(metadata.tables[table]) == "merchant_id" else f"{named(metadata.tables[table])}-b"
    for deed in ("update {0} set {1} = {1} where {1} = %s", "delete from {0} where {1} = %s"):
        with suppress(InsufficientPrivilege), application.transaction():  # some tables are only added to
            assert application.execute(sql.SQL(deed).format(sql.Identifier(table), name), [theirs]).rowcount == 0, deed
    with pytest.raises(InsufficientPrivilege, match="row-level security policy"), application.transaction():
        put(application, table, "b")


def test_the_rows_are_there_all_the_same(books: tuple[str, str]) -> None:
    with psycopg.connect(books[0]) as owner:
        assert {table: seen(owner, table) for table in PROTECTED} == of_each("a", "b")


def test_functions_with_their_owners_rights_are_known_and_show_what_the_policies_do(
    application: psycopg.Connection[Any], books: tuple[str, str]
) -> None:
    theirs = application.execute(
        "select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace order by proname"
    )
    assert [row[0] for row in theirs] == ["erase_personal_data", "forget_messages", "orders_charged_as"]
    with psycopg.connect(books[0]) as owner:
        owner.execute('update orders set snapshot = \'{"payments": [{"gateway_ref": "ch"}]}\'')
    found = {}
    for whose_rows in ("", "a", "*"):
        application.rollback()
        application.execute("select set_config('makewhole.merchant', %s, true)", [whose_rows])
        orders = application.execute("select merchant_id from orders_charged_as(array['ch', 'other'])")
        found[whose_rows] = {row[0] for row in orders}
    assert found == {"": set(), "a": {"a"}, "*": {"a", "b"}}
