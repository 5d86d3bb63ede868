"""A session that nobody uses ends before its time, and to use one costs no write a request (ASVS 7.3.1)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, func, select, update

from api.known_callers import KnownCallers
from db import sessions, staff_sessions
from db.api_keys import Caller, Role, hashed
from db.idle import Lasts
from db.schema import identity_sessions
from db.schema import staff_sessions as of_staff
from service.idle import Idle
from tests.shop import Shop
from variables import idle_minutes

LASTS = Lasts(timedelta(hours=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """One whose last use is told as if it were longer ago."""

    shop: Shop
    table: Table
    key: str

    async def was_used(self, ago: timedelta) -> None:
        async with self.shop.engine.begin() as connection:
            is_it = self.table.c.key_sha256 == hashed(self.key)
            await connection.execute(update(self.table).where(is_it).values(last_used_at=func.now() - ago))

    async def used_at(self) -> datetime:
        async with self.shop.engine.connect() as connection:
            query = select(self.table.c.last_used_at).where(self.table.c.key_sha256 == hashed(self.key))
            found: datetime = (await connection.execute(query)).scalar_one()
        return found

    async def is_let_in(self) -> bool:
        """By a process that does not remember it."""
        return await KnownCallers(self.shop.engine).find(self.key) is not None


async def of_a_customer(shop: Shop) -> OpenedSession:
    async with shop.engine.begin() as connection:
        who = Caller(shop.merchant_id, Role.CUSTOMER, shop.customer_id)
        opened = await sessions.open_(connection, who, LASTS)
    return OpenedSession(shop, identity_sessions, opened.key)


async def of_a_reviewer(shop: Shop) -> OpenedSession:
    key = staff_sessions.new_key()
    async with shop.engine.begin() as connection:
        who = Caller(shop.merchant_id, Role.REVIEWER, None, person="han")
        await staff_sessions.open_(connection, who, "okta", key, None, LASTS)
    return OpenedSession(shop, of_staff, key)


EACH = pytest.mark.parametrize("opened", [of_a_customer, of_a_reviewer])
Opens = Callable[[Shop], Awaitable[OpenedSession]]


@EACH
async def test_a_session_is_over_when_nobody_has_used_it_for_its_time(shop: Shop, opened: Opens) -> None:
    session = await opened(shop)

    await session.was_used(timedelta(minutes=9))
    assert await session.is_let_in()
    await session.was_used(timedelta(minutes=10, seconds=1))

    assert not await session.is_let_in()
    assert (await session.shop.http.get("/v1/refunds", headers={"X-API-Key": session.key})).status_code == 401


@EACH
async def test_that_it_is_used_is_written_once_a_minute_and_not_for_each_request(shop: Shop, opened: Opens) -> None:
    session = await opened(shop)

    await session.was_used(timedelta(seconds=50))
    before = await session.used_at()
    assert await session.is_let_in()
    unwritten = await session.used_at()
    await session.was_used(timedelta(seconds=70))
    assert await session.is_let_in()

    assert unwritten == before < await session.used_at()


async def test_an_owner_sees_no_session_that_is_over_because_nobody_used_it(shop: Shop) -> None:
    session, other = await of_a_reviewer(shop), await of_a_reviewer(shop)
    await session.was_used(timedelta(minutes=11))

    async with shop.engine.connect() as connection:
        open_ones = await staff_sessions.listed(connection, shop.merchant_id, before=0, limit=10)

    assert [each.key_sha256 for each in open_ones] == [hashed(other.key)]


def test_a_deployment_says_how_long_sessions_may_stand_unused() -> None:
    minutes = idle_minutes({"MAKEWHOLE_IDLE_MINUTES": "staff=5"})

    assert Idle.of(minutes) == Idle(customers=timedelta(minutes=10), staff=timedelta(minutes=5))
    with pytest.raises(ValueError, match="there is customers, staff"):
        Idle.of({"robots": 3})
    for wrong in ("staff", "staff=1", "staff=x", "staff=2000"):
        with pytest.raises(ValueError, match="is wrong at 'staff'"):
            idle_minutes({"MAKEWHOLE_IDLE_MINUTES": wrong})
