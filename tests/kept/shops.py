"""The merchants of the kept directory: one a scene, called as the scene, with keys that follow from their names."""

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db.api_keys import Role
from tests.shop import Shop
from tools.client import Api

STAFF = tuple(role for role in Role if role is not Role.CUSTOMER)

WITHIN_S = 240.0
"""Far longer than anything here takes on a busy machine: it bounds a test that hangs, it measures nothing."""


def shop_called(name: str, http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client) -> Shop:
    """A merchant whose people repeat what they say for as long as nobody answers."""
    keys: dict[Role, str] = {role: f"mk_{role}_{name}" for role in STAFF}
    shop = Shop(name, keys, http, engine, temporal)
    for role in STAFF:
        setattr(shop, role, Api(http, keys[role], patience_s=WITHIN_S))
    return shop
