"""Real servers for the tests, and stand-ins for what runs on top of them."""

import os
import sys
from pathlib import Path

from tests.tools.stack.helpers import STAND_INS
from tools.stack.data_dir import DataDir
from tools.stack.keys import prepare_database
from tools.stack.postgres import EmbeddedPostgres
from tools.stack.programs import Prepare, Programs
from tools.stack.supervisor import Supervisor
from tools.stack.temporal import EmbeddedTemporal


def started_postgres(home_path: Path, supervisor: Supervisor, library: Path | None = None) -> EmbeddedPostgres:
    postgres = EmbeddedPostgres(DataDir(home_path), os.environ, library)
    supervisor.start(postgres.child())
    supervisor.wait_until(postgres.is_ready, "postgres", within_s=120)
    return postgres


def started_temporal(home_path: Path, supervisor: Supervisor) -> EmbeddedTemporal:
    temporal = EmbeddedTemporal(DataDir(home_path), os.environ)
    supervisor.start(temporal.child())
    supervisor.wait_until(temporal.is_ready, "temporal", within_s=120)
    return temporal


def stand_in_programs(home_path: Path, prepare: Prepare = prepare_database) -> Programs:
    """A worker that only writes its diary and an API that is only ready."""
    return Programs(
        worker=(sys.executable, str(STAND_INS / "diary.py"), str(home_path), "worker"),
        api=(sys.executable, str(STAND_INS / "ready_api.py"), str(home_path)),
        provider=(sys.executable, str(STAND_INS / "provider.py"), str(home_path)),
        prepare=prepare,
    )
