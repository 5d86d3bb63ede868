"""makewhole on eight machines: PostgreSQL 15, Temporal, two APIs, three workers, of which one asks for payouts, and
the payment provider.

The same programs with the same settings as in docker-compose.yml, each on a machine of its own.
"""

import base64
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psycopg
from psycopg import sql
from temporalio.client import Client

from tests.machines.lan import Host, lan
from tools.stack.keys import ApiKeys, Database, new_api_keys, prepare_database
from tools.stack.postgres import APPLICATION, OWNER
from tools.stack.run_in_thread import run_coroutine_in_thread, run_in_thread
from tools.stack.temporal import SEARCH_ATTRIBUTES, find_program

REPOSITORY = Path(__file__).parents[2]
NAMES = ("postgres", "temporal", "provider", "api-1", "api-2", "worker-1", "worker-2", "payouts")
_READY_WITHIN_S = 300.0
_STOPS_WITHIN_S = 30.0


@dataclass(slots=True)
class Cluster:
    """`hosts` by their names; `owner_url` is the database's as its owner."""

    hosts: Mapping[str, Host]
    keys: ApiKeys
    owner_url: str
    folder: Path
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def api_url(self, name: str) -> str:
        return f"http://{self.hosts[name].address}:8000"

    def ended(self) -> list[str]:
        """Programs that have stopped although nobody stopped them."""
        return [name for name, program in self.programs.items() if program.poll() is not None]

    def start(self, name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        inside = (*self.hosts[name].inside, *command)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen(
                inside, cwd=REPOSITORY, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def stop(self) -> None:
        for program in reversed(self.programs.values()):
            program.terminate()
            try:
                program.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


@contextmanager
def cluster() -> Iterator[Cluster]:
    with ExitStack() as opened:
        folder = Path(tempfile.mkdtemp(prefix="makewhole-machines-"))
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        hosts = {host.name: host for host in opened.enter_context(lan(NAMES))}
        made = Cluster(hosts, new_api_keys(), "", folder)
        opened.callback(made.stop)
        database = _start_postgres(made)
        made.owner_url = database.owner_url
        run_in_thread(lambda: prepare_database(database, made.keys))
        _start_temporal(made)
        _start_programs(made, database.url)
        yield made


def _start_postgres(made: Cluster) -> Database:
    """Debian's PostgreSQL, whose roles have passwords of their own."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    assert programs, "PostgreSQL runs on a machine of its own: apt-get install postgresql"
    host, (owner, application) = made.hosts["postgres"], (secrets.token_urlsafe(16) for _ in range(2))
    account, data, password = pwd.getpwnam("postgres"), made.folder / "postgres", made.folder / "password"
    data.mkdir()
    password.write_text(owner, encoding="utf-8")
    for path in (data, password):
        os.chown(path, account.pw_uid, account.pw_gid)
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    made_of = (f"--username={OWNER}", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
    subprocess.run(
        [*as_postgres, str(programs / "initdb"), "-D", str(data), *made_of], check=True, capture_output=True, cwd="/"
    )
    with (data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write("host all all samenet scram-sha-256\n")
    settings = {"listen_addresses": host.address, "unix_socket_directories": "", "max_connections": "200"}
    told = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    made.start("postgres", (*as_postgres, str(programs / "postgres"), "-D", str(data), *told), os.environ)
    server = f"postgresql://{OWNER}:{owner}@{host.address}"
    _until(lambda: _prepared(f"{server}/postgres", application), "PostgreSQL")
    return Database(f"postgresql://{APPLICATION}:{application}@{host.address}/{OWNER}", f"{server}/{OWNER}")


def _prepared(url: str, password: str) -> bool:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            role = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}")
            connection.execute(role.format(sql.Identifier(APPLICATION), sql.Literal(password)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(OWNER)))
    except psycopg.OperationalError:
        return False
    return True


def _start_temporal(made: Cluster) -> None:
    """The CLI's server: a cluster on PostgreSQL does not run without containers here.

    It listens everywhere on its machine: given one address, its own parts look for each other at another.
    """
    where = ("--ip", "0.0.0.0", "--port", "7233", "--headless")  # noqa: S104 - a machine of a test
    attributes = (("--search-attribute", f"{name}={kind}") for name, kind in SEARCH_ATTRIBUTES.items())
    kept = ("--db-filename", str(made.folder / "temporal.db"), "--log-level", "warn")
    told = (part for option in attributes for part in option)
    made.start("temporal", (str(find_program(os.environ)), "server", "start-dev", *where, *kept, *told), os.environ)
    _until(lambda: _lets_in(f"{made.hosts['temporal'].address}:7233"), "Temporal")  # a worker ends where there is none


def _lets_in(address: str) -> bool:
    try:
        run_coroutine_in_thread(lambda: Client.connect(address))
    except RuntimeError:
        return False
    return True


def _start_programs(made: Cluster, database_url: str) -> None:
    ours = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKEWHOLE_", "TEMPORAL_"))},
        "MAKEWHOLE_DATABASE_URL": database_url,
        "MAKEWHOLE_PLAINTEXT": "postgres temporal api",
        "MAKEWHOLE_GATEWAYS": "sandbox",
        "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": f"whsec_{_secret()}",
        "MAKEWHOLE_SANDBOX_WEBHOOK_URL": f"{made.api_url('api-1')}/v1/webhooks/sandbox",
        "TEMPORAL_ADDRESS": f"{made.hosts['temporal'].address}:7233",
        "PYTHONUNBUFFERED": "1",
    }
    keys = {f"MAKEWHOLE_{name}_KEYS": f"k1:{_secret()}" for name in ("ENCRYPTION", "PAYLOAD", "AUDIT")}
    for name, queues in (("worker-1", "refunds"), ("worker-2", "refunds"), ("payouts", "payouts")):
        made.start(name, (sys.executable, "worker.py"), ours | keys | {"MAKEWHOLE_TASK_QUEUES": queues})
    for name in ("api-1", "api-2"):
        listens = {"MAKEWHOLE_HOST": made.hosts[name].address, "MAKEWHOLE_PORT": "8000"}
        made.start(name, (sys.executable, "-m", "api"), ours | keys | listens)
    made.start("provider", (sys.executable, "-m", "gateways.sandbox"), ours)
    for name in ("api-1", "api-2"):
        _until(partial(_is_ready, made.api_url(name)), name)


def _secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=5.0).is_success
    except httpx.TransportError:
        return False


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, f"{what} was not ready in {_READY_WITHIN_S:g} s"
        time.sleep(0.2)
