"""That a forgotten `where` leaks nothing: all comparisons with a merchant are made useless, and every operation asked.

The API is put together here, on the database as the application's role has it, which owns no table.
"""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import Text, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.app import make_app
from api.deadline import Deadlines
from db.engine import open_engine
from db.schema import metadata
from db.whose import required
from service.vault import Vault
from tests.api.provoked_everywhere import CALLS, NOBODY
from tests.api.provoked_webhooks import AN_ENDPOINT
from tests.api.published import Operation, operations, published
from tests.shop import Shop
from tools.stack.stack import Stack

_COMPARED = re.compile(r"((?:\w+\.)?merchant_id = (?:%\(\w+\)s|\$\d+)(?:::\w+)?)")
"""Every `where` of a merchant, as psycopg gets it."""

LASTING = (
    *("orders", "customers", "coupons", "campaigns", "policies", "refunds", "refund_claims", "points_lots"),
    *("merchant_reasons", "suspensions", "gateway_accounts", "bulks", "guests", "preferences"),
)
"""What of a merchant whose refund waits for a reviewer is changed by nobody meanwhile."""


class Forgotten:
    """How many comparisons with a merchant were made useless."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, query: Any) -> Any:
        if not isinstance(query, (str, bytes)):
            return query
        said, found = _COMPARED.subn(r"(\1 or true)", query.decode() if isinstance(query, bytes) else query)
        self.count += found
        return said.encode() if isinstance(query, bytes) else said


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Forgotten:
    """From here on no query of this process says of which merchant it is."""
    forget, execute = Forgotten(), psycopg.AsyncCursor.execute

    async def execute_without(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        return await execute(self, forget(query), *args, **kwargs)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", execute_without)
    return forget


@asynccontextmanager
async def api_on(address: str, shop: Shop) -> AsyncIterator[Shop]:
    """The same merchant, at an API of this process."""
    engine = required(open_engine(address, pool_size=5))
    app = make_app(engine, shop.temporal, {}, Vault({"k": secrets.token_bytes(32)}), Deadlines(30.0))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
        yield replace(shop, http=http)
    await engine.dispose()


class Planted:
    """What a merchant has, with words in it that nobody else has said, and its ids by the names of parameters."""

    def __init__(self) -> None:
        self.word = f"planted-{secrets.token_hex(6)}"
        self.ids = {
            f"{each}_id": f"{each}-{secrets.token_hex(6)}" for each in ("order", "customer", "coupon", "campaign")
        }

    async def by(self, shop: Shop) -> None:
        ids, shop.customer_id = self.ids, self.ids["customer_id"]
        await shop.merchant.put(f"/v1/customers/{ids['customer_id']}", {"name": self.word})
        coupon = {"customer_id": ids["customer_id"], "name": self.word, "amount": 1, "currency": "CNY"}
        await shop.merchant.put(f"/v1/coupons/{ids['coupon_id']}", coupon)
        await shop.merchant.put(f"/v1/campaigns/{ids['campaign_id']}", {**CALLS["putCampaign"].body, "name": self.word})  # type: ignore[dict-item]
        await shop.order(ids["order_id"], metadata={"key": self.word})
        refund = await shop.refund(ids["order_id"], reason="changed_mind", note=self.word)
        await shop.until_judged(refund)
        await shop.owner.put(
            "/v1/webhook-endpoints/theirs", {**AN_ENDPOINT, "url": f"https://shop.example/{self.word}"}
        )
        ids |= {"refund_id": refund["refund_id"], "endpoint_id": "theirs"}

    def path_of(self, operation: Operation) -> str:
        path = operation.path
        for part in operation.spec.get("parameters", []):
            if part["in"] == "path":
                path = path.replace("{" + part["name"] + "}", self.ids.get(part["name"], NOBODY))
        return path


async def lasting(engine: AsyncEngine, merchant_id: str) -> dict[str, list[str]]:
    async with engine.connect() as connection:
        return {table: await rows_of(connection, table, merchant_id) for table in LASTING}


async def rows_of(connection: AsyncConnection, table: str, merchant_id: str) -> list[str]:
    theirs = metadata.tables[table].c.merchant_id.in_([merchant_id])
    found = await connection.execute(select(func.to_jsonb(literal_column(table)).cast(Text)).where(theirs))
    return sorted(found.scalars())


async def test_with_every_where_forgotten_no_operation_tells_or_changes_anything_of_another_merchant(
    shop: Shop, other_shop: Shop, stack: Stack, forgotten: Forgotten, engine: AsyncEngine
) -> None:
    planted = Planted()
    await planted.by(other_shop)
    before = await lasting(engine, other_shop.merchant_id)
    asked = [each for each in operations(await published(shop.http)) if each.name in CALLS]
    assert len(asked) > 80

    async with api_on(stack.description.database_url, shop) as here:
        for operation in asked:
            call = CALLS[operation.name]
            path = planted.path_of(operation)
            answer = await here.raw(call.role, operation.method, path + call.query, json=call.body)

            leaked = [each for each in (planted.word, other_shop.merchant_id) if each in answer.text]
            is_named = planted.ids["refund_id"] in path or planted.ids["refund_id"] not in answer.text
            assert not leaked and is_named, f"{operation.name}: {answer.text}"

    assert forgotten.count > 100
    assert await lasting(engine, other_shop.merchant_id) == before


async def test_it_is_the_policies_that_keep_them_apart(
    shop: Shop, other_shop: Shop, stack: Stack, forgotten: Forgotten
) -> None:
    """As the owner of the tables, who sees all rows, the same API tells of another what is not sealed for it."""
    planted = Planted()
    await planted.by(other_shop)

    async with api_on(stack.description.owner_database_url, shop) as here:
        answer = await here.merchant.get(f"/v1/coupons/{planted.ids['coupon_id']}")

    assert answer["name"] == planted.word and forgotten.count
