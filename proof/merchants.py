"""Merchants of their own for a bench or a race, with a key of each role."""

import secrets

from sqlalchemy.ext.asyncio import AsyncEngine

from db import api_keys
from db.api_keys import Role

ROLES = (Role.MERCHANT, Role.REVIEWER, Role.WAREHOUSE, Role.OPS)


async def new_merchant(engine: AsyncEngine) -> tuple[str, dict[Role, str]]:
    """Make a merchant; return its id and its keys by role."""
    keys, merchant_id = {role: f"mk_{role}_{secrets.token_hex(8)}" for role in ROLES}, f"m-{secrets.token_hex(6)}"
    async with engine.begin() as connection:
        for role, key in keys.items():
            await api_keys.remember(connection, key=key, merchant_id=merchant_id, role=role)
    return merchant_id, keys
