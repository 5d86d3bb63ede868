"""The data directory of one stack: private to its owner, kept between runs, used by one stack at a time."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack import StackError


class DataDir:
    """Small private files below one directory, each replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "log"

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """Make the directory and hold its lock; raise `StackError` while another stack holds it."""
        self._make()
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackError(self._occupied_by(lock.name)) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Replace a file atomically; only its owner may read it."""
        handle, draft = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(self.path / name)

    def remembered(self, name: str, make: Callable[[], str]) -> str:
        """Return what the file holds; what is missing is made once and kept, also over a power failure."""
        kept = self.read(name)
        if kept is None:
            kept = make()
            self.write(name, kept)
            with (self.path / name).open() as file:
                os.fsync(file.fileno())
        return kept

    def forget(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            (self.path / "lock").touch()
        except OSError as error:
            raise StackError(f"{self.path} cannot be the data directory: {error.strerror}") from error

    def _occupied_by(self, lock: str) -> str:
        process = Path(lock).read_text(encoding="utf-8")
        return (
            f"a stack already runs on {self.path} (process {process}): stop that one first, "
            "or set MAKEWHOLE_HOME to another directory"
        )
