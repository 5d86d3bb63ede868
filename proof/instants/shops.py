"""Merchants for the races: several, because the service leaves each of them a share only."""

from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.merchants import ROLES, new_merchant
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
    name, keys = await new_merchant(engine)
    return Staff(name, *(Api(http, keys[role], patience_s=_PATIENCE_S) for role in ROLES))
