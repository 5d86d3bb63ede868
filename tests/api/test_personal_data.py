"""What is held about a customer: all of it can be read on request, and what is personal of it is erased on request."""

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Text, cast, func, literal_column, select, table, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.service import RPCError

from api.paging import as_cursor
from db.api_keys import Role
from db.engine import open_engine
from db.personal_data import HELD, PLACES
from db.schema import erasures, metadata
from tests.api.planted import Planted, plant
from tests.api.restored import Copy, copy_of, restored
from tests.shop import IN_TIME_S, Shop
from tools.client import Json, Refused
from tools.stack.stack import CHECKPOINTS, Stack
from upkeep.erasure_list import ErasureList
from upkeep.erasures import apply_list


async def exported(shop: Shop, limit: int = 200) -> list[Json]:
    """Read all pages."""
    path, found, cursor = f"/v1/customers/{shop.customer_id}/personal-data", list[Json](), None
    while True:
        asked: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = await shop.owner.get(path, **asked)
        found += answer["items"]
        cursor = answer["next"]
        if cursor is None:
            return found


def missing(planted: Planted, text: str) -> list[str]:
    return [place for place, said in planted.said.items() if said not in text]


async def test_everything_that_was_ever_said_of_a_customer_is_in_the_export(shop: Shop, other_shop: Shop) -> None:
    planted, _ = await plant(shop)
    await other_shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "of another merchant"})

    whole = await exported(shop)
    in_pages = await exported(shop, limit=7)

    text = json.dumps(whole, ensure_ascii=False)
    assert len(planted.said) > 20 and missing(planted, text) == []
    assert {each["kind"] for each in whole} <= {table.name for table in HELD}
    assert all(row_names(each) for each in whole)
    assert what_stays(in_pages) == what_stays(whole)
    assert "of another merchant" not in text and shop.keys[Role.OWNER] not in text
    assert any(each["data"].get("action") == "personal_data_exported" for each in whole)


async def test_who_begins_to_read_in_the_middle_is_in_the_trail_as_well(shop: Shop) -> None:
    await shop.order()
    path, begins = f"/v1/customers/{shop.customer_id}/personal-data", as_cursor(json.dumps([0, None]))

    for _ in range(2):
        await shop.owner.get(path, cursor=begins)
    whole = await exported(shop, limit=1)

    trail = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    assert [each["action"] for each in trail].count("personal_data_exported") == 2
    assert whole


def row_names(record: Json) -> bool:
    """Whether a record has everything that is judged personal in its table, but for what lies encrypted."""
    place = next(place for table, place in PLACES.items() if table.name == record["kind"])
    return set(place.personal.split()) - {"nonce", "sealed"} <= set(record["data"])


def what_stays(records: list[Json]) -> list[str]:
    """All but what reading writes itself, and messages, which workers send meanwhile."""
    written = ("audit_entries", "audit_counts", "messages", "deliveries")
    return [json.dumps(each, sort_keys=True) for each in records if each["kind"] not in written]


async def test_nobody_but_an_owner_reads_it_and_nobody_reads_of_whom_nothing_is_known(shop: Shop) -> None:
    await shop.order()

    for role in (Role.MERCHANT, Role.OPS, Role.REVIEWER):
        answer = await shop.raw(role, "GET", f"/v1/customers/{shop.customer_id}/personal-data")
        assert answer.status_code == 403
    with pytest.raises(Refused, match="404 not_found"):
        await shop.owner.get("/v1/customers/hanmeimei/personal-data")


@pytest.mark.parametrize("cursor", ["x", "WzAsIDFd", "Wzk5LCBudWxsXQ==", "WzAsIFsxXV0="])
async def test_a_cursor_of_ones_own_is_refused(shop: Shop, cursor: str) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.owner.get(f"/v1/customers/{shop.customer_id}/personal-data", cursor=cursor)


# Erased


STAYS = ("coupon", "carrier", "tracking-number", "iban")
"""Names of goods and ids, which the books need. Accounts lie sealed; the number is that of other tests too."""


async def erased(shop: Shop) -> Json:
    answer = await shop.raw(Role.OWNER, "DELETE", f"/v1/customers/{shop.customer_id}/personal-data")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def everything_stored(engine: AsyncEngine) -> str:
    """All rows of all tables as who has the keys reads them, those of the sandbox too."""
    tables = text("select tablename from pg_tables where schemaname = 'sandbox'")
    async with engine.connect() as connection:
        rows = [
            str(list(map(tuple, (await connection.execute(select(each))).all()))) for each in metadata.sorted_tables
        ]
        for name in (await connection.execute(tables)).scalars():
            dump = select(func.string_agg(cast(literal_column("each"), Text), "\n"))
            rows.append(await connection.scalar(dump.select_from(table(name, schema="sandbox").alias("each"))) or "")
    return "\n".join(rows)


async def until_finished(shop: Shop, erasure: Json) -> None:
    finished = erasures.select().where(erasures.c.erasure_id == erasure["erasure_id"])
    async with asyncio.timeout(IN_TIME_S):
        while True:
            async with shop.engine.connect() as connection:
                row = (await connection.execute(finished)).one()
            if row.finished_at is not None:
                return
            await asyncio.sleep(0.2)


async def test_after_an_erasure_nothing_that_was_said_is_found_anywhere_and_the_books_are_as_before(
    shop: Shop, stack: Stack
) -> None:
    planted, open_one = await plant(shop)
    refused = await shop.raw(Role.OWNER, "DELETE", f"/v1/customers/{shop.customer_id}/personal-data")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflicting_state")
    assert open_one["refund_id"] in refused.json()["detail"]
    assert planted.said["request-note"] in await everything_stored(shop.engine)
    await shop.merchant.post(f"/v1/refunds/{open_one['refund_id']}/cancel", {})
    await shop.until(open_one, "cancelled")
    before = await booked(shop, planted)

    copy = copy_of(stack, shop.merchant_id)

    erasure = await erased(shop)

    left = await everything_stored(shop.engine)
    assert [place for place, said in planted.said.items() if said in left and place not in STAYS] == []
    assert await booked(shop, planted) == before
    verified = await shop.ops.get("/v1/audit/verification")
    assert verified["intact"], verified["why"]
    trail = (await shop.ops.get("/v1/audit", customer_id=shop.customer_id))["items"]
    assert any(each["detail"].get("note") == "[erased]" for each in trail)
    assert trail[-1]["action"] == "personal_data_erased"
    await everything_still_answers(shop)
    logs = "".join(each.read_text() for each in stack.home.logs.glob("*.log"))
    assert [place for place, said in planted.said.items() if said in logs] == []
    await until_finished(shop, erasure)
    await until_temporal_forgot(shop, open_one)
    await restored_and_erased_again(stack, copy, planted)


async def until_temporal_forgot(shop: Shop, refund: Json) -> None:
    """It deletes when it comes to it."""
    async with asyncio.timeout(IN_TIME_S):
        with suppress(RPCError):
            while True:
                await shop.workflow(refund).describe()
                await asyncio.sleep(0.2)


async def booked(shop: Shop, planted: Planted) -> list[str]:
    """What the books and the settlements say of this merchant, but for which card it was."""
    queries = (
        "select entry_id, account, owner, unit, amount from postings where merchant_id = :m order by 1, 2, 3, 4",
        "select refund_id, status, settlement, basis from refunds where merchant_id = :m order by 1",
        "select order_id, sale from orders where merchant_id = :m order by 1",
    )
    async with shop.engine.connect() as connection:
        found = [(await connection.execute(text(query), {"m": shop.merchant_id})).all() for query in queries]
    rows = [str(list(map(tuple, each))) for each in found]  # a row by itself would shorten what it has
    return [each.replace(planted.said["instrument"], "") for each in rows]


async def everything_still_answers(shop: Shop) -> None:
    path = f"/v1/customers/{shop.customer_id}"
    known = await shop.merchant.get(path)
    assert (known["name"], known["email"], known["phone"], known["guest_of"]) == (None, None, None, [])
    refunds = (await shop.merchant.get("/v1/refunds"))["items"]
    for each in refunds:
        read = await shop.merchant.get(f"/v1/refunds/{each['refund_id']}")
        assert read["note"] == "" and read["metadata"] == {}
    for each in (await shop.merchant.get("/v1/orders"))["items"]:
        assert (await shop.merchant.get(f"/v1/orders/{each['order_id']}"))["metadata"] == {}
    inbox = (await shop.merchant.get(f"{path}/inbox"))["items"]
    assert {each["body"] for each in inbox} == {"[erased]"}
    assert {each["kind"] for each in await exported(shop)} >= {"refunds", "orders", "erasures"}
    await shop.merchant.get("/v1/webhook-events")
    await shop.ops.get("/v1/inbox")


async def restored_and_erased_again(stack: Stack, copy: Copy, planted: Planted) -> None:
    """A copy of before has everything again and knows of no erasure; the list that workers keep outside does."""
    outside = ErasureList(stack.home.path / CHECKPOINTS)
    with restored(stack, copy) as url:
        engine = open_engine(url, pool_size=2)
        before = await everything_stored(engine)
        done = [await apply_list(engine, outside) for _ in range(2)]
        after = await everything_stored(engine)
        await engine.dispose()

    assert len([said for said in planted.said.values() if said in before]) > 20
    assert done == [1, 0]
    assert [place for place, said in planted.said.items() if said in after and place not in STAYS] == []


async def test_what_is_judged_personal_is_what_the_erasure_overwrites(shop: Shop) -> None:
    function = text("select pg_get_functiondef('erase_personal_data'::regproc)")
    async with shop.engine.connect() as connection:
        statements = str(await connection.scalar(function)).split(";")

    for held, place in PLACES.items():
        done = [each for each in statements if re.search(rf"(update|delete from) {held.name}\s", each)]
        for column in place.personal.split():
            assert any(re.search(rf"delete from|\b{column} = ", each) for each in done), f"{held.name}.{column}"
