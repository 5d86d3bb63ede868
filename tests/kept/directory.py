"""A kept directory at a home of its own: what PostgreSQL and Temporal had when everything was killed."""

import gzip
import subprocess
from pathlib import Path

from tests.tools.stack.helpers import supervised
from tests.tools.stack.servers import started_postgres
from tools.stack.as_root import PROGRAMS
from tools.stack.data_location import installed
from tools.stack.temporal import COMPLETE

HERE = Path(__file__).parent


def unpack(name: str, home: Path) -> None:
    """Fill a home that is not there yet, so that a stack started at it finds what was kept."""
    with supervised(home) as supervisor:
        _restore(started_postgres(home, supervisor).database_url, _read(f"{name}.sql.gz"))
    (home / "temporal.db").write_bytes(_read(f"{name}.temporal.gz"))
    (home / COMPLETE).touch()


def _restore(database_url: str, dump: bytes) -> None:
    psql = str(installed() / PROGRAMS / "psql")
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction")
    done = subprocess.run([psql, *options, f"--dbname={database_url}"], input=dump, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def _read(name: str) -> bytes:
    return gzip.decompress((HERE / name).read_bytes())
