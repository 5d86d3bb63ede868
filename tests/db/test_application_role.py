"""The role that the programs connect as: what it may do with each table, and what it can't undo (rule 39)."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine, make_url

from db import journal
from db.application_role import TooPowerful, excess_of, refuse_excess, warn_of_excess
from db.engine import open_engine, psycopg_url
from db.migrate import upgrade
from db.schema import metadata
from db.whose import of_merchant
from domain.audit_actions import AuditAction
from gateways.sandbox import books
from settings import Settings
from tests.shop import Shop
from tools.stack.stack import Stack

ADDED_TO = (
    *(
        "audit_blocks",
        "audit_checkpoints",
        "audit_entries",
        "audit_texts",
        "audit_time_stamps",
        "ended_payout_keys",
        "foreign_refunds",
    ),
    *("ledger_entries", "merchant_reasons", "messages"),
    *("order_versions", "policies", "postings", "refund_events", "refund_evidence", "webhook_attempts"),
)
CHANGED = (
    *(
        "archives",
        "audit_counts",
        "audit_heads",
        "bank_accounts",
        "campaign_rewards",
        "campaigns",
        "compared_books",
        "coupons",
    ),
    *(
        "carrier_accounts",
        "customers",
        "deliveries",
        "entitlement_systems",
        "erasures",
        "gateway_accounts",
        "guests",
        "holds",
        "keeper_rounds",
        "order_grants",
        "orders",
        "points_lots",
        "preferences",
        "settlement_lines",
        "staff_people",
    ),
    *(
        "points_spends",
        "refund_claims",
        "refunds",
        "return_labels",
        "risk_alerts",
        "suspensions",
        "test_clocks",
        "watermarks",
        "webhook_deliveries",
    ),
)
DELETED_FROM = (
    *("api_keys", "bulk_lines", "bulks"),
    *("campaign_standings", "coupon_counts", "coupon_uses", "exclusive_uses", "idempotency_keys"),
    *("identity_codes", "identity_sessions", "passkey_challenges", "passkeys", "rate_counts", "review_assignments"),
    *("identity_providers", "sign_ins", "staff_sessions"),
    *(
        "payment_instruments",
        "payouts",
        "picture_looks",
        "pictures",
        "refund_marks",
        "steps",
        "stray_disputes",
        "webhook_endpoints",
        "webhook_events",
    ),
    *(
        "settlement_differences",
        "settlement_report_parts",
        "settlement_reports",
        "webhook_secrets",
        "webhooks",
        "words",
    ),
)
RIGHTS = {
    **{table: {"select", "insert"} for table in ADDED_TO},
    **{table: {"select", "insert", "update"} for table in CHANGED},
    **{table: {"select", "insert", "update", "delete"} for table in DELETED_FROM},
    "keyed_words": {"select", "insert", "delete"},
    "alembic_version": {"select"},
}
EVERY_RIGHT = ("select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain")


@pytest.fixture
def application(stack: Stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.description.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def another(stack: Stack) -> Iterator[tuple[str, str]]:
    """A database of its own, as its owner and as the application have it."""
    addresses = stack.description.owner_database_url, stack.description.database_url
    with psycopg.connect(addresses[0], autocommit=True) as server:
        server.execute("create database another")
        owner, programs = (make_url(url).set(database="another").render_as_string(False) for url in addresses)
        yield owner, programs
        server.execute("drop database another with (force)")


def rights(connection: psycopg.Connection, table: str) -> set[str]:
    query = "select has_table_privilege(%s, %s)"
    return {right for right in EVERY_RIGHT if (connection.execute(query, [table, right]).fetchone() or [None])[0]}


def test_every_table_of_ours_is_judged_and_every_right_to_it_is_what_was_judged(
    application: psycopg.Connection,
) -> None:
    tables = "select tablename from pg_tables where schemaname = 'public'"
    there = {str(row[0]) for row in application.execute(tables)}

    assert there == RIGHTS.keys() == metadata.tables.keys() | {"alembic_version"}
    assert {table: rights(application, table) for table in there} == RIGHTS


def test_it_owns_nothing_and_is_nobody_special(application: psycopg.Connection) -> None:
    who = "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles"
    owned = "select count(*) from pg_class where relowner = to_regrole(current_user)"
    member = "select count(*) from pg_auth_members where member = to_regrole(current_user)"

    assert application.execute(f"{who} where rolname = current_user").fetchone() == (False,) * 5
    assert application.execute(owned.encode()).fetchone() == application.execute(member.encode()).fetchone() == (0,)


@pytest.mark.parametrize(
    "deed",
    [
        *(f"{verb} {table}" for table in ADDED_TO for verb in ("delete from", "truncate")),
        "update audit_entries set actor = 'nobody'",
        "update postings set amount = 0",
        "update ledger_entries set note = ''",
        "update refund_events set message = ''",
        "update messages set body = ''",
        "truncate refunds",
        "alter table audit_entries disable trigger user",
        "alter table audit_entries disable trigger audit_stays",
        "drop trigger audit_stays on audit_entries",
        "create trigger more before insert on postings for each row execute function books_are_append_only()",
        "create or replace function books_are_append_only() returns trigger language plpgsql as 'begin end'",
        "alter table postings rename to others",
        "drop table postings",
        "create table own (id int)",
        "create temporary table postings (amount bigint)",
        "create schema own",
        "create table sandbox.own (id int)",
        "create function own() returns int language sql as 'select 1'",
        "set session_replication_role = replica",
        "set role makewhole",
        "create role own",
        "copy postings to program 'true'",
        "select pg_read_file('postgresql.conf')",
    ],
)
def test_what_was_booked_or_said_can_not_be_undone(application: psycopg.Connection, deed: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        application.execute(deed.encode())


async def test_it_chains_the_audit_trail_and_can_not_chain_an_entry_anew(stack: Stack, shop: Shop) -> None:
    engine = open_engine(stack.description.database_url, pool_size=1)
    with of_merchant(shop.merchant_id):
        async with engine.begin() as connection:
            note = journal.Note(AuditAction.ASKED, "", "a test", {})
            await journal.record_of_customer(connection, shop.merchant_id, "lilei", note)
            await journal.seal(connection, shop.merchant_id)
        async with engine.connect() as connection:
            assert await journal.first_broken_link(connection, shop.merchant_id) is None
    await engine.dispose()

    with psycopg.connect(stack.description.database_url) as application:
        theirs = [shop.merchant_id]
        application.execute("select set_config('makewhole.merchant', %s, true)", theirs)
        chained = "select count(*) from audit_entries where merchant_id = %s and hash is not null"
        assert (application.execute(chained, theirs).fetchone() or [0])[0] >= 1
        with pytest.raises(psycopg.errors.RaiseException, match="audit_entries is append-only"):
            application.execute("update audit_entries set hash = '' where merchant_id = %s", theirs)


def test_a_trigger_looks_at_our_tables_whatever_path_a_session_searches(application: psycopg.Connection) -> None:
    unbound = "select proname from pg_proc where pronamespace = 'public'::regnamespace and proconfig is null"
    unbound += " and prosqlbody is null"  # what is written as an expression is bound to its tables when it is made

    assert application.execute(unbound.encode()).fetchall() == []


async def test_who_may_too_much_is_told_what_and_refused_where_others_reach_the_server(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    owner, programs = (
        open_engine(url, pool_size=1) for url in (stack.description.owner_database_url, stack.description.database_url)
    )

    await warn_of_excess(owner)
    with pytest.raises(TooPowerful, match=r"is a superuser.*MAKEWHOLE_POWERFUL_DATABASE_ROLE=yes"):
        await refuse_excess(owner)
    assert "MAKEWHOLE_DATABASE_URL is a superuser" in caplog.text
    assert await excess_of(programs) == ()
    await refuse_excess(programs)
    for engine in (owner, programs):
        await engine.dispose()


async def test_an_owner_who_is_no_superuser_is_told_that_it_owns_the_books(stack: Stack) -> None:
    address = make_url(stack.description.owner_database_url)
    with psycopg.connect(address.render_as_string(False), autocommit=True) as server:
        server.execute("create role plain login password 'plain'")
        server.execute("create database plain owner plain")
    plain = address.set(username="plain", password="plain", database="plain").render_as_string(False)
    upgrade(plain)
    engine = open_engine(plain, pool_size=1)

    excess = await excess_of(engine)

    await engine.dispose()
    with psycopg.connect(address.render_as_string(False), autocommit=True) as server:
        server.execute("drop database plain with (force)")
        server.execute("drop role plain")
    assert [each for each in excess if "superuser" in each] == []
    assert {"owns tables, and so may disable their triggers", "may make tables and schemas"} <= set(excess)


@pytest.mark.parametrize(
    ("host", "said", "is_refused"),
    [
        ("localhost", "no", False),
        ("127.0.0.1:5432", "no", False),
        ("[::1]", "no", False),
        ("", "no", False),
        ("db.example.com", "no", True),
        ("10.0.0.7", "no", True),
        ("127.0.0.1.example.com", "no", True),
        ("db.example.com", "yes", False),
    ],
)
def test_only_another_machine_refuses_it(host: str, said: str, is_refused: bool) -> None:
    address = f"postgresql://u@{host}/m?sslmode=verify-full"
    told = {"MAKEWHOLE_DATABASE_URL": address, "MAKEWHOLE_POWERFUL_DATABASE_ROLE": said}

    assert Settings.from_environment(told).refuses_powerful_role is is_refused


def test_what_a_migration_makes_may_be_used_by_the_programs_and_rights_that_were_lost_come_back(
    another: tuple[str, str],
) -> None:
    owner, programs = another
    upgrade(owner, programs)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("create table later (id bigint generated always as identity, what text)")
        connection.execute("grant delete on postings to makewhole_app")
        connection.execute("revoke insert on refunds from makewhole_app")

    upgrade(owner, programs)

    with psycopg.connect(programs, autocommit=True) as connection:
        connection.execute("insert into later (what) values ('x')")
        assert rights(connection, "postings") == RIGHTS["postings"]
        assert rights(connection, "refunds") == RIGHTS["refunds"]


def test_the_sandboxs_books_are_as_its_code_expects(stack: Stack) -> None:
    engine = create_engine(psycopg_url(stack.description.owner_database_url))
    with engine.connect() as connection:
        told = {"include_schemas": True, "include_name": lambda name, kind, _: kind != "schema" or name == "sandbox"}
        differences = compare_metadata(MigrationContext.configure(connection, opts=told), books.metadata)
    engine.dispose()

    assert differences == []


def test_no_program_is_told_how_to_be_the_owner(stack: Stack) -> None:
    described = stack.home.read("stack.json") or ""

    assert "makewhole_app" in described and "owner_database_url" not in described
    assert stack.description.owner_database_url not in described
    assert repr(replace(stack.description, keys=stack.description.keys)).count("postgresql://") == 1
