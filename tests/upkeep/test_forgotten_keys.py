"""Keys that ended and what was said or told long ago are forgotten; what may still be asked about stays (0100)."""

from datetime import timedelta

from sqlalchemy import func, insert, select, update

from db import api_keys
from db.api_keys import NewKey, Role
from db.schema import api_keys as of_keys
from db.schema import keyed_words
from domain import clock
from tests.shop import Shop
from tools.client import Json
from upkeep.seal import forget_old_keys


async def key(shop: Shop, name: str, role: Role = Role.CUSTOMER, *, ended_days_ago: int | None = None) -> str:
    ended = None if ended_days_ago is None else clock.now() - timedelta(days=ended_days_ago)
    customer = shop.customer_id if role is Role.CUSTOMER else None
    new = NewKey(f"mk_{name}_{shop.merchant_id}", shop.merchant_id, role, customer, expires_at=ended)
    async with shop.engine.begin() as connection:
        key_id = await api_keys.store(connection, new)
    assert key_id is not None
    return key_id


async def revoked_long_ago(shop: Shop, key_id: str) -> None:
    async with shop.engine.begin() as connection:
        long_ago = func.now() - timedelta(days=31)
        await connection.execute(update(of_keys).where(of_keys.c.key_id == key_id).values(revoked_at=long_ago))


async def word(shop: Shop, refund: Json, word_id: str, days_ago: int) -> None:
    row = {"refund_id": refund["refund_id"], "word_id": word_id, "sha256": "", "key_id": "key_1", "person": ""}
    async with shop.engine.begin() as connection:
        await connection.execute(insert(keyed_words).values(**row, at=func.now() - timedelta(days=days_ago)))


async def test_a_customers_key_is_forgotten_a_month_after_its_end_and_nobody_elses(shop: Shop) -> None:
    await key(shop, "over", ended_days_ago=31)
    await revoked_long_ago(shop, await key(shop, "revoked"))
    left = {
        await key(shop, "open"),
        await key(shop, "of_late", ended_days_ago=29),
        await key(shop, "of_staff", Role.OPS, ended_days_ago=31),
    }

    await forget_old_keys(shop.engine)

    async with shop.engine.connect() as connection:
        mine = of_keys.c.merchant_id == shop.merchant_id
        there = set((await connection.execute(select(of_keys.c.key_id).where(mine))).scalars())
    assert left <= there and len(there - left) == len(shop.keys)


async def test_who_said_what_is_forgotten_a_month_later_where_the_refund_is_over(shop: Shop) -> None:
    await shop.order()
    await shop.order("o2")
    done, waiting = await shop.approved_refund(), await shop.refund("o2", reason="changed_mind")
    await shop.until_judged(waiting)
    for refund in (done, waiting):
        await word(shop, refund, "old", 31)
        await word(shop, refund, "young", 29)

    await forget_old_keys(shop.engine)

    async with shop.engine.connect() as connection:
        ours = keyed_words.c.refund_id.in_([done["refund_id"], waiting["refund_id"]])
        rows = await connection.execute(select(keyed_words.c.refund_id, keyed_words.c.word_id).where(ours))
        left = {(row.refund_id, row.word_id) for row in rows}
    assert left == {
        (done["refund_id"], "young"),
        *((waiting["refund_id"], each) for each in ("old", "young")),
    }


WEBHOOK = """
    insert into webhooks (source, webhook_id, reference, body, received_at, handled_at)
    values (%s, %s, '', %s, now() - make_interval(days => %s), case when %s then now() end)
"""


async def webhook(shop: Shop, name: str, days_ago: int, *, body: str = "{}", is_handled: bool = True) -> None:
    async with shop.engine.begin() as connection:
        await connection.exec_driver_sql(WEBHOOK, (shop.merchant_id, name, body, days_ago, is_handled))


async def test_what_a_provider_told_is_forgotten_after_three_months_but_for_what_it_is_looked_up_by(shop: Shop) -> None:
    await webhook(shop, "old", 91)
    await webhook(shop, "young", 89)
    await webhook(shop, "not handled", 91, is_handled=False)
    await webhook(shop, "of Adyen", 91, body='{"originalReference": "ch-1"}')

    await forget_old_keys(shop.engine)

    async with shop.engine.connect() as connection:
        ours = "select webhook_id from webhooks where source = %s"
        left = (await connection.exec_driver_sql(ours, (shop.merchant_id,))).scalars().all()
    assert sorted(left) == ["not handled", "of Adyen", "young"]
