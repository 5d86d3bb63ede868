"""The embedded Postgres: what it keeps, what it survives, and what it leaves alone."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.tools.stack.helpers import eventually, fresh_home, processes_about, supervised
from tests.tools.stack.servers import started_postgres
from tools.stack.as_root import NEEDED
from tools.stack.data_dir import DataDir
from tools.stack.data_location import installed, place
from tools.stack.postgres import EmbeddedPostgres
from tools.stack.supervisor import Supervisor


def note(database_url: str, text: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM notes")]


@dataclass(frozen=True)
class Running:
    home_path: Path
    modes_before: dict[Path, int]
    supervisor: Supervisor
    postgres: EmbeddedPostgres


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One Postgres for the tests that do not stop it."""
    with fresh_home(tmp_path_factory.mktemp("running")) as home_path:
        modes = {directory: directory.stat().st_mode for directory in home_path.parents}
        with supervised(home_path) as supervisor:
            yield Running(home_path, modes, supervisor, started_postgres(home_path, supervisor))


def test_a_killed_postmaster_comes_back_at_the_same_address_with_all_that_was_committed(running: Running) -> None:
    note(running.postgres.database_url, "committed")

    running.supervisor.kill("postgres")
    eventually(lambda: running.supervisor.restarts("postgres"))
    running.supervisor.wait_until(running.postgres.is_ready, "postgres", within_s=120)

    assert notes(running.postgres.database_url) == ["committed"]


def test_only_its_password_opens_it(running: Running) -> None:
    password = running.home_path / "postgres-password"

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.postgres.database_url.replace(password.read_text(), "guessed"))
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


def test_no_directory_that_was_there_before_is_opened_and_the_data_is_private(running: Running) -> None:
    data = place(DataDir(running.home_path)).data

    assert {directory: directory.stat().st_mode for directory in running.modes_before} == running.modes_before
    assert stat.S_IMODE(running.home_path.stat().st_mode) == 0o700
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_what_was_stored_is_there_after_a_restart_at_the_same_address(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        before = started_postgres(home_path, supervisor).database_url
        note(before, "退款 kept")
    assert processes_about(home_path) == []
    stale_lock = place(DataDir(home_path)).data / "postmaster.pid"
    stale_lock.write_text(f"{os.getppid()}\n")  # as after a crash, when its process id is a stranger's by now

    with supervised(home_path) as supervisor:
        after = started_postgres(home_path, supervisor).database_url

        assert after == before
        assert notes(after) == ["退款 kept"]


def test_it_runs_from_a_library_below_a_directory_that_nobody_else_may_enter(home_path: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for part in NEEDED:
        if (installed() / part).exists():
            shutil.copytree(installed() / part, private / part, symlinks=True)

    with supervised(home_path) as supervisor:
        postgres = started_postgres(home_path, supervisor, library=private)

        assert postgres.is_ready()
        assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_a_cluster_that_was_only_half_made_is_made_anew(home_path: Path) -> None:
    with DataDir(home_path).occupied():
        half_made = place(DataDir(home_path)).directory / "making-1" / "data"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("18\n")

    with supervised(home_path) as supervisor:
        assert started_postgres(home_path, supervisor).is_ready()
        assert not half_made.exists()


def test_a_home_that_was_deleted_begins_empty(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        note(started_postgres(home_path, supervisor).database_url, "gone with the home")
    shutil.rmtree(home_path)

    with supervised(home_path) as supervisor:
        address = started_postgres(home_path, supervisor).database_url

        with pytest.raises(psycopg.errors.UndefinedTable):
            notes(address)


def test_a_home_that_was_moved_brings_its_data_along(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        note(started_postgres(home_path, supervisor).database_url, "moved")
    elsewhere = home_path.with_name("elsewhere")
    home_path.rename(elsewhere)

    with supervised(elsewhere) as supervisor:
        assert notes(started_postgres(elsewhere, supervisor).database_url) == ["moved"]
    elsewhere.rename(home_path)
