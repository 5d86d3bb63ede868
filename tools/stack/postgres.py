"""An embedded PostgreSQL 18: its own cluster below the home, its programs from PyPI, one child in the foreground."""

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tools.stack import StackError, ports, postmaster
from tools.stack.children import Child
from tools.stack.data_dir import DataDir
from tools.stack.data_location import place

OWNER = "makewhole"  # the database, too
APPLICATION = "makewhole_app"
PASSWORD = "postgres-password"  # noqa: S105 - a file's name
APPLICATION_PASSWORD = "postgres-app-password"  # noqa: S105 - likewise


def owner_address(home: DataDir, application_url: str) -> str:
    """Return the address of the owner of an embedded database, which `stack.json` does not tell.

    application_url: what it tells, of the programs.
    """
    password = home.read(PASSWORD)
    if password is None:
        raise StackError(f"{home.path} has no embedded PostgreSQL: its owner's password is not there")
    return make_url(application_url).set(username=OWNER, password=password).render_as_string(hide_password=False)


class EmbeddedPostgres:
    """Listens on 127.0.0.1 only, by TCP only, and asks everybody for a password.

    Two roles have one: the owner, who migrates, and the application, which owns nothing; a home of an earlier version
    gets the second when it is started.
    """

    name = "postgres"

    def __init__(self, home: DataDir, environment: Mapping[str, str], library: Path | None = None) -> None:
        self._home = home
        self._environment = {key: value for key, value in environment.items() if not key.startswith("PG")}
        self._place = place(home, library)
        self._password = home.remembered(PASSWORD, lambda: secrets.token_urlsafe(24))
        self._application_password = home.remembered(APPLICATION_PASSWORD, lambda: secrets.token_urlsafe(24))
        self._port = ports.claim(home, "postgres")
        self.log = home.logs / "postgres.log"

    @property
    def database_url(self) -> str:
        """The address of the owner."""
        return self._address_of(OWNER)

    @property
    def application_url(self) -> str:
        return f"postgresql://{APPLICATION}:{self._application_password}@127.0.0.1:{self._port}/{OWNER}"

    def child(self) -> Child:
        """Return what to run; the cluster is made first where there is none."""
        if not (self._place.data / "PG_VERSION").exists():
            self._make_cluster()
        return Child(
            name=self.name,
            command=(str(self._place.programs / "postgres"), "-D", str(self._place.data), *self._settings()),
            log=self.log,
            environment=self._environment,
            directory=self._place.directory,
            account=self._place.account,
            stop_signals=(signal.SIGINT, signal.SIGQUIT),  # fast shutdown, then immediate
            before_start=lambda: postmaster.stop_stale(self._place.data),
        )

    def is_ready(self) -> bool:
        """Try a real connection, and make the database and the application's role where they are not there yet."""
        try:
            with psycopg.connect(self._address_of("postgres"), autocommit=True, connect_timeout=5) as connection:
                _ensure_database(connection)
                _ensure_role(connection, self._application_password)
        except psycopg.OperationalError:
            return False
        return True

    def _address_of(self, database: str) -> str:
        return f"postgresql://{OWNER}:{self._password}@127.0.0.1:{self._port}/{database}"

    def _settings(self) -> tuple[str, ...]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        return tuple(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))

    def _make_cluster(self) -> None:
        """Make it beside and rename, so that a crash half-way leaves nothing that looks like a cluster.

        Each attempt has a directory of its own: an initdb that outlived a killed stack may still write to the last.
        """
        for abandoned in self._place.directory.glob("making-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        workshop = Path(tempfile.mkdtemp(dir=self._place.directory, prefix="making-"))
        password = workshop / "password"
        password.write_text(self._password, encoding="utf-8")
        for made in (workshop, password):
            self._place.hand_over(made)
        self._initdb(workshop / "data", password)
        (workshop / "data").rename(self._place.data)
        shutil.rmtree(workshop)

    def _initdb(self, data: Path, password: Path) -> None:
        account = self._place.account
        with self.log.open("ab") as log:
            made = subprocess.run(
                [
                    self._place.programs / "initdb",
                    f"--pgdata={data}",
                    f"--username={OWNER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                ],
                cwd=self._place.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=() if account else None,
                check=False,
            )
        if made.returncode != 0:
            raise StackError(f"initdb failed; {self.log} says why")


def _ensure_database(connection: psycopg.Connection) -> None:
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [OWNER]).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(OWNER)))


def _ensure_role(connection: psycopg.Connection, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone()
    verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
    plain = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
    statement = sql.SQL("{} {} {} PASSWORD {}")
    connection.execute(statement.format(verb, sql.Identifier(APPLICATION), plain, sql.Literal(password)))
