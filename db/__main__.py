"""`python -m db upgrade` brings the schema up to date; `seal` and `unsealed` are about what is personal in it,
`brought-back` and `looked-up` about an older copy that took its place.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from db import api_keys, journal, restores, sealing, unsealed
from db.application_role import NoSuchRole
from db.engine import open_engine
from db.migrate import upgrade
from db.sealing import Ring, StaysSealed
from db.unsealed import ToSeal
from db.whose import Everyones, of_everyone
from domain.audit_actions import AuditAction
from settings import Settings

_USAGE = """usage: python -m db upgrade | seal | unsealed | brought-back | looked-up
  upgrade       bring the schema up to date
  seal          seal what is personal and lies in clear, or under an older key, with the newest of
                MAKEWHOLE_ENCRYPTION_KEYS
  unsealed      count what `seal` would do, and change nothing
  brought-back  note that an older copy has taken the place of the database: from then on a person is asked about each
                payment of before whose provider lists its refunds to nobody
  looked-up     note that people know all that was paid back meanwhile, and have told it: nobody is asked any more
The audit trail of each merchant says who noted the last two."""


@dataclass(frozen=True, slots=True)
class _Noting:
    """What is noted, and how each merchant's audit trail says that it was."""

    note: Callable[[AsyncConnection], Awaitable[object]]
    action: AuditAction
    sentence: str


_NOTES: Mapping[str, _Noting] = {
    "brought-back": _Noting(
        restores.note_brought_back,
        AuditAction.DATABASE_BROUGHT_BACK,
        "an older copy took the place of the database: a person is asked about payments of before",
    ),
    "looked-up": _Noting(
        restores.note_looked_up,
        AuditAction.DATABASE_LOOKED_UP,
        "people know all that was paid back since the copy: nobody is asked about payments any more",
    ),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in ("upgrade", "seal", "unsealed", *_NOTES):
        print(_USAGE, file=sys.stderr)
        return 2
    settings = Settings.from_environment()
    owner_url = settings.owner_database_url or settings.database_url
    try:
        if arguments[0] == "upgrade":
            upgrade(owner_url, settings.database_url)
            print("the schema is up to date")
            return 0
        if arguments[0] in _NOTES:
            return asyncio.run(_note(arguments[0], owner_url))
        return asyncio.run(_go_through(arguments[0], owner_url, settings))
    except (NoSuchRole, StaysSealed) as refused:
        print(refused, file=sys.stderr)
        return 1


async def _note(what: str, owner_url: str) -> int:
    """Fail where there is nothing to look up: it was never brought back."""
    engine, noting = open_engine(owner_url, pool_size=1), _NOTES[what]
    try:
        with of_everyone(Everyones.RESTORED):
            async with engine.begin() as connection:
                is_noted = await noting.note(connection)
                if is_noted:
                    await _tell_each_merchant(connection, noting)
    finally:
        await engine.dispose()
    print("it is noted" if is_noted else "nobody has noted that the database was brought back")
    return 0 if is_noted else 1


async def _tell_each_merchant(connection: AsyncConnection, noting: _Noting) -> None:
    note = journal.by_operator(noting.action, noting.sentence, {})
    for merchant_id in await api_keys.merchants(connection):
        await journal.record_of_merchant(connection, merchant_id, note)


async def _go_through(task: str, owner_url: str, settings: Settings) -> int:
    """Fail as long as something is left."""
    if not settings.encryption_keys:
        print(f"{sealing.SETTING} is not set: give it as the API and the workers have it", file=sys.stderr)
        return 2
    ring = Ring(settings.encryption_keys)
    sealing.use(ring)
    engine = open_engine(owner_url, pool_size=1)
    try:
        with of_everyone(Everyones.SEALED):
            counts = await (unsealed.seal if task == "seal" else unsealed.count)(engine, ring)
    finally:
        await engine.dispose()
    for each in counts:
        if each.found:
            print(_said(each))
    left = sum(each.found - each.sealed for each in counts)
    print(f"{left} rows are left that are not sealed under the newest key")
    return 1 if left else 0


def _said(count: ToSeal) -> str:
    return f"{count.table}: {count.found} rows, {count.sealed} sealed"


sys.exit(main(sys.argv[1:]))
