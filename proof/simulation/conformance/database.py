"""A Postgres for the conformance run: the embedded one in a directory that is gone afterwards, or a database of a given
server's."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from db.migrate import upgrade
from proof.simulation.conformance.clock import SHADOW
from tools.stack.data_dir import DataDir
from tools.stack.postgres import EmbeddedPostgres
from tools.stack.supervisor import Supervisor

_READY_WITHIN_S = 120.0


@contextmanager
def embedded_server() -> Iterator[str]:
    """The address of an embedded Postgres that runs as long as the body."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as directory:
        home = DataDir(Path(directory) / "home")
        try:
            with home.occupied():
                yield from _running(home)
        finally:
            pointer = home.read("postgres.at")
            if pointer is not None:
                shutil.rmtree(pointer, ignore_errors=True)


def _running(home: DataDir) -> Iterator[str]:
    supervisor = Supervisor(home, lambda _: None)
    try:
        postgres = EmbeddedPostgres(home, os.environ)
        supervisor.start(postgres.child())
        supervisor.wait_until(postgres.is_ready, "postgres", _READY_WITHIN_S)
        yield postgres.database_url
    finally:
        supervisor.stop()


@contextmanager
def database_on(server_url: str) -> Iterator[str]:
    """The address of an empty database of today's schema whose clock is a schedule's; it is dropped afterwards."""
    with _database(make_url(server_url), "create database {}") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SHADOW)
        upgrade(url)
        yield url


@contextmanager
def copy_of(template_url: str) -> Iterator[str]:
    """The address of a copy of a database that nobody is connected to; it is dropped afterwards."""
    template = sql.Identifier(make_url(template_url).database or "")
    create = sql.SQL("create database {{}} template {}").format(template).as_string()
    with _database(make_url(template_url).set(database="postgres"), create) as url:
        yield url


@contextmanager
def _database(server: URL, create: str) -> Iterator[str]:
    """Make a database of a name that nobody else has, whose `now()` is the schedule's."""
    name = f"conformance_{secrets.token_hex(4)}"
    named = sql.Identifier(name)
    with psycopg.connect(_spelled(server), autocommit=True) as connection:
        connection.execute(sql.SQL(create).format(named))
        try:
            for setting in _SETTINGS:
                connection.execute(sql.SQL(f"alter database {{}} set {setting}").format(named))
            yield _spelled(server.set(database=name))
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(named))


def _spelled(url: URL) -> str:
    return url.render_as_string(hide_password=False)


_SETTINGS = ("search_path = public, schedule, pg_catalog", "synchronous_commit = off")
