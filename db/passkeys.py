"""Passkeys of customers: the public halves, and challenges, each of which is good for a while and once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import passkey_challenges, passkeys

_CHALLENGE_BYTES = _HANDLE_BYTES = 32
_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Maker:
    """For whom a passkey is made, and in which session of theirs."""

    customer_id: str
    session_id: str
    user_handle: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an authenticator has to sign; with a maker it makes a passkey, without one it uses one."""

    challenge_id: str
    challenge: bytes
    merchant_id: str
    maker: Maker | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Passkey:
    """`is_synced`: whether it may be on several devices of its customer."""

    passkey_id: str
    merchant_id: str
    customer_id: str
    user_handle: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What an authenticator has made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


async def ask(connection: AsyncConnection, merchant_id: str, maker: Maker | None, lasts: timedelta) -> Challenge:
    """Draw a challenge."""
    row = {"challenge_id": f"pch_{secrets.token_hex(16)}", "challenge": secrets.token_bytes(_CHALLENGE_BYTES)}
    whose = {name: getattr(maker, name) for name in Maker.__slots__} if maker else {}
    new = insert(passkey_challenges).values(**row, merchant_id=merchant_id, **whose, expires_at=func.now() + lasts)
    expires_at = (await connection.execute(new.returning(passkey_challenges.c.expires_at))).scalar_one()
    return Challenge(**row, merchant_id=merchant_id, maker=maker, expires_at=expires_at)  # type: ignore[arg-type]


async def use(connection: AsyncConnection, challenge_id: str) -> Challenge | None:
    """Use a challenge up; of many who do at once one gets it. None where it is over, was used, or never was."""
    table = passkey_challenges
    used = delete(table).where(table.c.challenge_id == challenge_id, table.c.expires_at > func.now())
    row = (await connection.execute(used.returning(table))).one_or_none()
    if row is None:
        return None
    maker = Maker(row.customer_id, row.session_id, row.user_handle) if row.customer_id else None
    return Challenge(row.challenge_id, row.challenge, row.merchant_id, maker, row.expires_at)


async def handle_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> bytes:
    """Return what authenticators know a customer by: it says nothing to anybody else."""
    query = select(passkeys.c.user_handle).where(
        passkeys.c.merchant_id == merchant_id, passkeys.c.customer_id == customer_id
    )
    known: bytes | None = (await connection.execute(query.limit(1))).scalar_one_or_none()
    return known or secrets.token_bytes(_HANDLE_BYTES)


async def credentials_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> Sequence[bytes]:
    """Name a customer's passkeys as their authenticators do."""
    query = select(passkeys.c.credential_id).where(
        passkeys.c.merchant_id == merchant_id, passkeys.c.customer_id == customer_id
    )
    return (await connection.execute(query)).scalars().all()


async def add(connection: AsyncConnection, merchant_id: str, maker: Maker, made: NewPasskey) -> Passkey | None:
    """Keep a passkey; None where somebody has one of that name already."""
    row = {name: getattr(made, name) for name in NewPasskey.__slots__}
    whose = {"merchant_id": merchant_id, "customer_id": maker.customer_id, "user_handle": maker.user_handle}
    new = insert(passkeys).values(**row, **whose).on_conflict_do_nothing(index_elements=["credential_id"])
    kept = (await connection.execute(new.returning(*_SHOWN))).one_or_none()
    return None if kept is None else Passkey(*kept)


async def find(connection: AsyncConnection, merchant_id: str, credential_id: bytes) -> Passkey | None:
    """Find a passkey and lock it: who uses it at the same time waits."""
    of_merchant = (passkeys.c.merchant_id == merchant_id) & (passkeys.c.credential_id == credential_id)
    row = (await connection.execute(select(*_SHOWN).where(of_merchant).with_for_update())).one_or_none()
    return None if row is None else Passkey(*row)


async def note_use(connection: AsyncConnection, passkey: Passkey, sign_count: int, *, is_synced: bool) -> None:
    values = {"sign_count": sign_count, "is_synced": is_synced, "last_used_at": func.now()}
    await connection.execute(update(passkeys).where(passkeys.c.passkey_id == passkey.passkey_id).values(values))


async def list_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> list[Passkey]:
    """List a customer's passkeys, the oldest first."""
    whose = (passkeys.c.merchant_id == merchant_id) & (passkeys.c.customer_id == customer_id)
    query = select(*_SHOWN).where(whose).order_by(passkeys.c.created_at, passkeys.c.passkey_id)
    return [Passkey(*row) for row in await connection.execute(query)]


async def remove(
    connection: AsyncConnection, merchant_id: str, passkey_id: str, of_customer: str | None = None
) -> str | None:
    """Forget a passkey; return whose it was, None where there is none of that name, or it is of another customer."""
    gone = delete(passkeys).where(passkeys.c.merchant_id == merchant_id, passkeys.c.passkey_id == passkey_id)
    if of_customer is not None:
        gone = gone.where(passkeys.c.customer_id == of_customer)
    whose: str | None = (await connection.execute(gone.returning(passkeys.c.customer_id))).scalar_one_or_none()
    return whose


async def forget_made_by(connection: AsyncConnection, merchant_id: str, customer_id: str) -> int:
    """Forget all passkeys of a customer, and tell how many; their sessions end beside it, so no challenge makes one."""
    theirs = (passkeys.c.merchant_id == merchant_id) & (passkeys.c.customer_id == customer_id)
    return (await connection.execute(delete(passkeys).where(theirs))).rowcount


async def forget_of(connection: AsyncConnection, merchant_id: str, customer_ids: Sequence[str]) -> None:
    """Forget all passkeys of somebody, and challenges that would make one."""
    for table in (passkeys, passkey_challenges):
        theirs = (table.c.merchant_id == merchant_id) & table.c.customer_id.in_(customer_ids)
        await connection.execute(delete(table).where(theirs))


async def forget_old(connection: AsyncConnection) -> int:
    """Forget challenges that are over, so many at once that nobody waits long; tell how many."""
    table = passkey_challenges
    old = select(table.c.challenge_id).where(table.c.expires_at < func.now()).order_by(table.c.expires_at)
    some = old.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(table).where(table.c.challenge_id.in_(some)))).rowcount


_SHOWN = tuple(passkeys.c[name] for name in Passkey.__slots__)
