"""`python -m tools.stack.door`: listens in front of a server that it starts behind itself, and ends when that ends.

The server's own ports are in a network of its own where Linux lets us; elsewhere they are ports of 127.0.0.1 that
nobody is told of, which whoever has an account on this machine can find.
"""

import argparse
import asyncio
import ctypes
import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from tools.stack.door.calls import Caller
from tools.stack.door.pages import Pages
from tools.stack.door.roles import Keys
from tools.stack.door.seclusion import seclude
from variables import payload_keys

_DIES_WITH_PARENT = 1
_WAITING = 512


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stack.door", description=__doc__)
    parser.add_argument("--keys", type=Path, required=True, help="a JSON file: a key for each role")
    for name in ("port", "ui-port", "inner-port", "inner-ui-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("command", nargs="+", help="the server")
    told = parser.parse_args()
    sockets = [_listening(port) for port in (told.port, told.ui_port)]
    if not seclude():
        print("the Temporal server's own ports can be found by whoever has an account on this machine", flush=True)
    return asyncio.run(_serve(told, sockets))


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_WAITING)
    listener.setblocking(False)
    return listener


async def _serve(told: argparse.Namespace, sockets: list[socket.socket]) -> int:
    keys = Keys.read(told.keys.read_text(encoding="utf-8"))
    known = {name: value for name, value in os.environ.items() if name != "MAKEWHOLE_PAYLOAD_KEYS"}
    server = await asyncio.create_subprocess_exec(*told.command, preexec_fn=_die_with_parent, env=known)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_end, server))
    calls = await loop.create_server(lambda: Caller(keys, told.inner_port), sock=sockets[0])
    pages = await asyncio.start_server(Pages(keys, told.inner_ui_port, payload_keys(os.environ)).serve, sock=sockets[1])
    code = await server.wait()
    calls.close()
    pages.close()
    return code if code >= 0 else 128 - code


def _end(server: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        server.terminate()


def _die_with_parent() -> None:
    """A server without its door would hold the database that the next one needs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
