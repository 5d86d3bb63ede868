"""A Postgres that an earlier, killed stack left running on our data directory."""

import signal
from pathlib import Path

import psutil

from tools.stack.record import end


def stop_stale(data: Path) -> None:
    """Stop whatever Postgres runs on `data`.

    The lock file of one that died is removed: its process id may be a stranger's by now, or a zombie's, and Postgres
    would take either for itself and refuse to start. It still sees by its shared memory whether a backend is left.
    """
    lock = data / "postmaster.pid"
    process = _named_in(lock)
    if process is not None and _serves(process, data):
        end(process, signal.SIGINT, signal.SIGQUIT)
    lock.unlink(missing_ok=True)


def _named_in(lock: Path) -> psutil.Process | None:
    try:
        return psutil.Process(int(lock.read_text().splitlines()[0]))
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError, IndexError):
        return None


def _serves(process: psutil.Process, data: Path) -> bool:
    try:
        return str(data) in process.cmdline()
    except psutil.Error:
        return False
