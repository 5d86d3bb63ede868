"""The API keys of a home: a set for the merchant `demo`, made at the first start."""

import asyncio
import base64
import json
import secrets
from dataclasses import asdict, dataclass, field

import httpx
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from api.keys import new_key, store_key
from db import migrate
from db.api_keys import Role
from db.application_role import NoSuchRole
from tools.client import Api, Staff
from tools.stack import StackError
from tools.stack.data_dir import DataDir
from tools.stack.door.roles import DoorRole

FILE = "keys.json"
WEBHOOK_SECRET = "webhook-secret"  # noqa: S105 - a file's name
ENCRYPTION_KEY = "encryption-key"
PAYLOAD_KEY = "payload-key"
AUDIT_KEY = "audit-key"
TEMPORAL_KEYS = "temporal-keys.json"
MERCHANT_ID = "demo"


@dataclass(frozen=True, slots=True)
class Database:
    """The address that the programs have, and the one of the role that owns their tables."""

    url: str
    owner_url: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """One key a role, all for the same merchant."""

    merchant: str
    reviewer: str
    warehouse: str
    ops: str
    owner: str

    def staff(self, http: httpx.AsyncClient) -> Staff:
        """The people who have these keys."""
        return Staff(*(Api(http, key) for key in (self.merchant, self.reviewer, self.warehouse, self.ops)))


@dataclass(frozen=True, slots=True)
class TemporalKeys:
    """Keys of the embedded Temporal's door: the programs', that of people who speak to refunds, and one for looking."""

    worker: str = field(repr=False)
    operator: str = field(repr=False)
    reader: str = field(repr=False)


def kept_temporal_keys(home: DataDir) -> TemporalKeys:
    """Return the home's keys of Temporal's door, made like the others."""
    made = {role.value: f"tk_{role}_{secrets.token_urlsafe(24)}" for role in DoorRole}
    return TemporalKeys(**json.loads(home.remembered(TEMPORAL_KEYS, lambda: json.dumps(made, indent=2))))


def kept_keys(home: DataDir) -> ApiKeys:
    """Return the home's keys; they are made at the first start and stay the same."""
    made = asdict(new_api_keys())
    kept = json.loads(home.remembered(FILE, lambda: json.dumps(made, indent=2)))
    if made.keys() - kept.keys():  # a home of an earlier version, which did not know a role
        kept = {**made, **kept}
        home.write(FILE, json.dumps(kept, indent=2))
    return ApiKeys(**kept)


def kept_webhook_secret(home: DataDir) -> str:
    """Return the secret that the home's sandbox signs its webhooks with, made like the keys."""
    return home.remembered(WEBHOOK_SECRET, lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def kept_encryption_key(home: DataDir) -> str:
    """Return the key that the home's bank accounts are kept under, made like the others, with its id."""
    return home.remembered(ENCRYPTION_KEY, _random_key)


def kept_payload_key(home: DataDir) -> str:
    """Return the key that the home's Temporal is given everything under, likewise."""
    return home.remembered(PAYLOAD_KEY, _random_key)


def _random_key() -> str:
    return "home:" + base64.b64encode(secrets.token_bytes(32)).decode()


def kept_audit_key(home: DataDir) -> str:
    """Return the key that the home's workers sign checkpoints of audit trails with, made like the others."""
    return home.remembered(AUDIT_KEY, _random_key)


def prepare_database(database: Database, keys: ApiKeys) -> None:
    """Bring the schema up to date and let the keys in. Not for a thread with a running event loop."""
    try:
        migrate.upgrade(database.owner_url, database.url)
        asyncio.run(_let_in(database.url, keys))
    except (SQLAlchemyError, CommandError, NoSuchRole, ValueError) as error:
        raise StackError(f"the database could not be prepared: {error}") from error


def new_api_keys() -> ApiKeys:
    """A key for each role; nobody is let in with them yet."""
    return ApiKeys(
        merchant=new_key(Role.MERCHANT),
        reviewer=new_key(Role.REVIEWER),
        warehouse=new_key(Role.WAREHOUSE),
        ops=new_key(Role.OPS),
        owner=new_key(Role.OWNER),
    )


async def _let_in(database_url: str, keys: ApiKeys) -> None:
    for role, key in asdict(keys).items():
        await store_key(database_url, key, MERCHANT_ID, Role(role), None)
