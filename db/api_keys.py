"""API keys: who a caller is, and until when. Only a key's hash is stored, and its beginning."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Select, delete, extract, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import api_keys
from domain import spelling
from domain.sale.guests import is_guest

ENDED_KEYS = "makewhole_ended_keys"
"""The channel on which PostgreSQL tells the hash of a key whose end has changed."""

_USED_ANEW = timedelta(hours=1)
"""The last use is written no more often: it says whether a key is still needed."""

_KEPT = timedelta(days=30)
"""So long a customer's key is listed after its end; how it was made and ended stays in the audit trail."""

_FORGOTTEN_AT_ONCE = 1_000

_SHOWN_OF_SECRET = 6
"""So many letters of what is secret show in a list: 26 of 32 are left to be guessed."""

PERSON = "person:"
"""How what stands for a person begins, in place of a key's id."""

_GUEST = "guest"
"""What a customer without an account is called."""


class Role(StrEnum):
    """What a caller may do."""

    MERCHANT = "merchant"
    REVIEWER = "reviewer"
    WAREHOUSE = "warehouse"
    OPS = "ops"
    OWNER = "owner"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling; `customer_id` is set for customers, who see only their own. `key_id` names the key they use.

    `person` is who has the key, "" where that is not said. `only_order_id` is set for whoever has proved no more than
    to have bought that order, and sees no other of the customer. `made_by` is which person of the staff has made a
    customer's key, or the link that opened their session.
    """

    merchant_id: str
    role: Role
    customer_id: str | None
    key_id: str = field(default="", compare=False)
    person: str = field(default="", compare=False)
    only_order_id: str | None = None
    made_by: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """How timelines and the audit trail call this caller; the id of a guest is told to nobody."""
        who = _GUEST if is_guest(self.customer_id or "") else self.customer_id or self.person
        return f"{self.role.value}:{who}" if who else self.role.value

    @property
    def whose_keys(self) -> str:
        """Whose Idempotency-Keys this caller's are: each customer's, each guest's and each person's are their own."""
        who = self.customer_id or self.person
        return f"{self.role.value}:{who}" if who else self.role.value

    @property
    def identity(self) -> str:
        """Who speaks: the same for all keys of a person; a key that names nobody stands for itself."""
        return PERSON + self.person if self.person else self.key_id

    @property
    def asks_as(self) -> str:
        """Who has asked for what this caller asks for: whoever made a customer's key may use it themselves."""
        return PERSON + self.made_by if self.made_by else self.identity

    @property
    def as_told(self) -> str:
        """How sentences call this caller that customers read: who of the staff it was stays in the house."""
        return self.name if self.customer_id else self.role.value


def person_in(name: str) -> str:
    """Read out of what one of the staff is called (`Caller.name`) which person it is; "" where that is not said."""
    return name.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Known:
    """Whose a key is, for how many milliseconds it will be (None: no end), and whether its use is to be noted."""

    caller: Caller
    lasts_ms: int | None
    is_used_anew: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is listed."""

    key_id: str
    prefix: str | None
    role: Role
    person: str | None
    customer_id: str | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    number: int
    key_sha256: str = field(repr=False)
    is_over: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be stored. Raises ValueError for what could be nobody's."""

    key: str = field(repr=False)
    merchant_id: str
    role: Role
    customer_id: str | None = None
    person: str | None = None
    expires_at: datetime | None = None
    made_by: str | None = None

    def row(self) -> dict[str, Any]:
        if (self.role is Role.CUSTOMER) != (self.customer_id is not None):
            raise ValueError("a customer's key, and only a customer's, names its customer")
        if self.person is not None and (self.role is Role.CUSTOMER or self.person in set(Role)):
            raise ValueError("a person is one of the staff, by a name that is no role")
        return {
            "key_sha256": hashed(self.key),
            "merchant_id": spelling.merchant_identifier(self.merchant_id),
            "role": self.role,
            "customer_id": None if self.customer_id is None else spelling.identifier(self.customer_id),
            "person": None if self.person is None else spelling.identifier(self.person),
            "prefix": _prefix(self.key, self.role),
            "expires_at": self.expires_at,
            "made_by": self.made_by,
        }


async def remember(
    connection: AsyncConnection, *, key: str, merchant_id: str, role: str, customer_id: str | None = None
) -> None:
    """Store a key's hash; a key that is known already is left alone.

    Raises ValueError for an unknown role, and for the id of a merchant or a customer that could not be one.
    """
    await store(connection, NewKey(key, merchant_id, Role(role), customer_id))


async def store(connection: AsyncConnection, new: NewKey) -> str | None:
    """Store a key's hash; return the id by which it is named, None where the key is known already."""
    stored = insert(api_keys).values(new.row()).on_conflict_do_nothing().returning(api_keys.c.key_id)
    key_id: str | None = (await connection.execute(stored)).scalar_one_or_none()
    return key_id


async def identify(connection: AsyncConnection, key: str) -> Known | None:
    """Find whose a key is; None for one that nobody knows, that was revoked or has expired."""
    row = (await _found(key_sha256=hashed(key)).on(connection)).one_or_none()
    if row is None:
        return None
    made_by = "" if row.customer_id is None else person_in(row.made_by or "")
    caller = Caller(row.merchant_id, Role(row.role), row.customer_id, row.key_id, row.person or "", made_by=made_by)
    return Known(caller, row.lasts_ms, row.is_used_anew)


@built_once
def _found(*, key_sha256: Any) -> Select[Any]:
    lasts = (extract("epoch", api_keys.c.expires_at - func.now()) * 1000).cast(BigInteger)
    return select(api_keys, lasts.label("lasts_ms"), _unused_for_long().label("is_used_anew")).where(
        api_keys.c.key_sha256 == key_sha256, _is_valid()
    )


async def note_use(connection: AsyncConnection, key_id: str) -> None:
    """Note that a key is used, unless that was noted a short while ago."""
    used = update(api_keys).where(api_keys.c.key_id == key_id, _unused_for_long())
    await connection.execute(used.values(last_used_at=func.now()))


async def listed(connection: AsyncConnection, merchant_id: str, *, before: int, limit: int) -> Sequence[KeyRow]:
    """List keys of a merchant, the newest first, from the one before number `before` on; nought begins."""
    query = _listed().where(api_keys.c.merchant_id == merchant_id).order_by(api_keys.c.number.desc()).limit(limit)
    if before:
        query = query.where(api_keys.c.number < before)
    return [_row(row) for row in await connection.execute(query)]


async def find(connection: AsyncConnection, merchant_id: str, key_id: str) -> KeyRow | None:
    query = _listed().where(api_keys.c.merchant_id == merchant_id, api_keys.c.key_id == key_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _row(row)


async def merchants(connection: AsyncConnection) -> Sequence[str]:
    """Name every merchant that has, or had, a key."""
    query = select(api_keys.c.merchant_id).distinct().order_by(api_keys.c.merchant_id)
    return (await connection.execute(query)).scalars().all()


async def lock(connection: AsyncConnection, merchant_id: str, key_id: str) -> KeyRow | None:
    """Find a key and hold it until the end of the transaction: who ends it at the same time waits."""
    query = _listed().where(api_keys.c.merchant_id == merchant_id, api_keys.c.key_id == key_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _row(row)


async def lock_owners(connection: AsyncConnection, merchant_id: str) -> list[KeyRow]:
    """Hold the valid keys of a merchant's owners until the end of the transaction, and return them."""
    of_owners = (api_keys.c.merchant_id == merchant_id) & (api_keys.c.role == Role.OWNER) & _is_valid()
    query = _listed().where(of_owners).order_by(api_keys.c.number).with_for_update()
    return [_row(row) for row in await connection.execute(query)]


async def revoke(connection: AsyncConnection, key_id: str) -> bool:
    """End a key at once; tell whether it was not revoked before."""
    revoked = update(api_keys).where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
    return (await connection.execute(revoked.values(revoked_at=func.now()))).rowcount > 0


async def end_after(connection: AsyncConnection, key_id: str, overlap: timedelta) -> None:
    """End a key after a while, or when it would have ended if that is sooner."""
    ends_at = func.least(func.now() + overlap, func.coalesce(api_keys.c.expires_at, func.now() + overlap))
    await connection.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(expires_at=ends_at))


async def forget_ended(connection: AsyncConnection) -> int:
    """Forget customers' keys that ended long ago, so many at once that nobody waits long; tell how many."""
    key, over = api_keys.c.key_sha256, func.now() - _KEPT
    ended = (api_keys.c.expires_at < over) | (api_keys.c.revoked_at < over)
    old = select(key).where(api_keys.c.customer_id.is_not(None), ended)
    some = old.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(api_keys).where(key.in_(some)))).rowcount


def _listed() -> Select[Any]:
    names = [each for each in KeyRow.__dataclass_fields__ if each != "is_over"]
    return select(*(api_keys.c[name] for name in names), (~_is_valid()).label("is_over"))


def _row(row: Any) -> KeyRow:
    return KeyRow(**{**row._mapping, "role": Role(row.role)})


def _is_valid() -> Any:
    return api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > func.now())


def _unused_for_long() -> Any:
    return or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < func.now() - _USED_ANEW)


def _prefix(key: str, role: Role) -> str | None:
    """The beginning of a key of ours; nothing of one that others have made up, which may be short."""
    ours = f"mk_{role}_"
    is_long = len(key) >= len(ours) + 5 * _SHOWN_OF_SECRET
    return key[: len(ours) + _SHOWN_OF_SECRET] if key.startswith(ours) and is_long else None


def told(key: str) -> str:
    """What a log may say of a key that was refused: its beginning if it is one of ours, of any other nothing."""
    return next((known for role in Role if (known := _prefix(key, role))), "nothing of ours")


def hashed(key: str) -> str:
    """How a key is stored, and told of on the channel of those that ended."""
    return hashlib.sha256(key.encode()).hexdigest()
