"""What monitoring reads stays quick with very many refunds and pictures: nothing is read from end to end (rule 34)."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Select, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from db import picture_looks, refund_marks, risk_alerts
from db.engine import open_engine
from db.migrate import upgrade
from db.pictures import UsedIn
from db.risk_alerts import AlertFilter, AlertStatus
from db.whose import Everyones, of_everyone, of_merchant
from domain import clock
from domain.rights.likeness import Looks
from domain.rights.monitoring import Signal, Trait
from tools.stack.stack import Stack

FILLED = (
    """
    insert into refunds (refund_id, merchant_id, order_id, customer_id, status, currency, reason, kind, note, asked_at,
        goods_come_back, quoted_policy_version, quote, quote_basis, policy_version, created_at, completed_at)
    select 'rf_' || n, 'm' || n % 10, 'o' || n, 'c' || n / 20, 'completed', 'CNY', 'delivery_error', 'refund_only', '',
        now(), false, 0, '{}', '{}', 0, now() - n * interval '1 minute', now() - n * interval '1 minute'
    from generate_series(1, 100000) n
    """,
    """
    insert into refund_marks (refund_id, trait, mark, merchant_id, at)
    select 'rf_' || n, 'instrument', 'mark ' || n / 20, 'm' || n % 10, now() - n * interval '1 minute'
    from generate_series(1, 100000) n
    """,
    """
    insert into risk_alerts (alert_id, merchant_id, signal, subject, shown_by, refund_count, customer_count,
        limit_count, limit_window, first_at, last_at, acknowledged_at)
    select 'ra_' || n, 'm' || n % 10, 'not_received', 'c' || n, '[]', 3, 1, 3, 'P90D', now(), now(), now()
    from generate_series(1, 20000) n
    """,
    """
    insert into pictures (evidence_id, merchant_id, customer_id, order_id, refund_id, added_by, name, width, height,
        size, stored_at, used_at)
    select 'ev_' || n, 'm' || n % 10, 'c' || n, 'o' || n, 'rf_' || n, 'c', 'n' || n, 1, 1, 1, now(), now()
    from generate_series(1, 100000) n
    """,
    """
    insert into picture_looks (evidence_id, place, merchant_id, likeness, quarter_0, quarter_1, quarter_2, quarter_3)
    select 'ev_' || n, 0, 'm' || n % 10, n, random() * 65535, random() * 65535, random() * 65535, random() * 65535
    from generate_series(1, 100000) n
    """,
    """
    insert into refund_evidence (refund_id, piece, added_by, resembles)
    select 'rf_' || n, 'p', 'c', case when n % 100 = 0 then 'rf_' || n / 2 end from generate_series(1, 100000) n
    """,
)
"""Very many refunds of ten merchants, a minute apart, each with a picture, each customer and each card with twenty."""


@pytest.fixture(scope="module")
async def many(stack: Stack) -> AsyncIterator[AsyncEngine]:
    """A database of its own with very many refunds of ten merchants, as the programs reach it."""
    addresses = stack.description.owner_database_url, stack.description.database_url
    name = f"many_{secrets.token_hex(4)}"
    owner, programs = (make_url(url).set(database=name).render_as_string(False) for url in addresses)
    with psycopg.connect(addresses[0], autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        upgrade(owner, programs)
        with psycopg.connect(owner) as connection:
            connection.execute("set session_replication_role = replica")  # neither foreign keys nor triggers
            for statement in FILLED:
                connection.execute(sql.SQL(statement))
            connection.execute("analyze")
        engine = open_engine(programs, pool_size=1)
        yield engine
        await engine.dispose()
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


async def read_from_end_to_end(engine: AsyncEngine, query: Select[Any]) -> set[str]:
    """Name the tables that a query would read so."""
    written = str(query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
    async with engine.begin() as connection:
        plan = "\n".join((await connection.exec_driver_sql(f"explain {written}")).scalars())
    assert "Index" in plan, plan
    return set(re.findall(r"Seq Scan on (\w+)", plan))


QUERIES: dict[str, Any] = {
    "by customer": refund_marks.by_customer("m1", ["c1", "c2"]),
    "by mark": refund_marks.by_mark("m1", [(Trait.INSTRUMENT, "mark 7"), (Trait.CONTACT, "mark 8")]),
    "by picture": refund_marks.by_picture("m1", ["rf_50", "rf_100"]),
    "pictures": picture_looks.alike("m1", [Looks(12345678912345, (98765432198765,) * 10)], UsedIn("c1", "o1", "rf_1")),
    "open alerts": risk_alerts.listed("m1", AlertFilter(AlertStatus.OPEN)),
    "all alerts": risk_alerts.listed("m1", AlertFilter(before=9_000)),
    "newest alerts": risk_alerts.last_of("m1", [(Signal.NOT_RECEIVED, "c7")]),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_what_refunds_of_a_merchant_share_is_found_by_an_index(many: AsyncEngine, query: Select[Any]) -> None:
    with of_merchant("m1"):
        assert await read_from_end_to_end(many, query) == set()


async def test_what_is_new_is_found_by_an_index_whosever_it_is(many: AsyncEngine) -> None:
    an_hour_ago = clock.now() - timedelta(hours=1)
    with of_everyone(Everyones.KEEPERS):
        asked = refund_marks.asked_since((an_hour_ago, ""), timedelta(), 200)
        again = refund_marks.shown_again_since(99_000, timedelta(), 200)
        found = [await read_from_end_to_end(many, each) for each in (asked, again, refund_marks.too_old())]

    assert found == [set(), set(), set()]
