"""Books of an earlier version are carried over: what was booked, reversed and booked anew keeps its meaning."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from db.engine import psycopg_url
from db.migrate import config
from tools.stack.stack import Stack

_ENTRY = text(
    "insert into ledger_entries (merchant_id, key, refund_id, note) values ('m', :key, 'rf_1', '') returning entry_id"
)


@pytest.fixture
def earlier(stack: Stack) -> Iterator[Connection]:
    """A database of its own, as version 0002 left it."""
    server = create_engine(psycopg_url(stack.description.owner_database_url), isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text("drop database if exists carried_over"))
        admin.execute(text("create database carried_over"))
    engine = create_engine(make_url(psycopg_url(stack.description.owner_database_url)).set(database="carried_over"))
    with engine.connect() as connection:
        command.upgrade(config(connection), "0002")
        yield connection
    engine.dispose()
    with server.connect() as admin:
        admin.execute(text("drop database carried_over with (force)"))
    server.dispose()


def test_entries_that_were_reversed_are_numbered_and_a_payment_called_reversed_stays_another(
    earlier: Connection,
) -> None:
    for payment_id in ("p1", "p2:reversed"):
        earlier.execute(
            text(
                "insert into payouts (refund_id, payment_id, place, merchant_id, order_id, key, method, gateway,"
                " charge_ref, amount, currency, status)"
                " values ('rf_1', :payment, 0, 'm', 'o1', :key, 'card', 'sandbox', 'ch', 1, 'CNY', 'succeeded')"
            ),
            {"payment": payment_id, "key": f"rf_1:payout:{payment_id}"},
        )
    first = "rf_1:payout:p1"
    keys = [first, f"{first}:reversed", f"{first}:anew", f"{first}:anew:reversed", "rf_1:payout:p2:reversed"]
    for key in [*keys, "rf_1:grant:a:b"]:
        earlier.execute(_ENTRY, {"key": key})
    earlier.execute(text("insert into effects (refund_id, step) values ('rf_1', 'taken_back:p:1@2')"))
    earlier.commit()

    command.upgrade(config(earlier), "head")

    entries = earlier.execute(text("select key, number from ledger_entries order by entry_id")).all()
    assert [tuple(entry) for entry in entries] == [
        *((first, number) for number in (1, 2, 3, 4)),
        ("rf_1:payout:p2:reversed", 1),
        ("rf_1:grant:a\\:b", 1),
    ]
    assert earlier.execute(text("select step from steps")).scalar_one() == "taken_back:p\\:1@2"
