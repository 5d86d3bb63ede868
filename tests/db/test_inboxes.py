"""What an earlier version told operations is theirs alone after the upgrade, whatever a customer is called."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from db import messages
from db.engine import psycopg_url
from db.migrate import config, upgrade
from tests.shop import Shop
from tools.stack.stack import Stack

BEFORE = "0004"


@pytest.fixture
def earlier(stack: Stack) -> Iterator[str]:
    """A database of its own, as an earlier version left it."""
    url = make_url(stack.description.owner_database_url)
    with psycopg.connect(stack.description.owner_database_url, autocommit=True) as server:
        server.execute("create database earlier")
        address = url.set(database="earlier").render_as_string(hide_password=False)
        engine = create_engine(psycopg_url(address))
        with engine.connect() as connection:
            command.upgrade(config(connection), BEFORE)
        engine.dispose()
        yield address
        server.execute("drop database earlier with (force)")


def test_operations_and_a_customer_of_that_name_each_keep_what_they_were_told(earlier: str) -> None:
    engine = create_engine(psycopg_url(earlier))
    told = (
        "insert into messages (merchant_id, recipient, refund_id, topic, subject, locale, body) "
        "values ('m', 'operations', :refund_id, :topic, '', 'en', 'x')"
    )
    with engine.begin() as connection:
        for refund_id, topic in (("rf_1", "needs_attention"), ("rf_1", "received"), (None, "appealed")):
            connection.execute(text(told), {"refund_id": refund_id, "topic": topic})

    upgrade(earlier)

    with engine.begin() as connection:
        found = connection.execute(text("select topic, recipient from messages order by message_id")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("needs_attention", None), ("received", "operations"), ("appealed", None)]


async def test_operations_of_two_merchants_are_each_told_of_a_payout_of_one_name(shop: Shop) -> None:
    """Of what the books of a provider name and no refund of ours: the merchants' own names may meet."""
    async with shop.engine.begin() as connection:
        told = [
            await messages.put_for_operations(connection, merchant_id, "", "paid_by_them_only:po-1", "x")
            for merchant_id in (shop.merchant_id, f"{shop.merchant_id}-2", shop.merchant_id)
        ]

    assert told == [True, True, False]
