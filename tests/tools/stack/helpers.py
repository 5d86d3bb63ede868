"""Supervisors for the length of a `with`, stand-ins, and waiting for what is bound to happen."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tools.stack.children import Child
from tools.stack.console import Say
from tools.stack.data_dir import DataDir
from tools.stack.restarter import RestartLimits
from tools.stack.supervisor import Supervisor

STAND_INS = Path(__file__).parent / "stand_ins"
REPOSITORY = Path(__file__).parents[3]

_IN_TIME_S = 180.0
"""Far longer than anything here takes: it bounds a test that hangs."""

# Gives up soon; the grace that a child has to stop in stays generous.
SHORT = RestartLimits(starts=3, first_pause_s=0.01, longest_pause_s=0.05, grace_s=20.0)


@contextmanager
def fresh_home(directory: Path) -> Iterator[Path]:
    """A home that is not there yet; afterwards nothing of it is left, not even what a failed test left running."""
    path = directory / "home"
    yield path
    for process in _running_about(path):
        with suppress(psutil.NoSuchProcess):  # it ended by itself meanwhile
            process.kill()
    eventually(lambda: not processes_about(path))
    pointer = path / "postgres.at"
    if pointer.exists():
        shutil.rmtree(pointer.read_text())


@contextmanager
def supervised(home_path: Path, announce: Say = print, patience: RestartLimits = SHORT) -> Iterator[Supervisor]:
    """A supervisor that has stopped what was left behind, as every stack begins."""
    home = DataDir(home_path)
    with home.occupied():
        supervisor = Supervisor(home, announce, patience)
        supervisor.stop_leftovers()
        try:
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def running(script: str, home_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A script of the stand-ins as a process of its own; killed at the end if it still runs."""
    told = {"MAKEWHOLE_HOME": str(home_path), "MAKEWHOLE_WORKERS": "1", "PYTHONPATH": str(REPOSITORY)}
    environment = {**os.environ, **told}
    command = [sys.executable, str(STAND_INS / script), str(home_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def diary_child(home_path: Path, name: str, *manner: str, show: Say | None = None) -> Child:
    return Child(
        name=name,
        command=(sys.executable, str(STAND_INS / "diary.py"), str(home_path), name, *manner),
        log=home_path / "log" / f"{name}.log",
        environment=os.environ,
        directory=home_path,
        show=show,
    )


def diary(home_path: Path) -> list[str]:
    """What the diary-writing children wrote, in order."""
    path = home_path / "diary"
    return path.read_text().splitlines() if path.exists() else []


def eventually(is_so: Callable[[], object]) -> None:
    """Wait for something; fail only if it has not happened after a long time."""
    deadline = time.monotonic() + _IN_TIME_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited for {_IN_TIME_S:.0f} s in vain"
        time.sleep(0.02)


def processes_about(home_path: Path) -> list[str]:
    """The command lines of running processes that name a home, or the place where root's Postgres has its data."""
    return [" ".join(process.info["cmdline"]) for process in _running_about(home_path)]


def _running_about(home_path: Path) -> list[psutil.Process]:
    pointer = home_path / "postgres.at"
    names = [str(home_path), *([pointer.read_text()] if pointer.exists() else [])]
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(name in " ".join(process.info["cmdline"] or ()) for name in names)
    ]
