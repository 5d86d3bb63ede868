"""What ends TLS before a server that has none."""

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


@contextmanager
def ending_tls(
    host: str, port: int, context: ssl.SSLContext, greet: Callable[[socket.socket], None] = lambda _: None
) -> Iterator[int]:
    """Listen with TLS and pass on to a server in clear; yield the port. greet: what both say before TLS begins."""

    class PassesOn(BaseRequestHandler):
        def handle(self) -> None:
            greet(self.request)
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as near,
                socket.create_connection((host, port)) as far,
            ):
                _pass_on(near, far)

    with ThreadingTCPServer(("127.0.0.1", 0), PassesOn) as proxy:
        proxy.daemon_threads = True
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy.server_address[1]
        proxy.shutdown()


def _pass_on(near: ssl.SSLSocket, far: socket.socket) -> None:
    while near.pending() or (ready := select.select([near, far], [], [])[0]):
        come = far if not near.pending() and far in ready else near
        some = come.recv(65_536)
        if not some:
            return
        (near if come is far else far).sendall(some)
