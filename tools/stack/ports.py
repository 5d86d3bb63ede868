"""Ports on 127.0.0.1, remembered by name, so that addresses stay the same from run to run."""

import json
import secrets
import socket
import sys
from collections.abc import Collection

from tools.stack import StackError
from tools.stack.data_dir import DataDir

# Below the range that systems take for outgoing connections: while a server restarts, no client that keeps trying
# to reach it can be given the server's own port.
LOWEST, HIGHEST = 15_000, 32_000
REMEMBERED = "ports.json"

_KEPT: dict[int, socket.socket] = {}


def claim(home: DataDir, name: str) -> int:
    """Return the port that `name` had before, or another free one if that is taken by now."""
    ports: dict[str, int] = json.loads(home.read(REMEMBERED) or "{}")
    port = ports.get(name)
    if port is None or not is_free(port):
        port = any_free(taken=set(ports.values()))
        home.write(REMEMBERED, json.dumps(ports | {name: port}, indent=2))
    else:
        _keep(port)
    return port


def insist_on(port: int) -> int:
    """Return the port that was asked for; raise `StackError` if another program listens there."""
    if not is_free(port):
        raise StackError(f"port {port} on 127.0.0.1 is in use by another program")
    return port


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def any_free(taken: Collection[int] = ()) -> int:
    """Return a port that nobody listens at and that is not one of these; nobody else gets it while we are here."""
    for _ in range(1000):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if port not in taken and is_free(port) and _keep(port):
            return port
    raise StackError(f"no free port between {LOWEST} and {HIGHEST}")


def _keep(port: int) -> bool:
    """Have other stacks of this machine pass a port by until somebody listens there; False where another keeps it.

    Whoever is told of it may begin to listen a minute later. The name of a socket that has no file ends with us; only
    Linux has such names.
    """
    if sys.platform != "linux":
        return True
    kept = socket.socket(socket.AF_UNIX)
    try:
        kept.bind(f"\0makewhole-port-{port}")
    except OSError:
        kept.close()
        return False
    _KEPT[port] = kept
    return True
