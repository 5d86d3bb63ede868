"""Merchants for the races: several, because the service leaves each of them a share only."""

import secrets
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from db import api_keys
from db.api_keys import Role
from tools.client import Api

_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one merchant, each with a key of their role."""

    name: str
    merchant: Api
    reviewer: Api
    warehouse: Api
    ops: Api


async def open_shop(http: httpx.AsyncClient, engine: AsyncEngine) -> Staff:
    name, roles = f"m-{secrets.token_hex(6)}", (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS)
    keys = {role: f"mk_{role}_{secrets.token_hex(8)}" for role in roles}
    async with engine.begin() as connection:
        for role, key in keys.items():
            await api_keys.remember(connection, key=key, merchant_id=name, role=role)
    return Staff(name, *(Api(http, keys[role], patience_s=_PATIENCE_S) for role in roles))
