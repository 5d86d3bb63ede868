"""`python -m api.keys --merchant M --role R [--customer C]` makes an API key and prints it."""

import argparse
import asyncio
import json
import secrets
import sys

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from db import api_keys, journal
from db.api_keys import NewKey, Role
from db.engine import open_engine
from db.whose import of_merchant
from domain import spelling
from domain.audit_actions import AuditAction
from domain.said import OPERATOR
from settings import StackSettings


class KeyNotMade(Exception):
    """No key was stored; the message says what would be right."""


def make_key(
    settings: StackSettings, merchant_id: str, role: Role, customer_id: str | None, person: str | None = None
) -> str:
    """Make one more key in the database of the running stack, or in the one that MAKEWHOLE_DATABASE_URL names.

    Raises KeyNotMade where there is none, or where the merchant or the customer can't be.
    """
    key = new_key(role)
    try:
        asyncio.run(store_key(_database_url(settings), key, merchant_id, role, customer_id, person))
    except (SQLAlchemyError, ValueError) as error:
        raise KeyNotMade(f"the key could not be stored: {error}") from error
    return key


def new_key(role: Role) -> str:
    return f"mk_{role.value}_{secrets.token_urlsafe(24)}"


async def store_key(
    database_url: str, key: str, merchant_id: str, role: Role, customer_id: str | None, person: str | None = None
) -> None:
    """Store a key, with an entry in the audit trail; one that is known already is left alone."""
    engine = open_engine(database_url)
    new = NewKey(key, merchant_id, role, customer_id, person, made_by=OPERATOR)
    try:
        with of_merchant(spelling.merchant_identifier(merchant_id)):
            async with engine.begin() as connection:
                await _store(connection, new)
    finally:
        await engine.dispose()


async def _store(connection: AsyncConnection, new: NewKey) -> None:
    key_id = await api_keys.store(connection, new)
    if key_id is not None:
        detail = {"key_id": key_id, "role": new.role, "person": new.person, "for": new.customer_id}
        note = journal.by_operator(AuditAction.KEY_MADE, f"a key is made for {new.role}", detail)
        await journal.record_of_merchant(connection, new.merchant_id, note)


def _database_url(settings: StackSettings) -> str:
    if settings.database_url:
        return settings.database_url
    description = settings.home / "stack.json"
    if not description.exists():
        raise KeyNotMade(f"no stack runs on {settings.home}: start `make up`, or set MAKEWHOLE_DATABASE_URL")
    return str(json.loads(description.read_text(encoding="utf-8"))["database_url"])


def main() -> int:
    arguments = _parser().parse_args()
    role, customer_id = Role(arguments.role), arguments.customer or None
    if (role is Role.CUSTOMER) != (customer_id is not None):
        return _refuse("a key names its customer exactly when its role is `customer`")
    try:
        print(
            make_key(StackSettings.from_environment(), arguments.merchant, role, customer_id, arguments.person or None)
        )
    except (KeyNotMade, ValueError) as error:
        return _refuse(str(error))
    return 0


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api.keys", description="Make an API key and print it.")
    parser.add_argument("--merchant", required=True, metavar="M")
    parser.add_argument("--role", required=True, choices=[role.value for role in Role])
    parser.add_argument("--customer", metavar="C", help="for the role customer: whose key it is")
    parser.add_argument("--person", metavar="P", help="who has the key, by a name of your own: no role's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
