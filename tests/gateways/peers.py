"""Our own peers as programs, one process of each for all tests: every test has an account of its own there."""

import atexit
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from tools.stack import ports

_REPOSITORY = Path(__file__).parents[2]
_IN_TIME_S = 180
"""Far longer than a program takes to start: it bounds a test that hangs."""


@cache
def port_of_peer(module: str) -> int:
    """Start a peer on a port of its own, if it does not run yet; it ends with the tests."""
    port = ports.any_free()
    process = subprocess.Popen([sys.executable, "-m", module, str(port)], cwd=_REPOSITORY)
    atexit.register(process.kill)
    until = time.monotonic() + _IN_TIME_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return port
    raise AssertionError(f"{module} does not answer")
