"""What a child of the stack is, and how its process is started and spoken to."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.console import Say


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """A system account that root lends to a program which refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """One program to keep running.

    stop_signals: asked with the first, then each next one when it does not listen; SIGKILL comes last by itself.
    show: gets every line of output besides the log; nothing but the log gets it when None.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    directory: Path
    account: SystemAccount | None = None
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    before_start: Callable[[], None] = field(default=lambda: None)
    show: Say | None = None

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the program in a session of its own, so that a Ctrl-C at the console reaches only the supervisor."""
        account = self.account
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log if self.show is None else subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=() if account else None,
            )

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the log."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
