"""Stacks beside each other, each below a process of its own: so what its programs cost is told apart."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack.data_dir import DataDir
from tools.stack.keys import ApiKeys
from tools.stack.postgres import owner_address
from tools.stack.stack import DESCRIPTION

MAKE_UP = ("tools.stack", "up")
_READY_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Running:
    """A stack with a process of its own, below which all of its programs are."""

    number: int
    api_url: str
    keys: ApiKeys
    owner_database_url: str


@contextmanager
def started(home: Path, program: tuple[str, ...] = MAKE_UP) -> Iterator[Running]:
    """A stack on that directory, until the end."""
    environment = {**os.environ, "MAKEWHOLE_HOME": str(home), "MAKEWHOLE_PORT": "0"}
    with subprocess.Popen((sys.executable, "-m", *program), env=environment, stdout=subprocess.DEVNULL) as up:
        try:
            yield _running(DataDir(home), up)
        finally:
            up.terminate()
            up.wait()


def _running(home: DataDir, up: "subprocess.Popen[bytes]") -> Running:
    until = time.monotonic() + _READY_WITHIN_S
    while (described := home.read(DESCRIPTION)) is None:
        if up.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the stack on {home.path} did not start; its logs are in {home.logs}")
        time.sleep(0.2)
    known = json.loads(described)
    return Running(up.pid, known["api_url"], ApiKeys(**known["keys"]), owner_address(home, known["database_url"]))
