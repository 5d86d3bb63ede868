"""The books guard themselves: entries balance, and neither they nor the audit trail can be rewritten (rule 39)."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from db.engine import psycopg_url
from db.ledger import Account, EntryCause, Posting, balance, pocket_of, post, reverse, transfer
from db.migrate import config
from tests.shop import Shop
from tools.stack.stack import Stack


def test_the_migrations_make_the_tables_that_the_code_expects(stack: Stack) -> None:
    engine = create_engine(psycopg_url(stack.description.owner_database_url))
    with engine.connect() as connection:
        command.check(config(connection))
    assert len(ScriptDirectory.from_config(config(None)).get_heads()) == 1


async def test_an_entry_that_does_not_sum_to_zero_is_refused_by_the_code_and_by_the_database(shop: Shop) -> None:
    lopsided = [Posting(Account.SALE, "o1", "CNY", 5)]
    async with shop.engine.begin() as connection:
        with pytest.raises(ValueError, match="do not sum to zero"):
            await post(connection, shop.merchant_id, EntryCause("k1", "lopsided"), lopsided)
    with pytest.raises(DBAPIError, match="does not sum to zero"):
        async with shop.engine.begin() as connection:
            entry = "insert into ledger_entries (merchant_id, key, note) values ('m', 'k2', '') returning entry_id"
            entry_id = (await connection.execute(text(entry))).scalar_one()
            posting = "insert into postings values (:entry, 'sale', 'o1', 'CNY', 'm', 5)"
            await connection.execute(text(posting), {"entry": entry_id})


async def test_an_entry_is_booked_once_under_its_key(shop: Shop) -> None:
    lines = transfer((Account.PROMOTIONS, "m"), (Account.SALE, "o1"), "CNY", 5)
    async with shop.engine.begin() as connection:
        first = await post(connection, shop.merchant_id, EntryCause("k1", ""), lines)
        again = await post(connection, shop.merchant_id, EntryCause("k1", ""), lines)

    assert (first, again) == (True, False)


async def test_an_entry_is_reversed_and_booked_anew_in_turn_under_one_key(shop: Shop) -> None:
    lines = transfer((Account.PROMOTIONS, "m"), (Account.SALE, "o1"), "CNY", 5)
    async with shop.engine.begin() as connection:
        turns = [await reverse(connection, shop.merchant_id, "k1", "nothing to reverse yet")]
        for _ in range(2):
            turns.append(await post(connection, shop.merchant_id, EntryCause("k1", ""), lines))
            turns.append(await reverse(connection, shop.merchant_id, "k1", ""))
            turns.append(await reverse(connection, shop.merchant_id, "k1", "again"))
        left = await balance(connection, shop.merchant_id, Account.SALE, "o1", "CNY")

    assert turns == [False, True, True, False, True, True, False]
    assert left == 0


async def test_a_payment_is_never_paid_back_more_than_was_captured_whatever_the_code_does(shop: Shop) -> None:
    await shop.order()
    sale, pocket = (Account.SALE, "o1"), pocket_of("o1", "p1")
    async with shop.engine.begin() as connection:
        await post(connection, shop.merchant_id, EntryCause("k1", "all of it"), transfer(sale, pocket, "CNY", 120_000))

    with pytest.raises(DBAPIError, match="paid back 1 more than was captured"):
        async with shop.engine.begin() as connection:
            await post(connection, shop.merchant_id, EntryCause("k2", "a cent more"), transfer(sale, pocket, "CNY", 1))


@pytest.mark.parametrize(
    "tampering",
    ["update audit_entries set actor = 'nobody'", "delete from audit_entries", "update postings set amount = 0"],
)
async def test_what_is_written_stays_written(shop: Shop, tampering: str) -> None:
    await shop.order()
    await shop.approved_refund()

    with pytest.raises(DBAPIError, match="append-only"):
        async with shop.engine.begin() as connection:
            await connection.execute(text(tampering))


async def test_the_audit_trail_tells_the_refund_and_its_chain_holds(shop: Shop) -> None:
    await shop.order()
    done = await shop.approved_refund()

    trail = await shop.ops.get("/v1/audit", order_id="o1")

    events = [event["event"] for event in done["timeline"]]
    assert [entry["action"] for entry in trail["items"]] == ["order_booked", *events]
    assert (await shop.ops.get("/v1/audit/verification"))["intact"]


async def test_a_forged_audit_entry_breaks_the_chain(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    sealed = await shop.ops.get("/v1/audit/verification")
    async with shop.engine.begin() as connection:
        await connection.execute(text("alter table audit_entries disable trigger user"))
        forged = "update audit_entries set actor = 'nobody' where merchant_id = :merchant and sequence = 2"
        await connection.execute(text(forged), {"merchant": shop.merchant_id})
        await connection.execute(text("alter table audit_entries enable trigger user"))

    assert sealed["intact"]
    found = await shop.ops.get("/v1/audit/verification")
    assert (found["intact"], found["broken_at"]) == (False, 2)


async def test_times_are_read_in_utc_whatever_the_zone_of_the_server(shop: Shop) -> None:
    async with shop.engine.connect() as connection:
        zone = "select reset_val, source from pg_settings where name = 'TimeZone'"
        assert tuple((await connection.execute(text(zone))).one()) == ("UTC", "client")
