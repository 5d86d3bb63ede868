"""API keys: a set for the merchant `demo`, made once a home, and single ones on demand."""

import asyncio
import base64
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from db import api_keys, migrate
from db.api_keys import Role
from db.engine import open_engine
from settings import StackSettings
from stack import StackError
from stack.home import Home

FILE = "keys.json"
WEBHOOK_SECRET = "webhook-secret"  # noqa: S105 - a file's name
MERCHANT_ID = "demo"


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """One key a role, all for the same merchant."""

    merchant: str
    reviewer: str
    warehouse: str
    ops: str


def kept_keys(home: Home) -> ApiKeys:
    """Return the home's keys; they are made at the first start and stay the same."""
    return ApiKeys(**json.loads(home.remembered(FILE, lambda: json.dumps(asdict(_new_keys()), indent=2))))


def kept_webhook_secret(home: Home) -> str:
    """Return the secret that the home's sandbox signs its webhooks with, made like the keys."""
    return home.remembered(WEBHOOK_SECRET, lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def prepare_database(database_url: str, keys: ApiKeys) -> None:
    """Bring the schema up to date and let the keys in. Not for a thread with a running event loop."""
    try:
        migrate.upgrade(database_url)
        asyncio.run(_let_in(database_url, keys))
    except (SQLAlchemyError, CommandError, ValueError) as error:
        raise StackError(f"the database could not be prepared: {error}") from error


def make_key(settings: StackSettings, merchant_id: str, role: Role, customer_id: str | None) -> str:
    """Make one more key in the database of the running stack, or in the one that MAKEWHOLE_DATABASE_URL names."""
    key = _new_key(role)
    try:
        asyncio.run(_remember(_database_url(settings), key, merchant_id, role, customer_id))
    except (SQLAlchemyError, ValueError) as error:
        raise StackError(f"the key could not be stored: {error}") from error
    return key


def _database_url(settings: StackSettings) -> str:
    if settings.database_url:
        return settings.database_url
    description = Path(settings.home / "stack.json")
    if not description.exists():
        raise StackError(f"no stack runs on {settings.home}: start `make up`, or set MAKEWHOLE_DATABASE_URL")
    return str(json.loads(description.read_text(encoding="utf-8"))["database_url"])


def _new_keys() -> ApiKeys:
    return ApiKeys(
        merchant=_new_key(Role.MERCHANT),
        reviewer=_new_key(Role.REVIEWER),
        warehouse=_new_key(Role.WAREHOUSE),
        ops=_new_key(Role.OPS),
    )


def _new_key(role: Role) -> str:
    return f"mk_{role.value}_{secrets.token_urlsafe(24)}"


async def _let_in(database_url: str, keys: ApiKeys) -> None:
    for role, key in asdict(keys).items():
        await _remember(database_url, key, MERCHANT_ID, Role(role), None)


async def _remember(database_url: str, key: str, merchant_id: str, role: Role, customer_id: str | None) -> None:
    engine = open_engine(database_url)
    try:
        async with engine.begin() as connection:
            await api_keys.remember(
                connection, key=key, merchant_id=merchant_id, role=role.value, customer_id=customer_id
            )
    finally:
        await engine.dispose()
