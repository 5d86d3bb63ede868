"""API keys: who a caller is. Only a key's hash is stored."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import api_keys
from domain import spelling


class Role(StrEnum):
    MERCHANT = "merchant"
    REVIEWER = "reviewer"
    WAREHOUSE = "warehouse"
    OPS = "ops"
    OWNER = "owner"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling; `customer_id` is set for customers, who see only their own. `key_id` names the key they use."""

    merchant_id: str
    role: Role
    customer_id: str | None
    key_id: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """How timelines and the audit trail call this caller."""
        return f"customer:{self.customer_id}" if self.customer_id else self.role.value


async def remember(
    connection: AsyncConnection, *, key: str, merchant_id: str, role: str, customer_id: str | None = None
) -> None:
    """Store a key's hash; a key that is known already is left alone.

    Raises ValueError for an unknown role, and for the id of a merchant or a customer that could not be one.
    """
    merchant_id = spelling.merchant_identifier(merchant_id)
    customer_id = None if customer_id is None else spelling.identifier(customer_id)
    if (Role(role) is Role.CUSTOMER) != (customer_id is not None):
        raise ValueError("a customer's key, and only a customer's, names its customer")
    row = {"key_sha256": _hash(key), "merchant_id": merchant_id, "role": Role(role), "customer_id": customer_id}
    await connection.execute(insert(api_keys).values(row).on_conflict_do_nothing())


async def identify(connection: AsyncConnection, key: str) -> Caller | None:
    row = (await _found(key_sha256=_hash(key)).on(connection)).one_or_none()
    return Caller(row.merchant_id, Role(row.role), row.customer_id, row.key_id) if row else None


@built_once
def _found(*, key_sha256: Any) -> Select[Any]:
    return select(api_keys).where(api_keys.c.key_sha256 == key_sha256)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
