"""One merchant of its own for each pass, so that the passes know nothing of each other."""

import secrets
from dataclasses import dataclass

import httpx

from db import api_keys
from db.api_keys import Role
from db.engine import open_engine
from tools.client import Api
from tools.fresh_home import ANSWER_WITHIN_S

ROLES = (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS, Role.OWNER)
_MORE_ORDERS_THAN_ANYBODY_HAS = 1_000_000
_PATIENCE_S = 3.0 * ANSWER_WITHIN_S


@dataclass(frozen=True, slots=True)
class RetailShop:
    """A merchant's ways into the API, one a role; its policy's return window is an ISO 8601 duration."""

    merchant_id: str
    return_window: str
    merchant: Api
    reviewer: Api
    warehouse: Api
    ops: Api
    owner: Api


async def open_shop(http: httpx.AsyncClient, database_url: str, return_window: str) -> RetailShop:
    """Let a new merchant in, under a policy that approves everything within `return_window` (ISO 8601) by rule.

    Only a risk of 70 and more still goes to the reviewer: no policy changes that. The `refund_limit` is so high that
    nobody reaches it: some real customers returned parts of many orders in a month, and all of it is to be replayed.
    """
    merchant_id = f"retail-{return_window}-{secrets.token_hex(4)}"
    keys = await _let_in(database_url, merchant_id)
    shop = RetailShop(
        merchant_id,
        return_window,
        merchant=Api(http, keys[Role.MERCHANT], patience_s=_PATIENCE_S),
        reviewer=Api(http, keys[Role.REVIEWER], patience_s=_PATIENCE_S),
        warehouse=Api(http, keys[Role.WAREHOUSE], patience_s=_PATIENCE_S),
        ops=Api(http, keys[Role.OPS], patience_s=_PATIENCE_S),
        owner=Api(http, keys[Role.OWNER], patience_s=_PATIENCE_S),
    )
    policy = {
        "return_window": return_window,
        "auto_approve": {"max_amount": 10**12, "max_risk": 100},
        "refund_limit": {"count": _MORE_ORDERS_THAN_ANYBODY_HAS},
    }
    await shop.ops.put("/v1/policy", policy)
    return shop


async def _let_in(database_url: str, merchant_id: str) -> dict[Role, str]:
    """Make a key for each role; the only thing besides the check of the books that does not go through HTTP."""
    keys = {role: f"mk_{role.value}_{secrets.token_urlsafe(24)}" for role in ROLES}
    engine = open_engine(database_url)
    try:
        async with engine.begin() as connection:
            for role, key in keys.items():
                await api_keys.remember(connection, key=key, merchant_id=merchant_id, role=role.value)
    finally:
        await engine.dispose()
    return keys
