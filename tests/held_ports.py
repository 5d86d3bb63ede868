"""Ports that stay a test's own while nobody listens there: neither the system nor another test is given them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """Hold a port of this machine while the body runs; whoever is to listen there can, and leave, and come back.

    Its socket is bound and does not listen: connections to it are refused, and servers may share its address.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
