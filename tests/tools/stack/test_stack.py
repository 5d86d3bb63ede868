"""The whole stack: its real servers, stand-ins for the worker and the API, from `make up` to Ctrl-C."""

import asyncio
import json
import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import psycopg
import pytest

from api.keys import KeyNotMade, make_key
from db import api_keys
from db.api_keys import Caller, Role
from db.engine import open_engine
from settings import StackSettings
from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import diary, eventually, fresh_home, processes_about, running
from tests.tools.stack.servers import stand_in_programs
from tools.stack import interrupts
from tools.stack.down import down
from tools.stack.postgres import owner_address
from tools.stack.stack import Stack


def settings_for(home_path: Path) -> StackSettings:
    return StackSettings.from_environment({**os.environ, "MAKEWHOLE_HOME": str(home_path), "MAKEWHOLE_WORKERS": "2"})


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for the tests that do not end it."""
    with (
        fresh_home(tmp_path_factory.mktemp("stack")) as home_path,
        Stack(settings_for(home_path), runs=stand_in_programs(home_path)) as running_stack,
    ):
        yield running_stack


async def caller_with(stack: Stack, key: str) -> Caller | None:
    engine = open_engine(stack.description.owner_database_url)
    try:
        async with engine.connect() as connection:
            known = await api_keys.identify(connection, key)
            return None if known is None else known.caller
    finally:
        await engine.dispose()


def test_its_description_is_complete_and_private(stack: Stack) -> None:
    path = stack.home.path / "stack.json"

    assert json.loads(path.read_text()) == stack.description.told()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert httpx.get(f"{stack.description.api_url}/readyz", timeout=IN_TIME_S).status_code == 200
    assert stack.description.temporal_keys is not None
    person = ("operator", stack.description.temporal_keys.operator)
    assert httpx.get(str(stack.description.temporal_ui_url), auth=person, timeout=IN_TIME_S).status_code == 200


def test_its_keys_are_those_of_the_merchant_demo(stack: Stack) -> None:
    for role, key in asdict(stack.description.keys).items():
        assert asyncio.run(caller_with(stack, key)) == Caller("demo", Role(role), None)


def test_one_more_key_is_made_for_whoever_asks_on_the_same_machine(stack: Stack) -> None:
    key = make_key(settings_for(stack.home.path), "acme", Role.CUSTOMER, "c1")

    assert asyncio.run(caller_with(stack, key)) == Caller("acme", Role.CUSTOMER, "c1")


@pytest.mark.parametrize(
    ("merchant_id", "customer_id", "what_is_right"),
    [
        ("m" * 65, "c1", "1 to 64 letters"),
        ("商店", "c1", "for example acme-shop"),
        ("", "c1", "begins with a letter or a digit"),
        ("acme", "c1\u200b", "only characters that can be seen"),
    ],
)
def test_a_key_for_whom_nobody_could_name_is_refused_with_what_would_be_right(
    stack: Stack, merchant_id: str, customer_id: str, what_is_right: str
) -> None:
    with pytest.raises(KeyNotMade, match=what_is_right):
        make_key(settings_for(stack.home.path), merchant_id, Role.CUSTOMER, customer_id)


def test_a_killed_worker_comes_back(stack: Stack) -> None:
    eventually(lambda: len(diary(stack.home.path)) == 2)

    stack.kill("worker-2")

    eventually(lambda: len(diary(stack.home.path)) == 3)
    assert stack.restarts("worker-2") == 1


def test_who_may_read_its_home_finds_the_owner_of_its_database(stack: Stack) -> None:
    assert owner_address(stack.home, stack.description.told()["database_url"]) == stack.description.owner_database_url


def test_a_killed_postgres_comes_back_where_it_was(stack: Stack) -> None:
    stack.kill("postgres")
    eventually(lambda: stack.restarts("postgres"))

    eventually(lambda: is_reachable(stack.description.owner_database_url))


def test_a_killed_stack_takes_its_children_along_and_the_next_goes_on_where_it_was(home_path: Path) -> None:
    with running("up.py", home_path) as killed:
        before = described(home_path)
        eventually(lambda: "worker started" in diary(home_path))
        killed.kill()
        killed.wait()
    eventually(lambda: processes_about(home_path) == [])
    assert "worker asked to stop" in diary(home_path)

    with running("up.py", home_path) as up:
        eventually(lambda: diary(home_path).count("worker started") == 2)
        after = described(home_path)
        up.send_signal(signal.SIGINT)
        console, _ = up.communicate(timeout=IN_TIME_S)

    assert after == before
    assert up.returncode == 0
    assert "makewhole is ready." in console
    assert all(f"/pages/{room} " in console for room in ("", "desk", "warehouse", "operations"))
    assert "   worker | hello from worker" in console
    assert processes_about(home_path) == []
    assert not (home_path / "stack.json").exists()


def test_make_down_stops_a_stack_from_another_terminal(home_path: Path) -> None:
    with running("up.py", home_path) as up:
        described(home_path)

        code = down(home_path)

        up.communicate(timeout=IN_TIME_S)
    assert (code, up.returncode) == (0, 0)
    assert processes_about(home_path) == []


def test_make_down_where_nothing_runs_says_so(home_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert down(home_path) == 0
    assert capsys.readouterr().out == f"no stack was ever started on {home_path}\n"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_unwinds_what_is_open(ending: signal.Signals) -> None:
    before = signal.signal(ending, signal.SIG_DFL)  # whoever runs the tests may have had it ignored
    try:
        with pytest.raises(KeyboardInterrupt), interrupts.raised():
            signal.raise_signal(ending)
    finally:
        signal.signal(ending, before)


def test_a_program_that_is_told_to_end_takes_its_stack_along(home_path: Path) -> None:
    with running("body.py", home_path) as program:
        description = described(home_path)
        eventually(lambda: "worker started" in diary(home_path))

        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=IN_TIME_S)

    assert description["temporal_address"] == "temporal.invalid:7233"
    assert diary(home_path) == ["worker started", "worker asked to stop"]
    assert processes_about(home_path) == []
    assert not (home_path / "postgres-password").exists()


def described(home_path: Path) -> dict[str, object]:
    eventually((home_path / "stack.json").exists)
    description: dict[str, object] = json.loads((home_path / "stack.json").read_text())
    return description


def is_reachable(database_url: str) -> bool:
    try:
        psycopg.connect(database_url).close()
    except psycopg.OperationalError:
        return False
    return True
