"""Which processes the stack runs, written down, so that the next stack can stop what a killed one left behind."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from tools.stack.console import Say
from tools.stack.data_dir import DataDir

FILE = "children.json"
GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process and how it wants to be stopped; its creation time tells it from a later one with the same id."""

    pid: int
    created: float
    stop_signal: str

    def process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < 1.0
        except psutil.NoSuchProcess:
            return None
        return process if is_same else None


class Record:
    """`children.json`: the running children by name, in the order in which they were started."""

    def __init__(self, home: DataDir) -> None:
        self._home = home
        self._children: dict[str, Running] = {}
        self._gate = threading.Lock()

    def add(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess), self._gate:
            self._children[name] = Running(pid, psutil.Process(pid).create_time(), stop_signal.name)
            self._write()

    def remove(self, name: str) -> None:
        with self._gate:
            self._children.pop(name, None)
            self._write()

    def leftovers(self) -> "Leftovers":
        """Return the children of a stack that was killed, the last started first."""
        entries = json.loads(self._home.read(FILE) or "{}")
        return [(name, Running(**entry)) for name, entry in reversed(entries.items())]

    def forget(self) -> None:
        self._home.forget(FILE)

    def _write(self) -> None:
        children = {name: asdict(running) for name, running in self._children.items()}
        self._home.write(FILE, json.dumps(children, indent=2))


Leftovers = list[tuple[str, Running]]


def stop(leftovers: Leftovers, announce: Say) -> None:
    """Stop children whose stack is no more, in the order given; those that ended meanwhile are passed over."""
    for name, left in leftovers:
        process = left.process()
        if process is not None:
            announce(f"stopping {name}, left behind by a stack that was killed")
            end(process, signal.Signals[left.stop_signal])


def end(process: psutil.Process, *stop_signals: signal.Signals) -> None:
    """Ask a process that is not our child to stop, wait, and kill it with its group if it does not listen."""
    for number in stop_signals:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if _ends(process, within_s=GRACE_S):
            return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    _ends(process, within_s=GRACE_S)


def is_gone(process: psutil.Process) -> bool:
    """A zombie is gone too: its parent may never ask for it, as in a container without an init."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _ends(process: psutil.Process, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not is_gone(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
