"""The supervisor: who dies is restarted, who cannot live is reported, and nobody is left behind."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.tools.stack.helpers import SHORT, diary, diary_child, eventually, processes_about, running, supervised
from tools.stack import StackError
from tools.stack.children import Child
from tools.stack.restarter import RestartLimits


def test_a_child_that_is_killed_is_restarted_and_the_console_says_so(home_path: Path) -> None:
    said: list[str] = []
    with supervised(home_path, said.append) as supervisor:
        supervisor.start(diary_child(home_path, "worker"))
        eventually(lambda: diary(home_path) == ["worker started"])

        supervisor.kill("worker")

        eventually(lambda: diary(home_path) == ["worker started", "worker started"])
        assert said == ["worker died (SIGKILL), restarting"]


def test_it_can_be_killed_more_often_than_it_may_fail(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        supervisor.start(diary_child(home_path, "worker"))
        for kills in range(SHORT.starts + 1):
            eventually(lambda count=kills + 1: len(diary(home_path)) == count)  # type: ignore[misc]
            supervisor.kill("worker")

        eventually(lambda: len(diary(home_path)) == SHORT.starts + 2)


def test_a_child_that_is_held_is_gone_until_it_is_let_go(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        supervisor.start(diary_child(home_path, "worker"))
        eventually(lambda: diary(home_path) == ["worker started"])

        with supervisor.held("worker"):
            eventually(lambda: "worker" not in json.loads((home_path / "children.json").read_text()))
            supervisor.kill("worker")
            assert diary(home_path) == ["worker started"]

        eventually(lambda: diary(home_path) == ["worker started", "worker started"])


def test_a_child_that_is_held_can_be_stopped(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        supervisor.start(diary_child(home_path, "worker"))
        eventually(lambda: diary(home_path) == ["worker started"])

        with supervisor.held("worker"):
            supervisor.stop()

    assert diary(home_path) == ["worker started"]


def test_a_child_that_cannot_start_ends_the_wait_with_its_last_words(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        supervisor.start(failing_child(home_path))

        with pytest.raises(StackError, match=r"api failed 3 times in a row(.|\n)*the port is taken"):
            supervisor.wait()


def test_a_program_that_is_not_there_ends_the_wait(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        supervisor.start(Child("api", ("no-such-program",), home_path / "log" / "api.log", os.environ, home_path))

        with pytest.raises(StackError, match="api cannot be started"):
            supervisor.wait_until(lambda: False, "the API", within_s=120)


def test_children_are_stopped_in_the_opposite_order_of_their_start(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        for name in ("database", "worker", "api"):
            supervisor.start(diary_child(home_path, name))
        eventually(lambda: len(diary(home_path)) == 3)

    assert diary(home_path)[3:] == ["api asked to stop", "worker asked to stop", "database asked to stop"]


def test_a_child_that_does_not_listen_is_killed_together_with_what_it_started(home_path: Path) -> None:
    impatient = RestartLimits(grace_s=0.5)
    with supervised(home_path, patience=impatient) as supervisor:
        supervisor.start(diary_child(home_path, "worker", "stubborn"), diary_child(home_path, "api", "parent"))
        eventually(lambda: len(diary(home_path)) == 2)

    eventually(lambda: processes_about(home_path) == [])  # nobody waits for what a child has started


def test_lines_of_a_shown_child_go_to_the_console_and_to_the_log(home_path: Path) -> None:
    shown: list[str] = []
    with supervised(home_path) as supervisor:
        supervisor.start(diary_child(home_path, "worker", show=shown.append))
        eventually(lambda: shown)

    assert shown == ["   worker | hello from worker"]
    assert (home_path / "log" / "worker.log").read_text() == "hello from worker\n"


def test_what_a_killed_supervisor_left_behind_is_stopped_by_the_next_one(home_path: Path) -> None:
    with running("supervisor.py", home_path) as process:
        eventually(lambda: len(diary(home_path)) == 2 and "second" in (home_path / "children.json").read_text())
        process.kill()
        process.wait()
    assert len(processes_about(home_path)) == 2

    with supervised(home_path):
        assert processes_about(home_path) == []
    assert diary(home_path)[2:] == ["second asked to stop", "first asked to stop"]


def test_a_home_is_used_by_one_stack_at_a_time(home_path: Path) -> None:
    with (
        supervised(home_path),
        pytest.raises(StackError, match=f"already runs on {home_path} \\(process {os.getpid()}\\)"),
        supervised(home_path),
    ):
        pass


def failing_child(home_path: Path) -> Child:
    command = (sys.executable, "-c", "raise SystemExit('the port is taken')")
    return Child("api", command, home_path / "log" / "api.log", os.environ, home_path)
