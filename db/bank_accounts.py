"""The bank accounts that customers named for their refunds: sealed, but for how their numbers end."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import bank_accounts


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """`sealed` is what `service/bank_accounts.py` has sealed; None where it was erased."""

    refund_id: str
    merchant_id: str
    ends_in: str
    key_id: str | None
    nonce: bytes | None
    sealed: bytes | None


async def add(connection: AsyncConnection, account: StoredAccount) -> None:
    await connection.execute(insert(bank_accounts).values(asdict(account)))


async def find(connection: AsyncConnection, refund_id: str) -> StoredAccount | None:
    columns = (bank_accounts.c[name] for name in StoredAccount.__slots__)
    row = (await connection.execute(select(*columns).where(bank_accounts.c.refund_id == refund_id))).one_or_none()
    return None if row is None else StoredAccount(*row)


async def ends_in(connection: AsyncConnection, refund_id: str) -> str:
    """How the number of a refund's account ends; nothing where it has none."""
    query = select(bank_accounts.c.ends_in).where(bank_accounts.c.refund_id == refund_id)
    return (await connection.execute(query)).scalar_one_or_none() or ""


async def erase(connection: AsyncConnection, refund_id: str) -> None:
    """Overwrite an account: nobody needs it any more, and how its number ends says enough."""
    nothing = {"key_id": null(), "nonce": null(), "sealed": null(), "erased_at": func.now()}
    of_refund = (bank_accounts.c.refund_id == refund_id) & bank_accounts.c.erased_at.is_(None)
    await connection.execute(update(bank_accounts).where(of_refund).values(nothing))
