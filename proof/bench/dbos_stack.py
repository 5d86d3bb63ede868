"""A second stack, on a Postgres of its own, in which DBOS moves the refunds: two processes, each both API and DBOS."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from dbos import run_dbos_database_migrations
from sqlalchemy import make_url

from settings import StackSettings
from tools.fresh_home import fresh_home
from tools.stack import ports
from tools.stack.data_dir import DataDir
from tools.stack.keys import ApiKeys, Database, prepare_database
from tools.stack.programs import MAKEWHOLE, Programs
from tools.stack.stack import Stack, StackDescription

_DBOS_MAY = (
    "grant create on database makewhole to {role}",  # it makes sure of its schema at each start
    "grant all on schema dbos to {role}",
    "grant all on all tables in schema dbos to {role}",
    "grant all on all sequences in schema dbos to {role}",
)
_WITH_DBOS = (sys.executable, "-m", "proof.bench.with_dbos")


@dataclass(frozen=True, slots=True)
class DbosStack:
    """api_url: of the first process; second_url: of the one beside it."""

    api_url: str
    second_url: str
    database_url: str
    keys: ApiKeys


@contextmanager
def dbos_stack(settings: StackSettings, beside: StackDescription) -> Iterator[DbosStack]:
    """Run it as long as the body lasts. The stack beside it has a Temporal: the API asks whether it is there."""
    elsewhere = {name: value for name, value in settings.environment.items() if name != "MAKEWHOLE_HOME"}
    asked = replace(
        settings,
        environment={**elsewhere, **beside.temporal_variables},
        temporal_address=beside.temporal_address,
        workers=1,
        api_port=0,
    )
    with fresh_home(asked) as fresh:
        port = ports.claim(DataDir(fresh.home), "second")
        runs = Programs(
            worker=(*_WITH_DBOS, "--port", str(port)), api=_WITH_DBOS, provider=MAKEWHOLE.provider, prepare=_prepare
        )
        with Stack(fresh, runs=runs) as stack:
            known = stack.description
            yield DbosStack(known.api_url, f"http://127.0.0.1:{port}", known.owner_database_url, known.keys)


def _prepare(database: Database, keys: ApiKeys) -> None:
    prepare_database(database, keys)
    run_dbos_database_migrations(database.owner_url)
    with psycopg.connect(database.owner_url) as owner:
        for statement in _DBOS_MAY:
            owner.execute(statement.format(role=make_url(database.url).username))
