"""A second stack, on a Postgres of its own, in which DBOS moves the refunds: two processes, each both API and DBOS."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dbos import run_dbos_database_migrations

from settings import StackSettings
from tools.fresh_home import fresh_home
from tools.stack import ports
from tools.stack.data_dir import DataDir
from tools.stack.keys import ApiKeys, prepare_database
from tools.stack.programs import MAKEWHOLE, Programs
from tools.stack.stack import Stack

_WITH_DBOS = (sys.executable, "-m", "proof.bench.with_dbos")


@dataclass(frozen=True, slots=True)
class DbosStack:
    """api_url: of the first process; second_url: of the one beside it."""

    api_url: str
    second_url: str
    database_url: str
    keys: ApiKeys


@contextmanager
def dbos_stack(settings: StackSettings, temporal_address: str) -> Iterator[DbosStack]:
    """Run it as long as the body lasts. The address is never called for a refund: the API asks whether it is there."""
    elsewhere = {name: value for name, value in settings.environment.items() if name != "MAKEWHOLE_HOME"}
    asked = replace(settings, environment=elsewhere, temporal_address=temporal_address, workers=1, api_port=0)
    with fresh_home(asked) as fresh:
        port = ports.claim(DataDir(fresh.home), "second")
        runs = Programs(
            worker=(*_WITH_DBOS, "--port", str(port)), api=_WITH_DBOS, provider=MAKEWHOLE.provider, prepare=_prepare
        )
        with Stack(fresh, runs=runs) as stack:
            known = stack.description
            yield DbosStack(known.api_url, f"http://127.0.0.1:{port}", known.database_url, known.keys)


def _prepare(database_url: str, keys: ApiKeys) -> None:
    prepare_database(database_url, keys)
    run_dbos_database_migrations(database_url)
