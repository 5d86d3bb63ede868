"""Sign-ins on their way: of what the browser and the provider have to bring back, hashes alone are kept."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.api_keys import hashed
from db.schema import sign_ins

_KEPT = timedelta(hours=1)
_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where somebody was sent from, who they want to be, and where they want to go then."""

    merchant_id: str
    provider_id: str
    role: str | None
    return_to: str


async def begin(connection: AsyncConnection, sign_in: SignIn, state: str, browser: str, lasts: timedelta) -> None:
    """Note that a browser is sent to a provider."""
    row = {name: getattr(sign_in, name) for name in SignIn.__slots__}
    row |= {"state_sha256": hashed(state), "browser_sha256": hashed(browser)}
    await connection.execute(insert(sign_ins).values(**row, expires_at=func.now() + lasts))


async def use(
    connection: AsyncConnection, merchant_id: str, provider_id: str, state: str, browser: str
) -> SignIn | None:
    """Use a sign-in up, and return it: once, in time, from the browser that began it, at the provider it was sent to.

    What is another's stays as it was: nobody can use up the sign-in of somebody else's browser.
    """
    is_it = (sign_ins.c.state_sha256 == hashed(state)) & (sign_ins.c.browser_sha256 == hashed(browser))
    is_it &= (sign_ins.c.merchant_id == merchant_id) & (sign_ins.c.provider_id == provider_id)
    is_open = sign_ins.c.used_at.is_(None) & (sign_ins.c.expires_at > func.now())
    used = update(sign_ins).where(is_it, is_open).values(used_at=func.now())
    told = used.returning(*(sign_ins.c[name] for name in SignIn.__slots__))
    row = (await connection.execute(told)).one_or_none()
    return None if row is None else SignIn(*row)


async def forget_old(connection: AsyncConnection) -> int:
    """Forget sign-ins that were over an hour ago, so many at once that nobody waits long; tell how many."""
    key = sign_ins.c.state_sha256
    old = select(key).where(sign_ins.c.expires_at < func.now() - _KEPT).order_by(sign_ins.c.expires_at)
    some = old.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(sign_ins).where(key.in_(some)))).rowcount
