"""The shop of one demo: a merchant of its own, so that nothing that was there before plays a part in it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import api_keys
from db.api_keys import Role
from db.engine import open_engine
from db.whose import of_merchant
from domain import clock
from tools.client import Api, open_http
from tools.demo.cases.case import LOCALES, CaseWords
from tools.demo.cases.loyalty import LIVES_THERE, NAME, LoyaltySystem, loyalty_system
from tools.stack.stack import StackDescription
from tools.stack.temporal_client import connect

CAMPAIGN = "spend-1000-get-200"
CAMPAIGN_NAME = CaseWords("满1000元返200元", "Spend ¥1000, get ¥200")
CAMPAIGN_BEGAN_DAYS_AGO = 4

_PATIENCE_S = 120.0
"""Of one call with its repetitions: long enough for a worker that is killed again and again."""


@dataclass(frozen=True, slots=True)
class DemoShop:
    """The API in each role, Temporal and the database, for the merchant of this demo; `run` is in all of its ids."""

    run: str
    locale: str
    opened_at: datetime
    merchant: Api
    reviewer: Api
    warehouse: Api
    ops: Api
    owner: Api
    http: httpx.AsyncClient
    temporal: Client
    temporal_ui_url: str | None
    engine: AsyncEngine
    loyalty: LoyaltySystem

    @property
    def merchant_id(self) -> str:
        return _merchant_id(self.run)

    def days_ago(self, days: int) -> str:
        """Return a time on the wire; the days to come are below zero."""
        return (self.opened_at - timedelta(days=days)).isoformat()

    def workflow_url(self, refund_id: str) -> str | None:
        """Return where the Temporal UI shows a refund, if there is a UI that we know of."""
        if self.temporal_ui_url is None:
            return None
        return f"{self.temporal_ui_url}/namespaces/{self.temporal.namespace}/workflows/refund-{refund_id}"


@asynccontextmanager
async def open_shop(
    stack: StackDescription, namespace: str = "default", locale: str = LOCALES[0]
) -> AsyncIterator[DemoShop]:
    """Open a new shop on a running stack, with its campaign running; its customers speak the language of `locale`."""
    run, engine = secrets.token_hex(3), open_engine(stack.database_url, pool_size=2)
    try:
        keys = await _new_keys(engine, _merchant_id(run))
        async with open_http(stack.api_url) as http, loyalty_system() as loyalty:
            by_role = {role: Api(http, key, patience_s=_PATIENCE_S) for role, key in keys.items()}
            shop = DemoShop(
                run=run,
                locale=locale,
                opened_at=clock.now().replace(microsecond=0),
                merchant=by_role[Role.MERCHANT],
                reviewer=by_role[Role.REVIEWER],
                warehouse=by_role[Role.WAREHOUSE],
                ops=by_role[Role.OPS],
                owner=by_role[Role.OWNER],
                http=http,
                temporal=await connect(stack, namespace),
                temporal_ui_url=stack.temporal_ui_url,
                engine=engine,
                loyalty=loyalty,
            )
            await loyalty.is_named_by(shop.owner)
            await _begin_campaign(shop)
            yield shop
    finally:
        await engine.dispose()


def _merchant_id(run: str) -> str:
    return f"demo-{run}"


async def _new_keys(engine: AsyncEngine, merchant_id: str) -> dict[Role, str]:
    roles: tuple[Role, ...] = (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER)
    keys = {role: f"mk_{role}_{secrets.token_urlsafe(24)}" for role in roles}
    with of_merchant(merchant_id):
        async with engine.begin() as connection:
            for role, key in keys.items():
                await api_keys.remember(connection, key=key, merchant_id=merchant_id, role=role)
    return keys


async def _begin_campaign(shop: DemoShop) -> None:
    """Spend ¥1000, get ¥200 back; only what is paid from its beginning on counts. Managers may signal up to ¥500.

    Points and gift cards live in a system of the merchant's own.
    """
    elsewhere = dict.fromkeys(LIVES_THERE, NAME)
    policy = {"approval_from_temporal": {"allowed": True, "up_to": 500_00}, "entitlements_elsewhere": elsewhere}
    await shop.ops.put("/v1/policy", policy)
    await shop.merchant.put(
        f"/v1/campaigns/{CAMPAIGN}",
        {
            "name": CAMPAIGN_NAME.in_language(shop.locale),
            "kind": "spend_threshold",
            "starts_at": shop.days_ago(CAMPAIGN_BEGAN_DAYS_AGO),
            "ends_at": shop.days_ago(-26),
            "currency": "CNY",
            "threshold": 1000_00,
            "reward": {"kind": "store_credit", "amount": 200_00},
        },
    )
